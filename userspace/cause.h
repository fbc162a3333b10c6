/* SPDX-License-Identifier: GPL-2.0 */
#ifndef REAPERCTL_CAUSE_H
#define REAPERCTL_CAUSE_H

#include <stdbool.h>

#include "process.h"
#include "sockets.h"

/**
 * enum cause - why a socket lingers, as far as facts tell
 * @CAUSE_STOPPED: its process gets no time
 * @CAUSE_UNACCEPTED: nobody took it from the listener's queue
 * @CAUSE_BLOCKED: data is queued to send and the peer takes none
 * @CAUSE_UNREAD: the end of the peer's data was not read
 * @CAUSE_LEAKED: that end was read, and the descriptor kept
 * @CAUSE_WRITE_ONLY: it sends on and never reads
 * @CAUSE_FIN_WAIT2: it ended its side, the peer does not
 * @CAUSE_IDLE: nothing moves and nothing checks that the peer is alive
 * @CAUSE_ORPHAN: the program let go, the peer does not answer
 * @CAUSE_HALF_CLOSED: it read the end and sends on, as it may
 * @CAUSE_KERNEL: the kernel's own
 * @CAUSES: how many there are
 */
enum cause {
	CAUSE_STOPPED,
	CAUSE_UNACCEPTED,
	CAUSE_BLOCKED,
	CAUSE_UNREAD,
	CAUSE_LEAKED,
	CAUSE_WRITE_ONLY,
	CAUSE_FIN_WAIT2,
	CAUSE_IDLE,
	CAUSE_ORPHAN,
	CAUSE_HALF_CLOSED,
	CAUSE_KERNEL,
	CAUSES
};

/**
 * struct cause_words - what to say about a cause
 * @name: for programs
 * @title: in three words
 * @what: what that means; after the title and a colon
 * @fix: what to do about it in the program
 * @class: whose settings help meanwhile, or NULL
 * @extra: a setting that also has to have a value: "spare_active=0", or NULL
 */
struct cause_words {
	const char *name;
	const char *title;
	const char *what;
	const char *fix;
	const char *class;
	const char *extra;
};

extern const struct cause_words causes[CAUSES];

enum cause cause_of(const struct sock *sock, bool held,
		    const struct process *process);
const char *cause_watch(enum cause cause, const struct process *process,
			int fd);

#endif
