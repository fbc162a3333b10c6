// SPDX-License-Identifier: GPL-2.0-only
/*
 * The container of tracked sockets: an index by pointer, so that hook and
 * census do not track one twice, and generations by time to the next look.
 *
 * Bytes a socket: an entry is 56, 73 of them fill a page (kmem_cache); the
 * index has one bucket of 8 bytes for 1 to 4 entries (past the smallest size),
 * so 8 more at most. 64 in all.
 *
 * Nothing here takes longer than a few entries do, but for the walks, which
 * their callers break off and resume: the index is resized a few buckets at a
 * time, and cleared by being taken away whole.
 */
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "entry.h"
#include "table.h"

#define KEY_BITS 61
#define MIN_BITS 3
#define MAX_BITS 24
#define GROW_LOAD 4
/* Buckets of the old index that are moved with each entry that comes or goes.
 */
#define MOVE 4

/* Of this load of the module. */
static u64 secret[3] __ro_after_init;

/**
 * tcp_reaper_table_key - a socket's place in the index
 * @sk: the socket; only its address is used
 *
 * Sockets lie at multiples of 8 bytes at least, and neither a product with an
 * odd number nor what is folded into lower bits loses anything: no two have the
 * same. Sockets are listed in this order, which is not to tell where they lie.
 *
 * Return: a number below TCP_REAPER_KEY_END.
 */
u64 tcp_reaper_table_key(const struct sock *sk)
{
	u64 key = ((u64)(unsigned long)sk >> 3 ^ secret[0]) * (secret[1] | 1);

	key &= TCP_REAPER_KEY_END - 1;
	key ^= key >> KEY_BITS / 2;
	return key * (secret[2] | 1) & (TCP_REAPER_KEY_END - 1);
}

/** tcp_reaper_table_setup - draw what keys are made with */
void tcp_reaper_table_setup(void)
{
	get_random_bytes(secret, sizeof(secret));
}

static u64 width_of(const struct tcp_reaper_buckets *buckets)
{
	return 1ULL << (KEY_BITS - buckets->bits);
}

static struct tcp_reaper_entry **bucket_of(struct tcp_reaper_table *table,
					   u64 key)
{
	const struct tcp_reaper_buckets *in = &table->index;

	if (table->old.v && key >= table->moved)
		in = &table->old;
	return &in->v[key >> (KEY_BITS - in->bits)];
}

/* Moves some of the old index over, and drops it when it is empty. */
static void move_on(struct tcp_reaper_table *table)
{
	struct tcp_reaper_entry *e, *next, **to;
	struct tcp_reaper_buckets *old = &table->old;
	u64 key;
	int i;

	for (i = 0; i < MOVE && old->v; i++) {
		e = old->v[table->moved >> (KEY_BITS - old->bits)];
		for (; e; e = next) {
			next = e->index_next;
			key = tcp_reaper_table_key(e->sk);
			to = &table->index
				      .v[key >> (KEY_BITS - table->index.bits)];
			e->index_next = *to;
			*to = e;
		}
		table->moved += width_of(old);
		if (table->moved < TCP_REAPER_KEY_END)
			continue;
		kvfree(old->v);
		old->v = NULL;
	}
}

/*
 * Best effort: a longer chain is slower, not wrong. Nothing is resized before
 * the last resize is through, which takes a quarter as many entries as there
 * are buckets.
 */
static void resize(struct tcp_reaper_table *table, u32 bits)
{
	struct tcp_reaper_entry **v;

	if (table->old.v)
		return;
	v = kvcalloc(1UL << bits, sizeof(struct tcp_reaper_entry *),
		     GFP_KERNEL | __GFP_NOWARN);
	if (!v)
		return;
	table->old = table->index;
	table->moved = 0;
	table->index.v = v;
	table->index.bits = bits;
}

/**
 * tcp_reaper_table_find - the entry of a socket
 * @table: where
 * @sk: which; only compared, not followed
 *
 * Return: the entry or NULL.
 */
struct tcp_reaper_entry *tcp_reaper_table_find(struct tcp_reaper_table *table,
					       const struct sock *sk)
{
	struct tcp_reaper_entry *e;

	if (!table->index.v)
		return NULL;
	e = *bucket_of(table, tcp_reaper_table_key(sk));
	for (; e; e = e->index_next)
		if (e->sk == sk)
			return e;
	return NULL;
}

/**
 * tcp_reaper_table_add - put an entry into the index, and in no generation yet
 * @table: where; has no entry of the same socket
 * @entry: the entry
 *
 * Context: process context, may sleep.
 * Return: false if there is no memory even for the smallest index.
 */
bool tcp_reaper_table_add(struct tcp_reaper_table *table,
			  struct tcp_reaper_entry *entry)
{
	struct tcp_reaper_entry **bucket;

	if (!table->index.v)
		resize(table, MIN_BITS);
	else if (table->count >= GROW_LOAD << table->index.bits &&
		 table->index.bits < MAX_BITS)
		resize(table, table->index.bits + 1);
	if (!table->index.v)
		return false;
	move_on(table);
	bucket = bucket_of(table, tcp_reaper_table_key(entry->sk));
	entry->index_next = *bucket;
	*bucket = entry;
	table->count++;
	return true;
}

/**
 * tcp_reaper_table_unlink - take an entry out of the index
 * @table: where it is
 * @entry: the entry; still in its generation, and not freed
 */
void tcp_reaper_table_unlink(struct tcp_reaper_table *table,
			     struct tcp_reaper_entry *entry)
{
	struct tcp_reaper_entry **at;

	at = bucket_of(table, tcp_reaper_table_key(entry->sk));
	while (*at != entry)
		at = &(*at)->index_next;
	*at = entry->index_next;
	entry->gone = 1;
	table->count--;
	if (table->index.bits > MIN_BITS &&
	    table->count < 1U << table->index.bits)
		resize(table, table->index.bits - 1);
	move_on(table);
}

static u64 gen_period(int k)
{
	return max_t(u64, msecs_to_jiffies(TCP_REAPER_GEN0_MS), 1) << k;
}

/**
 * tcp_reaper_table_wait - look at an entry again later
 * @table: where it is
 * @entry: in no generation
 * @now: tcp_reaper_now()
 * @wait: how many jiffies from now at most; less than a generation's first
 *	period is that period
 */
void tcp_reaper_table_wait(struct tcp_reaper_table *table,
			   struct tcp_reaper_entry *entry, u64 now, u64 wait)
{
	u64 due;
	int k;

	k = min_t(int, ilog2(max_t(u64, div64_u64(wait, gen_period(0)), 1)),
		  TCP_REAPER_NR_GENS - 1);
	due = now + gen_period(k);
	if (!table->gen[k] || due < table->gen_due[k])
		table->gen_due[k] = due;
	/* First in, first out: where there are too many, each waits as long. */
	if (table->gen[k])
		table->gen_last[k]->gen_next = entry;
	else
		table->gen[k] = entry;
	table->gen_last[k] = entry;
	entry->gen_next = NULL;
}

/* Before all that is there: the shortest waits are put up last. */
static void scan_gen(struct tcp_reaper_table *table, int k)
{
	table->gen_last[k]->gen_next = table->scan;
	table->scan = table->gen[k];
	table->gen[k] = NULL;
}

/**
 * tcp_reaper_table_come_due - put up for a look whatever has come due
 * @table: the table; nothing happens while its last batch is not worked off
 * @now: tcp_reaper_now()
 */
void tcp_reaper_table_come_due(struct tcp_reaper_table *table, u64 now)
{
	int k;

	if (table->scan)
		return;
	for (k = TCP_REAPER_NR_GENS - 1; k >= 0; k--)
		if (table->gen[k] && table->gen_due[k] <= now)
			scan_gen(table, k);
}

/**
 * tcp_reaper_table_rescan - put everything up for a look, as the policy changed
 * @table: the table
 */
void tcp_reaper_table_rescan(struct tcp_reaper_table *table)
{
	int k;

	for (k = TCP_REAPER_NR_GENS - 1; k >= 0; k--)
		if (table->gen[k])
			scan_gen(table, k);
}

/**
 * tcp_reaper_table_pop - next entry to look at
 * @table: the table
 *
 * Return: an entry that is now in no generation, or NULL when all were seen.
 */
struct tcp_reaper_entry *tcp_reaper_table_pop(struct tcp_reaper_table *table)
{
	struct tcp_reaper_entry *e = table->scan;

	if (e)
		table->scan = e->gen_next;
	return e;
}

/**
 * tcp_reaper_table_unpop - put an entry up for a look again, before all others
 * @table: the table
 * @entry: of tcp_reaper_table_pop()
 */
void tcp_reaper_table_unpop(struct tcp_reaper_table *table,
			    struct tcp_reaper_entry *entry)
{
	entry->gen_next = table->scan;
	table->scan = entry;
}

/**
 * tcp_reaper_table_next_due - when the table wants attention
 * @table: the table
 * @due: by tcp_reaper_now(); 0 for at once
 *
 * Return: false if there is nothing to wait for.
 */
bool tcp_reaper_table_next_due(const struct tcp_reaper_table *table, u64 *due)
{
	bool any = false;
	int k;

	if (table->scan) {
		*due = 0;
		return true;
	}
	for (k = 0; k < TCP_REAPER_NR_GENS; k++) {
		if (!table->gen[k])
			continue;
		if (!any || table->gen_due[k] < *due)
			*due = table->gen_due[k];
		any = true;
	}
	return any;
}

/**
 * tcp_reaper_table_detach - take everything out of a table
 * @table: a table of the caller's own, to be freed by tcp_reaper_table_free()
 * @from: the table; empty then
 */
void tcp_reaper_table_detach(struct tcp_reaper_table *table,
			     struct tcp_reaper_table *from)
{
	*table = *from;
	*from = (struct tcp_reaper_table){ .epoch = table->epoch + 1 };
}

/* Those that are in no index are only found through their list. */
static void free_unindexed(struct tcp_reaper_entry *e,
			   struct tcp_reaper_share *share)
{
	struct tcp_reaper_entry *next;

	for (; e; e = next) {
		next = e->gen_next;
		if (e->gone || e->opening)
			tcp_reaper_entry_free(share, e);
		cond_resched();
	}
}

static void free_indexed(struct tcp_reaper_buckets *buckets,
			 struct tcp_reaper_share *share)
{
	struct tcp_reaper_entry *e, *next;
	u32 i;

	for (i = 0; buckets->v && i < 1U << buckets->bits; i++) {
		for (e = buckets->v[i]; e; e = next) {
			next = e->index_next;
			tcp_reaper_entry_free(share, e);
		}
		cond_resched();
	}
	kvfree(buckets->v);
}

/**
 * tcp_reaper_table_free - free all that was in a table
 * @detached: of tcp_reaper_table_detach()
 * @share: whose room the entries took
 *
 * Takes its time, and is the only one here that does.
 *
 * Context: process context, without a lock that anybody waits for.
 */
void tcp_reaper_table_free(struct tcp_reaper_table *detached,
			   struct tcp_reaper_share *share)
{
	struct tcp_reaper_buckets *old = &detached->old;
	int k;

	for (k = 0; k < TCP_REAPER_NR_GENS; k++)
		free_unindexed(detached->gen[k], share);
	free_unindexed(detached->scan, share);
	/* What was moved is in the new one. */
	if (old->v)
		memset(old->v, 0,
		       (detached->moved >> (KEY_BITS - old->bits)) *
			       sizeof(*old->v));
	free_indexed(old, share);
	free_indexed(&detached->index, share);
}

/**
 * tcp_reaper_table_from - walk the index, a bucket at a time
 * @table: the table
 * @cursor: where to go on, 0 at first; advanced past empty buckets
 * @next: the cursor of the bucket that follows
 *
 * A cursor is a place in the space of keys, so it stays good when the index is
 * resized between two calls: nothing is shown twice or left out.
 *
 * Return: the bucket's first entry, or NULL: at the end, or, with @cursor below
 * TCP_REAPER_KEY_END, after so many empty ones that the caller may want to make
 * a break.
 */
struct tcp_reaper_entry *tcp_reaper_table_from(struct tcp_reaper_table *table,
					       u64 *cursor, u64 *next)
{
	const struct tcp_reaper_buckets *in;
	struct tcp_reaper_entry *e;
	int empty = 0;

	if (!table->index.v)
		*cursor = TCP_REAPER_KEY_END;
	for (; *cursor < TCP_REAPER_KEY_END; *cursor = *next) {
		in = table->old.v && *cursor >= table->moved ? &table->old
							     : &table->index;
		*next = (*cursor & ~(width_of(in) - 1)) + width_of(in);
		/* While it shrinks, half a bucket may be in the old index. */
		if (in == &table->index && table->old.v)
			*next = min(*next, table->moved);
		e = in->v[*cursor >> (KEY_BITS - in->bits)];
		if (e && tcp_reaper_table_key(e->sk) < *cursor)
			e = tcp_reaper_table_same_bucket(e, *cursor);
		if (e)
			return e;
		if (++empty > 1024)
			return NULL;
	}
	return NULL;
}

/**
 * tcp_reaper_table_same_bucket - the next entry of a bucket
 * @entry: the one before
 * @cursor: as tcp_reaper_table_from() left it; what lies before was shown when
 *	the index had smaller buckets
 *
 * Return: the entry or NULL.
 */
struct tcp_reaper_entry *
tcp_reaper_table_same_bucket(struct tcp_reaper_entry *entry, u64 cursor)
{
	do {
		entry = entry->index_next;
	} while (entry && tcp_reaper_table_key(entry->sk) < cursor);
	return entry;
}
