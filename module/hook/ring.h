/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_RING_H
#define TCP_REAPER_RING_H

#include <linux/cache.h>
#include <linux/compiler.h>
#include <linux/jiffies.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/types.h>
#include <linux/workqueue.h>
#include <net/sock.h>

#include "shared/policy.h"

struct tcp_reaper_net;
struct tcp_reaper_owner;

/* A record's tag: the class in the low bits, its place in the ring above. */
#define TCP_REAPER_TAG_CLASS_BITS 2
#define TCP_REAPER_TAG_CLASS (BIT(TCP_REAPER_TAG_CLASS_BITS) - 1)

/* The last quarter of a ring is shared out among so many. */
#define TCP_REAPER_RING_PARTS 32

/**
 * struct tcp_reaper_record - what a probe handler notes of a transition
 * @sk: the socket, not pinned
 * @rn: its namespace; NULL once that is gone (tcp_reaper_nursery_purge())
 * @hash: its sk_hash
 * @seq: the number by which it is told from an heir
 * @stamp: low half of jiffies
 * @tag: the class in which it is, or is about to be, and the record's place;
 *	written last: the rest is there
 */
struct tcp_reaper_record {
	struct sock *sk;
	struct tcp_reaper_net *rn;
	u32 hash;
	u32 seq;
	u32 stamp;
	u32 tag;
};

/**
 * struct tcp_reaper_part - what somebody has of a ring's last quarter
 * @owner: the owner of the records' namespaces, only compared
 * @taken: how many records
 */
struct tcp_reaper_part {
	const struct tcp_reaper_owner *owner;
	u32 taken;
};

/**
 * struct tcp_reaper_ring - the records of one CPU
 * @head: next place to take, by this CPU's handlers alone. One may come in the
 *	middle of another, as an interrupt does: each takes its place by one
 *	instruction, and then fills it.
 * @calm_until: from this place on a handler has more to see to than its record
 *	(tcp_reaper_ring_attend()). Never more than a whole ring past @tail, as
 *	that only grows. Written by this CPU's handlers, and by the worker when
 *	it has nothing to come for.
 * @mask: the ring's size, a power of two, less one
 * @records: the records
 * @armed: the worker will come; set by handlers, cleared by the worker
 * @crowded: it is nearly full, and @parts count; handlers' alone
 * @lost: records were lost to a full ring
 * @cpu: whose ring it is
 * @parts: who took how much since it is crowded; handlers' alone. What one that
 *	comes in the middle of another takes may go uncounted.
 * @tail: next to read; written under @lock
 * @lock: serializes those who read: the worker, a census, a namespace's end.
 *	Held for a stretch of 8 ms at most.
 * @tick: the worker
 * @kick: the same, at once, as the ring is half full
 */
struct tcp_reaper_ring {
	u32 head;
	u32 calm_until;
	u32 mask;
	struct tcp_reaper_record *records;
	bool armed;
	bool crowded;
	bool lost;
	int cpu;
	struct tcp_reaper_part parts[TCP_REAPER_RING_PARTS];
	u32 tail ____cacheline_aligned_in_smp;
	struct mutex lock; /* see above */
	struct delayed_work tick;
	struct work_struct kick;
};

DECLARE_PER_CPU_ALIGNED(struct tcp_reaper_ring, tcp_reaper_rings);

void tcp_reaper_ring_attend(struct tcp_reaper_net *rn, struct sock *sk,
			    enum tcp_reaper_class class, u32 seq);

static inline u32 tcp_reaper_ring_tag(u32 place, enum tcp_reaper_class class)
{
	return place << TCP_REAPER_TAG_CLASS_BITS | class;
}

static inline struct tcp_reaper_record *
tcp_reaper_ring_at(struct tcp_reaper_ring *ring, u32 place)
{
	return &ring->records[place & ring->mask];
}

/* Whoever took the place may not have filled it yet. */
static inline bool tcp_reaper_ring_filled(const struct tcp_reaper_record *rec,
					  u32 place)
{
	/* Pairs with the release in tcp_reaper_ring_note(). */
	u32 tag = smp_load_acquire(&rec->tag);

	return (tag ^ tcp_reaper_ring_tag(place, 0)) <= TCP_REAPER_TAG_CLASS;
}

/**
 * tcp_reaper_ring_note - take the next place, and fill it
 * @ring: of this CPU, with room
 * @rn: as for tcp_reaper_ring_push(), as are the others
 * @sk: the socket
 * @class: the class
 * @seq: the number
 */
static __always_inline void
tcp_reaper_ring_note(struct tcp_reaper_ring *ring, struct tcp_reaper_net *rn,
		     struct sock *sk, enum tcp_reaper_class class, u32 seq)
{
	u32 place = this_cpu_inc_return(tcp_reaper_rings.head) - 1;
	struct tcp_reaper_record *rec = tcp_reaper_ring_at(ring, place);

	rec->sk = sk;
	rec->rn = rn;
	/* Each by itself: of two, GCC puts one word together first. */
	WRITE_ONCE(rec->hash, sk->sk_hash);
	WRITE_ONCE(rec->seq, seq);
	rec->stamp = jiffies;
	/* Pairs with the acquire in tcp_reaper_ring_filled(). */
	smp_store_release(&rec->tag, tcp_reaper_ring_tag(place, class));
	preempt_enable_notrace();
}

/**
 * tcp_reaper_ring_push - note a transition
 * @rn: of tcp_reaper_asking(); ends what that began, preemption being off
 * @sk: the socket to which it happens
 * @class: the class it enters
 * @seq: the number by which it is told from an heir (tcp_reaper_entry_seq())
 *
 * Every connection pays for three of these, and for the worker's look at each
 * (bench/guard). What is seldom done is left to another function, the last
 * that is called: so a handler has no registers to save.
 *
 * Context: any, on a socket that is alive.
 */
static __always_inline void tcp_reaper_ring_push(struct tcp_reaper_net *rn,
						 struct sock *sk,
						 enum tcp_reaper_class class,
						 u32 seq)
{
	struct tcp_reaper_ring *ring = this_cpu_ptr(&tcp_reaper_rings);

	/* Whichever of its values is seen will do. */
	if (likely((s32)(READ_ONCE(ring->head) - data_race(ring->calm_until)) <
		   0))
		tcp_reaper_ring_note(ring, rn, sk, class, seq);
	else
		tcp_reaper_ring_attend(rn, sk, class, seq);
}

#endif
