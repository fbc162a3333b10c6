/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_LEFT_H
#define REAPERCTL_LEFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "find/group.h"
#include "find/owner.h"
#include "kernel/logfile.h"
#include "kernel/netns.h"
#include "kernel/process.h"

/**
 * struct left - what a program has not closed of what was ended
 * @by: its process that is nearest to its limit of descriptors
 * @process: how near
 * @pids: some of its processes
 * @processes: how many there are
 * @sockets: how many sockets
 * @loose: how many TCP sockets of @by have no connection; 0: not asked
 */
struct left {
	const struct relative *by;
	struct process process;
	pid_t pids[GROUP_PIDS];
	size_t processes;
	uint64_t sockets;
	uint64_t loose;
};

/**
 * struct near - a process whose descriptors are nearly used up
 * @pid: the process
 * @netns: its namespace's inode number
 * @uid: its user
 * @fds: how many it has
 * @used: what part that is of those it may have
 */
struct near {
	pid_t pid;
	uint64_t netns;
	uint64_t uid;
	uint64_t fds;
	double used;
};

/**
 * struct nears - all of them
 * @v: the processes
 * @n: how many
 * @cap: how many there is room for
 * @read: they were looked for
 * @looks: how many were looked at closely
 */
struct nears {
	struct near *v;
	size_t n;
	size_t cap;
	bool read;
	unsigned int looks;
};

/**
 * struct lefts - of all programs, the worst first
 * @v: the programs
 * @n: how many
 * @cap: how many there is room for
 * @lost: how many sockets were ended of which it cannot be told
 */
struct lefts {
	struct left *v;
	size_t n;
	size_t cap;
	uint64_t lost;
};

void lefts_find(struct lefts *lefts, const struct owners *owners,
		const struct reaped *reaped, struct nears *nears,
		const struct netns *ns, const char *unit);
bool left_near(const struct left *left);

#endif
