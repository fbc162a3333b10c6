// SPDX-License-Identifier: GPL-2.0-only
/*
 * orphan/max: when a namespace holds more orphans than it may, the oldest go.
 * The table has no order of age, which would cost each socket memory; so the
 * age that divides those who go from those who stay is searched for first, and
 * then the table is walked once. Both are linear, and both are done in steps:
 * between two of them the table may change, so that a round may evict a few
 * less than are too many. Then there is another round.
 */
#include <linux/bits.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "entry.h"
#include "evict.h"
#include "sock/clock.h"
#include "table.h"

#define SLOTS 256
/* Entries looked at in a step. */
#define STEP 2048
/*
 * However fast new orphans come, there is a rest between two rounds: so long,
 * and a millisecond more for so many entries, which is some twenty times what
 * the walks of a round take.
 */
#define REST_MS TCP_REAPER_GEN0_MS
#define REST_ENTRIES 512

/**
 * struct tcp_reaper_ages - eligible orphans by age, in a range of it
 * @from: start of the range, by tcp_reaper_now()
 * @width: of a slot
 * @slot: how many began in each
 */
struct tcp_reaper_ages {
	u64 from;
	u64 width;
	u32 slot[SLOTS];
};

/* Those let alone do not go, though they take up room. */
static bool eligible(const struct tcp_reaper_entry *e)
{
	return e->class == TCP_REAPER_ORPHAN && !e->held && !e->apart;
}

/**
 * tcp_reaper_evict_wanted - is there anything to do
 * @evict: of the namespace
 *
 * Return: true if tcp_reaper_evict_pick() is to be called.
 */
bool tcp_reaper_evict_wanted(const struct tcp_reaper_evict *evict)
{
	return evict->crowded || evict->phase != TCP_REAPER_EVICT_REST;
}

/**
 * tcp_reaper_evict_break_off - no round goes on any more
 * @evict: of the namespace
 *
 * What it counted is left to the next round, or to tcp_reaper_evict_stop().
 *
 * Context: any; frees nothing.
 */
void tcp_reaper_evict_break_off(struct tcp_reaper_evict *evict)
{
	evict->phase = TCP_REAPER_EVICT_REST;
}

/**
 * tcp_reaper_evict_stop - nor is one expected soon
 * @evict: of the namespace
 */
void tcp_reaper_evict_stop(struct tcp_reaper_evict *evict)
{
	kfree(evict->ages);
	evict->ages = NULL;
	evict->phase = TCP_REAPER_EVICT_REST;
}

static void enter(struct tcp_reaper_evict *evict, u8 phase)
{
	evict->phase = phase;
	evict->cursor = 0;
	if (phase == TCP_REAPER_EVICT_COUNT)
		memset(evict->ages->slot, 0, sizeof(evict->ages->slot));
}

static void note_age(struct tcp_reaper_evict *evict,
		     const struct tcp_reaper_entry *e)
{
	struct tcp_reaper_ages *ages = evict->ages;
	u64 slot;

	if (evict->phase == TCP_REAPER_EVICT_OLDEST) {
		ages->from = min_t(u64, ages->from, e->since);
		return;
	}
	if (e->since < ages->from)
		return;
	slot = div64_u64(e->since - ages->from, ages->width);
	if (slot < SLOTS)
		ages->slot[slot]++;
}

/* The whole table was seen: narrow the range 256-fold, or begin to pick. */
static void conclude(struct tcp_reaper_evict *evict)
{
	struct tcp_reaper_ages *ages = evict->ages;
	int i;

	if (evict->phase == TCP_REAPER_EVICT_OLDEST) {
		u64 now = max(tcp_reaper_now(), ages->from);

		if (ages->from == U64_MAX) {
			tcp_reaper_evict_stop(evict);
			return;
		}
		ages->width = div_u64(now - ages->from, SLOTS) + 1;
		enter(evict, TCP_REAPER_EVICT_COUNT);
		return;
	}
	for (i = 0; i < SLOTS - 1 && evict->rank > ages->slot[i]; i++)
		evict->rank -= ages->slot[i];
	ages->from += i * ages->width;
	if (ages->width > 1) {
		ages->width = div_u64(ages->width - 1, SLOTS) + 1;
		enter(evict, TCP_REAPER_EVICT_COUNT);
		return;
	}
	evict->cutoff = ages->from;
	evict->ties = evict->rank;
	enter(evict, TCP_REAPER_EVICT_PICK);
}

static bool goes(struct tcp_reaper_evict *evict,
		 const struct tcp_reaper_entry *e, bool observed)
{
	if (e->since > evict->cutoff)
		return false;
	/* In observe mode it stays there, and is counted once. */
	if (observed && e->counted & BIT(TCP_REAPER_DUE))
		return false;
	if (e->since < evict->cutoff)
		return true;
	if (!evict->ties)
		return false;
	evict->ties--;
	return true;
}

/**
 * tcp_reaper_evict_pick - some of the orphans that are too many
 * @evict: of the namespace, which is locked
 * @table: its table
 * @excess: how many orphans it has above orphan/max, 0 for none
 * @observed: they will not be ended, only counted
 * @batch: where to
 * @room: how many at most
 *
 * An orphan that is picked stays in its generation. One step of a round: while
 * tcp_reaper_evict_wanted() says so there is another.
 *
 * Return: how many were picked.
 */
int tcp_reaper_evict_pick(struct tcp_reaper_evict *evict,
			  struct tcp_reaper_table *table, u64 excess,
			  bool observed, struct tcp_reaper_entry **batch,
			  int room)
{
	int n = 0, looks = 0, before;
	struct tcp_reaper_entry *e;
	u64 next;

	if (!excess) {
		tcp_reaper_evict_stop(evict);
		evict->crowded = false;
		return 0;
	}
	if (evict->phase == TCP_REAPER_EVICT_REST) {
		if (tcp_reaper_now() < evict->rested)
			return 0;
		/* Still crowded: there may be memory at the next tick. */
		if (!evict->ages)
			evict->ages = kmalloc(sizeof(*evict->ages),
					      GFP_KERNEL | __GFP_NOWARN);
		if (!evict->ages)
			return 0;
		/* Whoever comes from here on is the next round's. */
		evict->crowded = false;
		evict->ages->from = U64_MAX;
		evict->rank = min_t(u64, excess, U32_MAX);
		evict->rested =
			tcp_reaper_now() +
			msecs_to_jiffies(REST_MS + table->count / REST_ENTRIES);
		enter(evict, TCP_REAPER_EVICT_OLDEST);
	}
	while (evict->cursor < TCP_REAPER_KEY_END) {
		e = tcp_reaper_table_from(table, &evict->cursor, &next);
		if (!e)
			break;
		before = n;
		for (; e; e = tcp_reaper_table_same_bucket(e, evict->cursor)) {
			looks++;
			if (!eligible(e))
				continue;
			if (evict->phase != TCP_REAPER_EVICT_PICK)
				note_age(evict, e);
			else if (n == room)
				goto full;
			else if (goes(evict, e, observed))
				batch[n++] = e;
		}
		evict->cursor = next;
		if (looks >= STEP)
			return n;
	}
	if (evict->cursor < TCP_REAPER_KEY_END)
		return n;
	goto walked;

full:
	/*
	 * The bucket is met again, from its start. If all are of this one, it
	 * might be met for ever: then the rest of it is the next round's.
	 */
	if (!before) {
		evict->cursor = next;
		evict->crowded = true;
	}
	return n;

walked:
	if (evict->phase == TCP_REAPER_EVICT_PICK)
		tcp_reaper_evict_stop(evict);
	else
		conclude(evict);
	return n;
}
