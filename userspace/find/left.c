// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sockets that were ended, and whose descriptors are open still: of which
 * program, and how many more it may have.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "find/left.h"
#include "find/tally.h"

/* So many processes are looked at, those with most of them. */
#define LOOKS 256

static int by_ended(const void *a, const void *b)
{
	const struct tally *x = *(const struct tally *const *)a;
	const struct tally *y = *(const struct tally *const *)b;

	if (x->ended != y->ended)
		return x->ended < y->ended ? 1 : -1;
	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

/**
 * left_used() - how near is the program to its limit?
 * @left: the program
 *
 * Return: the part of its descriptors that are in use; 0 without a limit.
 */
double left_used(const struct left *left)
{
	const struct process *process = &left->process;

	return (double)process->fds / (double)process->fd_limit;
}

static int by_use(const void *a, const void *b)
{
	double x = left_used(a);
	double y = left_used(b);

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
	struct left one = { .by = by };

	process_read(&one.process, by->pid, false);
	if (!left->processes || left_used(&one) > left_used(left)) {
		left->by = by;
		left->process = one.process;
	}
	if (left->processes < GROUP_PIDS)
		left->pids[left->processes] = by->pid;
	left->processes++;
	left->sockets += ended;
}

/**
 * lefts_find() - find them all
 * @lefts: zeroed; its @v is to be freed
 * @owners: where to look
 * @reaped: the sockets that were ended, their holders found
 * @unit: only of this unit, as of cgroup_is_of(); NULL: of all
 */
void lefts_find(struct lefts *lefts, const struct owners *owners,
		const struct reaped *reaped, const char *unit)
{
	struct tallies tallies = { 0 };
	size_t i;

	lefts->lost = reaped->lost;
	tallies_take_ended(&tallies, owners->holders, owners->relatives,
			   reaped);
	if (tallies.n)
		qsort(tallies.v, tallies.n, sizeof(*tallies.v), by_ended);
	for (i = 0; i < tallies.n && i < LOOKS; i++) {
		const struct relative *by =
			relatives_get(owners->relatives, tallies.v[i]->pid);

		if (!unit || cgroup_is_of(by->cgroup, unit))
			take(left_of(lefts, owners->relatives, by), by,
			     tallies.v[i]->ended);
	}
	if (lefts->n)
		qsort(lefts->v, lefts->n, sizeof(*lefts->v), by_use);
	tallies_free(&tallies);
}
