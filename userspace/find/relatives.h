/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_RELATIVES_H
#define REAPERCTL_RELATIVES_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "kernel/cgroup.h"
#include "kernel/process.h"

/* A name has 15 bytes; a kernel thread's is longer in /proc. */
#define RELATIVE_COMM 64

/**
 * struct relative - a process, as one of a family
 * @pid: its number
 * @parent: its parent's, or 0
 * @comm: its name
 * @unit: the service or container that it is of, or ""
 * @pod: the UID of the pod that it is of, or ""
 * @cgroup: where that is
 * @waits: whether a thread of it waits for events, once that was asked
 * @uid: its user, once relatives_made() was asked
 * @uid_asked: it was
 * @process: what else there is to tell, once relatives_process() was asked
 */
struct relative {
	pid_t pid;
	pid_t parent;
	char comm[RELATIVE_COMM];
	char unit[CGROUP_UNIT];
	char pod[CGROUP_POD];
	char cgroup[256];
	enum {
		WAITS_UNASKED,
		WAITS,
		WAITS_NOT
	} waits;
	uint64_t uid;
	bool uid_asked;
	struct process *process;
};

struct relatives;

struct relatives *relatives_new(void);
const struct relative *relatives_get(struct relatives *relatives, pid_t pid);
const struct process *relatives_process(struct relatives *relatives, pid_t pid);
bool relatives_made(struct relatives *relatives, pid_t pid, uint64_t uid);
bool relatives_waits(struct relatives *relatives, pid_t pid);
const struct relative *relatives_leader(struct relatives *relatives,
					const struct relative *of);
bool relative_manages(const struct relative *relative);
bool relative_same_program(const struct relative *a, const struct relative *b);
void relatives_free(struct relatives *relatives);

#endif
