/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TCP_REAPER_TABLE_H
#define TCP_REAPER_TABLE_H

#include <linux/types.h>

struct sock;

/**
 * struct tcp_reaper_entry - one tracked socket: a weak reference and its clocks
 * @index_next: next in its bucket of the index
 * @gen_next: next in its generation, in @scan, or in a batch that is due
 * @sk: the socket; only to be followed after tcp_reaper_ref_get() found it
 * @hash: its sk_hash
 * @seq: the number that stands still in its class (tcp_reaper_ref_seq())
 * @mark: sequence numbers whose movement is progress, as last looked at
 *	(facts.c)
 * @since: when it entered its class, jiffies64
 * @class: enum tcp_reaper_class
 * @held: an orphan-to-be whose owner is still inside close()
 * @fin: we sent a FIN in its owner's stead
 * @probed: we switched its keepalive on
 * @probing: and the kernel's last probe was unanswered when last looked at
 * @busy: in a batch that is due: only the tick may free it
 * @gone: no longer in the index; freed when its generation is next looked at
 * @census: a census found it, not a hook
 * @guest: of a table that is a guest
 * @progress: last progress that was noticed, jiffies64; never before @since
 * @counted: bit per enum tcp_reaper_verdict: counted for this socket
 *
 * 56 bytes, and at most 8 for its share of the index: see table.c. 2^48
 * jiffies are 8,900 years at HZ=1000. Protected by struct tcp_reaper_net.lock;
 * a busy one belongs to the tick alone, but for its place in the index.
 */
struct tcp_reaper_entry {
	struct tcp_reaper_entry *index_next;
	struct tcp_reaper_entry *gen_next;
	struct sock *sk;
	u32 hash;
	u32 seq;
	u32 mark[2];
	u64 since : 48, class : 3, held : 1, fin : 1, probed : 1, probing : 1,
		busy : 1, gone : 1, census : 1, guest : 1;
	u64 progress : 48, counted : 16;
};

/* 25 ms << 13 = 205 s: the longest that a socket is not looked at. */
#define TCP_REAPER_NR_GENS 14
#define TCP_REAPER_GEN0_MS 25

/**
 * struct tcp_reaper_table - the tracked sockets of one namespace
 * @buckets: the index, by pointer; NULL until the first entry
 * @bits: log2 of the number of buckets
 * @count: entries in the index
 * @guest: of a namespace other than the initial one: see room_for() in table.c
 * @gen: entries by how long they may wait for the next look; generation k is
 *	looked at as a whole, at most TCP_REAPER_GEN0_MS << k after an entry
 *	was put in
 * @gen_last: the last entry of each generation that is not empty
 * @gen_due: when, jiffies64; meaningless for an empty generation
 * @scan: generations that came due and are being worked off
 */
struct tcp_reaper_table {
	struct tcp_reaper_entry **buckets;
	u32 bits;
	u32 count;
	bool guest;
	struct tcp_reaper_entry *gen[TCP_REAPER_NR_GENS];
	struct tcp_reaper_entry *gen_last[TCP_REAPER_NR_GENS];
	u64 gen_due[TCP_REAPER_NR_GENS];
	struct tcp_reaper_entry *scan;
};

extern unsigned int tcp_reaper_max_tracked;

int tcp_reaper_table_setup(void);
void tcp_reaper_table_teardown(void);

struct tcp_reaper_entry *tcp_reaper_table_find(struct tcp_reaper_table *table,
					       const struct sock *sk);
struct tcp_reaper_entry *tcp_reaper_table_add(struct tcp_reaper_table *table,
					      struct sock *sk);
void tcp_reaper_table_unlink(struct tcp_reaper_table *table,
			     struct tcp_reaper_entry *entry);
void tcp_reaper_entry_free(struct tcp_reaper_entry *entry);
void tcp_reaper_table_wait(struct tcp_reaper_table *table,
			   struct tcp_reaper_entry *entry, u64 now, u64 wait);
void tcp_reaper_table_come_due(struct tcp_reaper_table *table, u64 now);
void tcp_reaper_table_rescan(struct tcp_reaper_table *table);
struct tcp_reaper_entry *tcp_reaper_table_pop(struct tcp_reaper_table *table);
bool tcp_reaper_table_next_due(const struct tcp_reaper_table *table, u64 *due);
void tcp_reaper_table_clear(struct tcp_reaper_table *table);
struct tcp_reaper_entry *tcp_reaper_table_from(struct tcp_reaper_table *table,
					       u64 *cursor, u64 *next);
struct tcp_reaper_entry *
tcp_reaper_table_same_bucket(struct tcp_reaper_entry *entry, u64 cursor);

#endif
