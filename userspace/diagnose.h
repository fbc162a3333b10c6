/* SPDX-License-Identifier: GPL-2.0 */
#ifndef REAPERCTL_DIAGNOSE_H
#define REAPERCTL_DIAGNOSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cause.h"
#include "look.h"
#include "netns.h"
#include "proc.h"
#include "process.h"
#include "sockets.h"

/**
 * enum group_kind - to whom sockets belong
 * @GROUP_PROCESS: to a process, by its number
 * @GROUP_UNACCEPTED: to a listener's queue, by its port
 * @GROUP_HIDDEN: to a process that does not show itself
 * @GROUP_ORPHAN: to nobody any more
 * @GROUP_KERNEL: to the kernel
 */
enum group_kind {
	GROUP_PROCESS,
	GROUP_UNACCEPTED,
	GROUP_HIDDEN,
	GROUP_ORPHAN,
	GROUP_KERNEL
};

/**
 * struct item - a socket and whose it is
 * @sock: the socket
 * @holder: who holds it; of one not accepted, who holds the listener
 * @kind: what kind of owner
 * @id: which of them
 */
struct item {
	const struct sock *sock;
	const struct holder *holder;
	enum group_kind kind;
	unsigned int id;
};

/**
 * struct finding - the sockets of a group that linger for the same cause
 * @sockets: how many
 * @due: how many of them are due
 * @example: the oldest
 * @rxq: most bytes that one has to read
 * @txq: most bytes that one has to send
 */
struct finding {
	size_t sockets;
	size_t due;
	const struct item *example;
	uint64_t rxq;
	uint64_t txq;
};

/**
 * struct group - the sockets of one owner
 * @items: the first of them, the oldest
 * @sockets: how many
 * @faulty: a cause among them is a bug of somebody
 * @holders: most processes that hold one of them
 * @process: who holds them, or the listener; pid 0: nobody
 * @findings: by cause
 */
struct group {
	const struct item *items;
	size_t sockets;
	bool faulty;
	size_t holders;
	struct process process;
	struct finding findings[CAUSES];
};

void group_gather(struct group *group, const struct item *items, size_t n);
struct look group_look(const struct group *group, const struct netns *ns);
enum rc diagnose_show(const struct netns_set *set, const struct netns *ns,
		      const struct group *groups, size_t n,
		      const struct looks *looks);

#endif
