/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_CAUSE_H
#define REAPERCTL_CAUSE_H

#include <stdbool.h>

#include "find/item.h"

/**
 * enum cause - why a socket lingers, as far as facts tell
 * @CAUSE_STOPPED: its process is stopped by a signal or a debugger
 * @CAUSE_FROZEN: the cgroup of its process is frozen
 * @CAUSE_STUCK: its process waits for the kernel, and no signal ends that
 * @CAUSE_INHERITED: a child of another program has a descriptor of it
 * @CAUSE_UNACCEPTED: nobody took it from the listener's queue
 * @CAUSE_NO_SERVICE: likewise, and the listener is one kept for a service that
 *is not there
 * @CAUSE_BLOCKED: data is queued to send and the peer takes none
 * @CAUSE_UNREAD: the peer's end is not taken
 * @CAUSE_LEAKED: it is, and the descriptor was kept
 * @CAUSE_CLIENT: the server ended, and all it sent was read
 * @CAUSE_FIN_WAIT2: it ended its own side, the peer does not
 * @CAUSE_IDLE: nothing moves and nothing checks that the peer is alive
 * @CAUSE_ORPHAN: the program let go, the connection is not at its end
 * @CAUSE_PROBED: nothing moves, and tcp_reaper has the peer asked
 * @CAUSE_WRITE_ONLY: in use: it sends on, and has not taken the peer's end
 * @CAUSE_READING: in use: it reads what came before the peer's end
 * @CAUSE_HALF_CLOSED: in use: it took the peer's end and sends on
 * @CAUSE_RECEIVING: in use: it ended its own side and receives on
 * @CAUSE_KERNEL: the kernel's own
 * @CAUSES: how many there are
 */
enum cause {
	CAUSE_STOPPED,
	CAUSE_FROZEN,
	CAUSE_STUCK,
	CAUSE_INHERITED,
	CAUSE_UNACCEPTED,
	CAUSE_NO_SERVICE,
	CAUSE_BLOCKED,
	CAUSE_UNREAD,
	CAUSE_LEAKED,
	CAUSE_CLIENT,
	CAUSE_FIN_WAIT2,
	CAUSE_IDLE,
	CAUSE_ORPHAN,
	CAUSE_PROBED,
	CAUSE_WRITE_ONLY,
	CAUSE_READING,
	CAUSE_HALF_CLOSED,
	CAUSE_RECEIVING,
	CAUSE_KERNEL,
	CAUSES
};

/**
 * struct cause_words - what to say about a cause
 * @name: for programs
 * @title: in few words
 * @what: what is known of all such sockets; after the title and a colon
 * @maybe: what it may mean, or NULL
 * @busy: what more it may mean if the program is at work elsewhere, or NULL
 * @tell: what would tell, with %d for the process, or NULL
 * @fix: what to do about it in the program
 * @well: nothing is wrong
 */
struct cause_words {
	const char *name;
	const char *title;
	const char *what;
	const char *maybe;
	const char *busy;
	const char *tell;
	const char *fix;
	bool well;
};

extern const struct cause_words causes[CAUSES];

enum cause cause_of(const struct item *item);
bool cause_takes_input(enum cause cause);
const char *cause_watch(const struct process *process, int fd);

#endif
