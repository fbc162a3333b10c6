// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sockets that were ended, and whose descriptors are open still: of which
 * program, and how many more it may have.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "find/left.h"
#include "find/tally.h"
#include "kernel/kfile.h"
#include "kernel/loose.h"

/* So many processes are looked at, of a user those with most of them first. */
#define LOOKS 256

/* This part of its descriptors, and there is no time to mend a program first.
 */
#define NEAR 0.75

/*
 * Where the log tells not all: so many of a user and in all are looked at,
 * those nearest to their limit, for which the kernel walks over all connections
 * each.
 */
#define CLOSE_LOOKS 4
#define CLOSE_LOOKS_ALL 32

/* Fewer than this part of its descriptors are not why it has none left. */
#define MATTERS 0.25

/* The system's users first, as anybody may have many processes with many. */
static int by_ended(const void *a, const void *b, void *relatives)
{
	const struct tally *x = *(const struct tally *const *)a;
	const struct tally *y = *(const struct tally *const *)b;
	uint64_t m = relatives_get(relatives, x->pid)->uid;
	uint64_t n = relatives_get(relatives, y->pid)->uid;

	if (m != n)
		return m < n ? -1 : 1;
	if (x->ended != y->ended)
		return x->ended < y->ended ? 1 : -1;
	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

/* The part of its descriptors that are in use; 0 without a limit. */
static double used(const struct process *process)
{
	/* Even of none that it may have it can have none. */
	return process->fds ? (double)process->fds / (double)process->fd_limit
			    : 0;
}

/**
 * left_near() - are its descriptors nearly used up?
 * @left: the program
 *
 * Return: true if there is no time to mend it first.
 */
bool left_near(const struct left *left)
{
	return used(&left->process) >= NEAR;
}

static int by_use(const void *a, const void *b)
{
	double x = used(&((const struct left *)a)->process);
	double y = used(&((const struct left *)b)->process);

	return x < y ? 1 : x > y ? -1 : 0;
}

/* The one it is of: the same program of the same service, or the same family.
 */
static struct left *left_of(struct lefts *lefts, struct relatives *relatives,
			    const struct relative *by)
{
	const struct relative *leader = relatives_leader(relatives, by);
	size_t i;

	for (i = 0; i < lefts->n; i++) {
		const struct relative *of = lefts->v[i].by;

		if (*by->unit ? relative_same_program(by, of)
			      : relatives_leader(relatives, of) == leader)
			return &lefts->v[i];
	}
	*mem_add(lefts) = (struct left){ .by = by };
	return &lefts->v[lefts->n - 1];
}

static void take(struct left *left, const struct relative *by, uint64_t ended)
{
	struct process process;

	process_read(&process, by->pid, false);
	if (!left->processes || used(&process) > used(&left->process)) {
		left->by = by;
		left->process = process;
	}
	if (left->processes < GROUP_PIDS)
		left->pids[left->processes] = by->pid;
	left->processes++;
	left->sockets += ended;
}

/*
 * By namespace and user, the nearest to its limit first. Anybody may have many
 * that are near, so the system's own users come before those.
 */
static int by_netns(const void *a, const void *b)
{
	const struct near *x = a;
	const struct near *y = b;

	if (x->netns != y->netns)
		return x->netns < y->netns ? -1 : 1;
	if (x->uid != y->uid)
		return x->uid < y->uid ? -1 : 1;
	if (x->used != y->used)
		return x->used < y->used ? 1 : -1;
	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

static void look_near(pid_t pid, void *arg)
{
	struct process process = { .pid = pid };
	uint64_t inode;
	char path[64];

	process_read_fds(&process);
	if (used(&process) < NEAR)
		return;
	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)pid);
	if (kfile_inode(path, &inode))
		return;
	*mem_add((struct nears *)arg) = (struct near){
		.pid = pid,
		.netns = inode,
		.uid = process_uid(pid),
		.fds = process.fds,
		.used = used(&process),
	};
}

/* The first of a namespace; those of all are read when they are first asked
 * for.
 */
static size_t first_near(struct nears *nears, uint64_t netns)
{
	size_t i = 0;

	if (!nears->read) {
		proc_each(look_near, nears);
		if (nears->n)
			qsort(nears->v, nears->n, sizeof(*nears->v), by_netns);
		nears->read = true;
	}
	while (i < nears->n && nears->v[i].netns != netns)
		i++;
	return i;
}

/* Whose descriptors are nearly used up by what the log knows no more? */
static void find_loose(struct lefts *lefts, struct nears *nears,
		       struct relatives *relatives, const struct netns *ns,
		       const char *unit)
{
	size_t of_user = 0;
	size_t i;

	for (i = first_near(nears, ns->inode);
	     i < nears->n && nears->v[i].netns == ns->inode &&
	     nears->looks < CLOSE_LOOKS_ALL;
	     i++) {
		const struct near *near = &nears->v[i];
		const struct relative *by;
		struct left *left;
		uint64_t loose;

		if (i && near[-1].netns == near->netns &&
		    near[-1].uid == near->uid)
			of_user++;
		else
			of_user = 0;
		if (of_user >= CLOSE_LOOKS)
			continue;
		by = relatives_get(relatives, near->pid);
		if (unit && !cgroup_is_of(by->cgroup, unit))
			continue;
		nears->looks++;
		loose = loose_count(near->pid,
				    (uint64_t)(MATTERS * (double)near->fds));
		if (!loose)
			continue;
		left = left_of(lefts, relatives, by);
		if (!left->processes)
			take(left, by, 0);
		if (left->by == by)
			left->loose = loose;
	}
}

/**
 * lefts_find() - find them all
 * @lefts: zeroed; its @v is to be freed
 * @owners: where to look
 * @reaped: the sockets that were ended, their holders found
 * @nears: zeroed at first, and its @v to be freed; for all namespaces
 * @ns: the namespace; the program is in it
 * @unit: only of this unit, as of cgroup_is_of(); NULL: of all
 */
void lefts_find(struct lefts *lefts, const struct owners *owners,
		const struct reaped *reaped, struct nears *nears,
		const struct netns *ns, const char *unit)
{
	struct tallies tallies = { 0 };
	size_t i;

	lefts->lost = reaped->lost;
	tallies_take_ended(&tallies, owners->holders, owners->relatives,
			   reaped);
	if (tallies.n)
		qsort_r(tallies.v, tallies.n, sizeof(*tallies.v), by_ended,
			owners->relatives);
	for (i = 0; i < tallies.n && i < LOOKS; i++) {
		const struct relative *by =
			relatives_get(owners->relatives, tallies.v[i]->pid);

		if (!unit || cgroup_is_of(by->cgroup, unit))
			take(left_of(lefts, owners->relatives, by), by,
			     tallies.v[i]->ended);
	}
	if (lefts->lost)
		find_loose(lefts, nears, owners->relatives, ns, unit);
	if (lefts->n)
		qsort(lefts->v, lefts->n, sizeof(*lefts->v), by_use);
	tallies_free(&tallies);
}
