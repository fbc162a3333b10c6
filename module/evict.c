// SPDX-License-Identifier: GPL-2.0
/*
 * orphan/max: when a namespace holds more orphans than it may, the oldest go.
 * The table has no order of age, which would cost each socket memory; so the
 * age that divides those who go from those who stay is searched for first, and
 * then the table is walked once. Both are linear.
 */
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/lockdep.h>
#include <linux/math64.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "evict.h"
#include "netns.h"
#include "table.h"

#define SLOTS 256
/*
 * A search walks the whole table, with its lock held: after it comes a rest of
 * this many times what it took, however fast new orphans come. 5 % of a CPU.
 */
#define REST_FACTOR 20

/* Those let alone do not go, though they take up room. */
static bool eligible(const struct tcp_reaper_entry *e)
{
	return e->class == TCP_REAPER_ORPHAN && !e->busy && !e->held &&
	       !(e->counted &
		 (BIT(TCP_REAPER_SPARED_RULE) | BIT(TCP_REAPER_SPARED_KERNEL) |
		  BIT(TCP_REAPER_SPARED_MPTCP) |
		  BIT(TCP_REAPER_SPARED_REPAIR)));
}

/**
 * struct ages - eligible orphans by age, in a range of it
 * @from: start of the range, jiffies64
 * @width: of a slot
 * @slot: how many began in each
 */
struct ages {
	u64 from;
	u64 width;
	u32 slot[SLOTS];
};

static void count_ages(struct tcp_reaper_table *table, struct ages *ages)
{
	struct tcp_reaper_entry *e;
	u64 cursor = 0, next, slot;

	memset(ages->slot, 0, sizeof(ages->slot));
	for (; (e = tcp_reaper_table_from(table, &cursor, &next));
	     cursor = next) {
		for (; e; e = tcp_reaper_table_same_bucket(e, cursor)) {
			if (!eligible(e) || e->since < ages->from)
				continue;
			slot = div64_u64(e->since - ages->from, ages->width);
			if (slot < SLOTS)
				ages->slot[slot]++;
		}
		cond_resched();
	}
}

static bool oldest(struct tcp_reaper_table *table, u64 *since)
{
	struct tcp_reaper_entry *e;
	u64 cursor = 0, next;

	*since = U64_MAX;
	for (; (e = tcp_reaper_table_from(table, &cursor, &next));
	     cursor = next) {
		for (; e; e = tcp_reaper_table_same_bucket(e, cursor))
			if (eligible(e) && e->since < *since)
				*since = e->since;
		cond_resched();
	}
	return *since != U64_MAX;
}

/*
 * Finds the age of the @rank-th oldest, if there are any, and begins to pick; a
 * walk narrows it 256-fold.
 */
static void find_cutoff(struct tcp_reaper_net *rn, struct ages *ages, u32 rank,
			u64 now)
{
	struct tcp_reaper_evict *evict = &rn->evict;
	int i;

	if (!oldest(&rn->table, &ages->from))
		return;
	ages->width = div_u64(now - ages->from, SLOTS) + 1;
	for (;;) {
		count_ages(&rn->table, ages);
		for (i = 0; i < SLOTS - 1 && rank > ages->slot[i]; i++)
			rank -= ages->slot[i];
		ages->from += i * ages->width;
		if (ages->width == 1)
			break;
		ages->width = div_u64(ages->width - 1, SLOTS) + 1;
	}
	evict->cutoff = ages->from;
	evict->ties = rank;
	evict->cursor = 0;
	evict->picking = true;
}

/**
 * tcp_reaper_evict_pick - some of the orphans that are too many
 * @rn: the namespace, locked
 * @batch: where to
 * @room: how many at most
 *
 * An orphan that is picked stays in its generation.
 *
 * Return: how many were picked; 0 when there are no more.
 */
int tcp_reaper_evict_pick(struct tcp_reaper_net *rn,
			  struct tcp_reaper_entry **batch, int room)
{
	u64 held = tcp_reaper_gauge_read(rn, TCP_REAPER_ORPHAN);
	struct tcp_reaper_evict *evict = &rn->evict;
	u64 next, start, now = get_jiffies_64();
	u32 max = rn->policy.orphan_max;
	struct tcp_reaper_entry *e;
	struct ages *ages;
	int n = 0;

	lockdep_assert_held(&rn->lock);
	if (!evict->crowded && !evict->picking)
		return 0;
	if (!max || held <= max) {
		evict->crowded = false;
		evict->picking = false;
		return 0;
	}
	if (!evict->picking) {
		if (now < evict->rested)
			return 0;
		ages = kmalloc(sizeof(*ages), GFP_KERNEL | __GFP_NOWARN);
		/* Still crowded: there may be memory at the next tick. */
		if (!ages)
			return 0;
		/* Whoever comes from here on is the next round's. */
		evict->crowded = false;
		start = ktime_get_ns();
		find_cutoff(rn, ages, held - max, now);
		kfree(ages);
		evict->rested = get_jiffies_64() +
				nsecs_to_jiffies64((ktime_get_ns() - start) *
						   REST_FACTOR);
	}
	if (!evict->picking)
		return 0;

	for (; (e = tcp_reaper_table_from(&rn->table, &evict->cursor, &next));
	     evict->cursor = next) {
		for (; e; e = tcp_reaper_table_same_bucket(e, evict->cursor)) {
			if (!eligible(e) || e->since > evict->cutoff)
				continue;
			/* It would be picked once, if only observed. */
			if (rn->policy.mode != TCP_REAPER_ENFORCE &&
			    e->counted & BIT(TCP_REAPER_DUE))
				continue;
			/* A bucket is left in the middle: it is met again. */
			if (n == room)
				return n;
			if (e->since == evict->cutoff && !evict->ties)
				continue;
			if (e->since == evict->cutoff)
				evict->ties--;
			batch[n++] = e;
			e->busy = 1;
		}
		cond_resched();
	}
	evict->picking = false;
	return n;
}
