// SPDX-License-Identifier: GPL-2.0
/*
 * The container of tracked sockets: an index by pointer, so that hook and
 * census do not track one twice, and generations by time to the next look.
 *
 * Bytes a socket: an entry is 56, 73 of them fill a page (kmem_cache); the
 * index has one bucket of 8 bytes for 1 to 4 entries (past the smallest size),
 * so 8 more at most. 64 in all.
 */
#include <linux/atomic.h>
#include <linux/hash.h>
#include <linux/jiffies.h>
#include <linux/log2.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/stddef.h>

#include "compat/slab.h"
#include "table.h"

#define MIN_BITS 3
#define MAX_BITS 24
#define GROW_LOAD 4
/* The initial namespace has a part of this many to itself. */
#define HOST_PART 8

unsigned int tcp_reaper_max_tracked = 1 << 20;

static struct kmem_cache *entry_cache;
/* Entries of all namespaces, those on their way out included. */
static atomic_t entries = ATOMIC_INIT(0);
/* Those of them that are of guests. */
static atomic_t guest_entries = ATOMIC_INIT(0);

/**
 * tcp_reaper_table_setup - make what all tables share
 *
 * Return: 0 or -ENOMEM.
 */
int tcp_reaper_table_setup(void)
{
	BUILD_BUG_ON(IS_ENABLED(CONFIG_64BIT) &&
		     sizeof(struct tcp_reaper_entry) != 56);
	/*
	 * A cache of its own, so a leak shows by its name. Without
	 * SLAB_ACCOUNT, which costs 8 bytes more an entry as soon as there is a
	 * memory cgroup, and would charge nobody: entries are made by a worker.
	 */
	entry_cache =
		tcp_reaper_cache_create("tcp_reaper_entry",
					sizeof(struct tcp_reaper_entry),
					offsetof(struct tcp_reaper_entry, mark),
					sizeof(u32));
	return entry_cache ? 0 : -ENOMEM;
}

/** tcp_reaper_table_teardown - undo tcp_reaper_table_setup() */
void tcp_reaper_table_teardown(void)
{
	WARN_ON(atomic_read(&entries) || atomic_read(&guest_entries));
	kmem_cache_destroy(entry_cache);
}

/* 32 bits that order the index: a bucket is a range of them. */
static u32 key_of(const struct sock *sk)
{
	return hash_ptr(sk, 32);
}

static struct tcp_reaper_entry **bucket_of(struct tcp_reaper_table *table,
					   const struct sock *sk)
{
	return &table->buckets[key_of(sk) >> (32 - table->bits)];
}

/* Growing is best effort: a longer chain is slower, not wrong. */
static void resize(struct tcp_reaper_table *table, u32 bits)
{
	struct tcp_reaper_entry **buckets, **old = table->buckets;
	struct tcp_reaper_entry *e, *next;
	u32 i, nr = old ? 1U << table->bits : 0;

	buckets = kvcalloc(1UL << bits, sizeof(*buckets),
			   GFP_KERNEL | __GFP_NOWARN);
	if (!buckets)
		return;
	table->buckets = buckets;
	table->bits = bits;
	for (i = 0; i < nr; i++) {
		for (e = old[i]; e; e = next) {
			struct tcp_reaper_entry **to = bucket_of(table, e->sk);

			next = e->index_next;
			e->index_next = *to;
			*to = e;
		}
		if (!(i % 1024))
			cond_resched();
	}
	kvfree(old);
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

	if (!table->buckets)
		return NULL;
	for (e = *bucket_of(table, sk); e; e = e->index_next)
		if (e->sk == sk)
			return e;
	return NULL;
}

/*
 * A fair share of max_tracked, so that whoever piles up stuck sockets is not
 * tracked in full, and blinds nobody else. Guests have seven eighths of it
 * between them, and each may hold no more than it leaves free for the others:
 * a single one half of them, two a third each, k of them 1 / (k + 1) each, and
 * as much again stays free for one that comes. It is the threshold by which
 * switches share their buffers (Choudhury and Hahne, 1998). The initial
 * namespace may hold whatever is free.
 */
static bool room_for(const struct tcp_reaper_table *table)
{
	u32 max = READ_ONCE(tcp_reaper_max_tracked);
	u32 guests, pool = max - max / HOST_PART;

	if (!table->guest)
		return true;
	guests = atomic_read(&guest_entries);
	return guests < pool && table->count < pool - guests;
}

/**
 * tcp_reaper_table_add - a new entry in the index, in no generation yet
 * @table: where; has no entry of @sk
 * @sk: the socket
 *
 * Context: process context, may sleep.
 * Return: the entry, zeroed but for @sk; NULL at max_tracked, past the
 * namespace's share of that, or out of memory.
 */
struct tcp_reaper_entry *tcp_reaper_table_add(struct tcp_reaper_table *table,
					      struct sock *sk)
{
	struct tcp_reaper_entry *e, **bucket;

	if (!table->buckets)
		resize(table, MIN_BITS);
	else if (table->count >= GROW_LOAD << table->bits &&
		 table->bits < MAX_BITS)
		resize(table, table->bits + 1);
	if (!table->buckets || !room_for(table))
		return NULL;

	if (atomic_inc_return(&entries) > READ_ONCE(tcp_reaper_max_tracked))
		goto err_count;
	e = kmem_cache_zalloc(entry_cache, GFP_KERNEL | __GFP_NOWARN);
	if (!e)
		goto err_count;
	e->sk = sk;
	e->guest = table->guest;
	atomic_add(e->guest, &guest_entries);
	bucket = bucket_of(table, sk);
	e->index_next = *bucket;
	*bucket = e;
	table->count++;
	return e;

err_count:
	atomic_dec(&entries);
	return NULL;
}

/**
 * tcp_reaper_table_unlink - take an entry out of the index
 * @table: where it is
 * @entry: the entry; still in its generation, and not freed
 */
void tcp_reaper_table_unlink(struct tcp_reaper_table *table,
			     struct tcp_reaper_entry *entry)
{
	struct tcp_reaper_entry **at = bucket_of(table, entry->sk);

	while (*at != entry)
		at = &(*at)->index_next;
	*at = entry->index_next;
	entry->gone = 1;
	table->count--;
	if (table->bits > MIN_BITS && table->count < 1U << table->bits)
		resize(table, table->bits - 1);
}

/**
 * tcp_reaper_entry_free - free an entry that is in no list any more
 * @entry: the entry
 */
void tcp_reaper_entry_free(struct tcp_reaper_entry *entry)
{
	atomic_sub(entry->guest, &guest_entries);
	atomic_dec(&entries);
	kmem_cache_free(entry_cache, entry);
}

static u64 gen_period(int k)
{
	return max_t(u64, msecs_to_jiffies(TCP_REAPER_GEN0_MS), 1) << k;
}

/**
 * tcp_reaper_table_wait - look at an entry again later
 * @table: where it is
 * @entry: in no generation
 * @now: jiffies64
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
 * @now: jiffies64
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
 * tcp_reaper_table_next_due - when the table wants attention
 * @table: the table
 * @due: jiffies64; 0 for at once
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

static void free_gone(struct tcp_reaper_entry *e)
{
	struct tcp_reaper_entry *next;

	for (; e; e = next) {
		next = e->gen_next;
		if (e->gone)
			tcp_reaper_entry_free(e);
		cond_resched();
	}
}

/**
 * tcp_reaper_table_clear - forget everything
 * @table: the table; its busy entries leave the index but are the tick's to
 *	free
 */
void tcp_reaper_table_clear(struct tcp_reaper_table *table)
{
	struct tcp_reaper_entry *e, *next;
	u32 i;
	int k;

	/* Those already out of the index are only found through their list. */
	for (k = 0; k < TCP_REAPER_NR_GENS; k++) {
		free_gone(table->gen[k]);
		table->gen[k] = NULL;
	}
	free_gone(table->scan);
	table->scan = NULL;

	if (!table->buckets)
		return;
	for (i = 0; i < 1U << table->bits; i++) {
		for (e = table->buckets[i]; e; e = next) {
			next = e->index_next;
			if (e->busy)
				e->gone = 1;
			else
				tcp_reaper_entry_free(e);
		}
		cond_resched();
	}
	kvfree(table->buckets);
	table->buckets = NULL;
	table->count = 0;
}

/**
 * tcp_reaper_table_from - walk the index, a bucket at a time
 * @table: the table
 * @cursor: where to go on, 0 at first; advanced past empty buckets
 * @next: the cursor of the bucket that follows
 *
 * A cursor is a place in the 32-bit space of keys, so it stays good when the
 * index is resized between two calls: nothing is shown twice or left out.
 *
 * Return: the bucket's first entry, or NULL at the end.
 */
struct tcp_reaper_entry *tcp_reaper_table_from(struct tcp_reaper_table *table,
					       u64 *cursor, u64 *next)
{
	struct tcp_reaper_entry *e;
	u64 width;

	if (!table->buckets)
		return NULL;
	width = 1ULL << (32 - table->bits);
	for (; *cursor < 1ULL << 32; *cursor = *next) {
		*next = (*cursor & ~(width - 1)) + width;
		e = table->buckets[*cursor >> (32 - table->bits)];
		if (e && key_of(e->sk) < *cursor)
			e = tcp_reaper_table_same_bucket(e, *cursor);
		if (e)
			return e;
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
	} while (entry && key_of(entry->sk) < cursor);
	return entry;
}
