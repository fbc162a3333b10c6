/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_GROUP_H
#define REAPERCTL_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "find/cause.h"
#include "find/item.h"
#include "find/look.h"
#include "kernel/netns.h"

/* The processes that are named; of others only their number is told. */
#define GROUP_PIDS 3

/**
 * struct finding - the sockets of a group that linger for the same cause
 * @sockets: how many
 * @due: how many of them are due
 * @exempt: how many of them a rule lets alone
 * @example: the oldest
 * @rxq: most bytes that one has to read
 * @txq: most bytes that one has to send
 * @timeout_min: the shortest timeout in force, of those that have one
 * @timeout_max: the longest; 0: none has one
 */
struct finding {
	size_t sockets;
	size_t due;
	size_t exempt;
	const struct item *example;
	uint64_t rxq;
	uint64_t txq;
	uint64_t timeout_min;
	uint64_t timeout_max;
};

/**
 * struct group - the sockets of one owner
 * @items: the first of them, the oldest
 * @sockets: how many
 * @faulty: a cause among them is a bug of somebody
 * @shared: the socket of most holders, and there are several; or NULL
 * @pids: some of its processes
 * @processes: how many there are
 * @nearest: that which is nearest to its limit of descriptors, or NULL
 * @findings: by cause
 */
struct group {
	const struct item *items;
	size_t sockets;
	bool faulty;
	const struct item *shared;
	pid_t pids[GROUP_PIDS];
	size_t processes;
	const struct process *nearest;
	struct finding findings[CAUSES];
};

bool group_same(const struct item *a, const struct item *b);
int group_compare(const void *a, const void *b);
void group_gather(struct group *group, const struct holders *holders,
		  const struct item *items, size_t n);
size_t group_holders(const struct holder *first);
struct look group_look(const struct group *group, const struct netns *ns);

#endif
