/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_LEFT_H
#define REAPERCTL_LEFT_H

#include <stddef.h>
#include <stdint.h>

#include "find/group.h"
#include "find/owner.h"
#include "kernel/logfile.h"
#include "kernel/process.h"

/**
 * struct left - what a program has not closed of what was ended
 * @by: its process that is nearest to its limit of descriptors
 * @process: how near
 * @pids: some of its processes
 * @processes: how many there are
 * @sockets: how many sockets
 */
struct left {
	const struct relative *by;
	struct process process;
	pid_t pids[GROUP_PIDS];
	size_t processes;
	uint64_t sockets;
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
		const struct reaped *reaped, const char *unit);
double left_used(const struct left *left);

#endif
