/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_OWNER_H
#define REAPERCTL_OWNER_H

#include "find/relatives.h"
#include "kernel/listeners.h"
#include "kernel/proc.h"
#include "kernel/sockets.h"

/**
 * enum owner_kind - to whom a socket belongs
 * @OWNER_PROCESS: to a program that holds it
 * @OWNER_INHERITED: to one that a descriptor was left in by another
 * @OWNER_UNACCEPTED: to a listener's queue
 * @OWNER_HIDDEN: to a process that does not show itself
 * @OWNER_NOBODY: to no process, as far as all of them are seen
 * @OWNER_ORPHAN: to nobody any more
 * @OWNER_KERNEL: to the kernel
 */
enum owner_kind {
	OWNER_PROCESS,
	OWNER_INHERITED,
	OWNER_UNACCEPTED,
	OWNER_HIDDEN,
	OWNER_NOBODY,
	OWNER_ORPHAN,
	OWNER_KERNEL
};

/**
 * struct owner - whose a socket is
 * @kind: what kind of owner
 * @holder: its descriptor; of one not accepted, the listener's; or NULL
 * @by: who has that
 * @maker: who left it there, of OWNER_INHERITED
 * @leader: the first process of @by's program, or of @maker's if there is one
 * @listener: at its local address, or NULL
 */
struct owner {
	enum owner_kind kind;
	const struct holder *holder;
	const struct relative *by;
	const struct relative *maker;
	const struct relative *leader;
	const struct listener *listener;
};

/**
 * struct owners - what is needed to tell
 * @relatives: of all processes
 * @holders: of all sockets and listeners
 * @listeners: of the namespace
 * @all_seen: no process is hidden from us
 */
struct owners {
	struct relatives *relatives;
	const struct holders *holders;
	const struct listeners *listeners;
	bool all_seen;
};

void owner_find(struct owner *owner, const struct owners *owners,
		const struct sock *sock);
const struct holder *owner_pick(struct relatives *relatives,
				const struct holder *first);

#endif
