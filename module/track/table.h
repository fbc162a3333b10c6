/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_TABLE_H
#define TCP_REAPER_TABLE_H

#include <linux/bits.h>
#include <linux/types.h>

struct sock;
struct tcp_reaper_entry;
struct tcp_reaper_share;

/* 25 ms << 13 = 205 s: the longest that a socket is not looked at. */
#define TCP_REAPER_NR_GENS 14
#define TCP_REAPER_GEN0_MS 25

/**
 * TCP_REAPER_KEY_END - past the last place in the space of keys
 *
 * A key is a number of 61 bits that no two sockets share, and by which the
 * index is sorted: it is also a place to go on from, in a loff_t.
 */
#define TCP_REAPER_KEY_END BIT_ULL(61)

/**
 * struct tcp_reaper_buckets - an array of the index
 * @v: the buckets, each a range of keys; NULL for none
 * @bits: log2 of how many
 */
struct tcp_reaper_buckets {
	struct tcp_reaper_entry **v;
	u32 bits;
};

/**
 * struct tcp_reaper_table - the tracked sockets of one namespace
 * @index: entries by key
 * @old: what the index was before it was last resized; its buckets are moved a
 *	few at a time
 * @moved: keys from here on are still in @old
 * @count: entries in the index
 * @epoch: how often the table was cleared: a pointer from before is stale
 * @gen: entries by how long they may wait for the next look; generation k is
 *	looked at as a whole, at most TCP_REAPER_GEN0_MS << k after an entry
 *	was put in
 * @gen_last: the last entry of each generation that is not empty
 * @gen_due: when, by tcp_reaper_now(); meaningless for an empty generation
 * @scan: entries that are up for a look
 *
 * Protected by struct tcp_reaper_net.lock. An entry in the index is in one
 * generation or in @scan, or is being looked at by the one worker there is. An
 * entry in a generation is in the index, or marked @gone or @opening.
 */
struct tcp_reaper_table {
	struct tcp_reaper_buckets index;
	struct tcp_reaper_buckets old;
	u64 moved;
	u32 count;
	u32 epoch;
	struct tcp_reaper_entry *gen[TCP_REAPER_NR_GENS];
	struct tcp_reaper_entry *gen_last[TCP_REAPER_NR_GENS];
	u64 gen_due[TCP_REAPER_NR_GENS];
	struct tcp_reaper_entry *scan;
};

void tcp_reaper_table_setup(void);
u64 tcp_reaper_table_key(const struct sock *sk);
struct tcp_reaper_entry *tcp_reaper_table_find(struct tcp_reaper_table *table,
					       const struct sock *sk);
bool tcp_reaper_table_add(struct tcp_reaper_table *table,
			  struct tcp_reaper_entry *entry);
void tcp_reaper_table_unlink(struct tcp_reaper_table *table,
			     struct tcp_reaper_entry *entry);
void tcp_reaper_table_wait(struct tcp_reaper_table *table,
			   struct tcp_reaper_entry *entry, u64 now, u64 wait);
void tcp_reaper_table_come_due(struct tcp_reaper_table *table, u64 now);
void tcp_reaper_table_rescan(struct tcp_reaper_table *table);
struct tcp_reaper_entry *tcp_reaper_table_pop(struct tcp_reaper_table *table);
void tcp_reaper_table_unpop(struct tcp_reaper_table *table,
			    struct tcp_reaper_entry *entry);
bool tcp_reaper_table_next_due(const struct tcp_reaper_table *table, u64 *due);
void tcp_reaper_table_detach(struct tcp_reaper_table *table,
			     struct tcp_reaper_table *from);
void tcp_reaper_table_free(struct tcp_reaper_table *detached,
			   struct tcp_reaper_share *share);
struct tcp_reaper_entry *tcp_reaper_table_from(struct tcp_reaper_table *table,
					       u64 *cursor, u64 *next);
struct tcp_reaper_entry *
tcp_reaper_table_same_bucket(struct tcp_reaper_entry *entry, u64 cursor);

#endif
