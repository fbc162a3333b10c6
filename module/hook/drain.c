// SPDX-License-Identifier: GPL-2.0-only
/*
 * What becomes of the records of a ring. Nearly all sockets are gone by then:
 * what those cost is what counts here. Those that are there are handed over to
 * their namespaces, also if what was noted is not done yet: no record waits for
 * another.
 */
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/mutex.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <net/sock.h>

#include "compat/hashinfo.h"
#include "drain.h"
#include "net/net.h"
#include "ring.h"
#include "show/stats.h"
#include "sock/clock.h"
#include "sock/facts.h"
#include "sock/weakref.h"
#include "track/entry.h"
#include "track/handover.h"

/* Longest time at a stretch; nf_conntrack's gc_worker has 10 ms. */
#define STRETCH_NS (8 * NSEC_PER_MSEC)
/*
 * Sockets of a chain that are passed in search of one. The kernel's hash has
 * one or two to a chain; a tenant's own may have all in one, and who is to look
 * through that is the tenant's worker.
 */
#define CHAIN_MAX 128
/* Records worked off before the clock is looked at. */
#define DRAIN_FEW 64U

/*
 * When it was noted, by tcp_reaper_now(); @now is in jiffies. A handler that
 * was interrupted by another one on its way to the stamp may have a later one
 * than that, and than @now.
 */
static u64 noted_at(const struct tcp_reaper_record *rec, u64 now)
{
	s32 age = (u32)now - rec->stamp;

	return tcp_reaper_clock_at(now - max(age, 0));
}

/*
 * It outlived its youth. Is it still the same connection, and in its class, or
 * where the transition that was noted begins?
 */
static void settle(const struct tcp_reaper_record *rec, struct sock *sk,
		   u64 now)
{
	enum tcp_reaper_class class = rec->tag & TCP_REAPER_TAG_CLASS;
	u32 more = tcp_reaper_entry_seq(sk, class) - rec->seq;

	/* An orphan's own FIN counts for one. */
	if (class == TCP_REAPER_ORPHAN && more == 1)
		more = 0;
	if (more)
		return;
	if (tcp_reaper_sk_opening(sk, class) ||
	    (class == TCP_REAPER_ORPHAN ? tcp_reaper_sk_closing(sk)
					: tcp_reaper_class_of(sk) == class))
		tcp_reaper_hand_over(rec->rn, sk, class, noted_at(rec, now),
				     TCP_REAPER_BY_HOOK);
}

/* Its chain is too long to be looked through here. */
static void pass_on(const struct tcp_reaper_record *rec, u64 now)
{
	const struct tcp_reaper_weak weak = {
		.sk = rec->sk,
		.hash = rec->hash,
		.seq = rec->seq,
	};

	tcp_reaper_hand_over_unseen(rec->rn, &weak,
				    rec->tag & TCP_REAPER_TAG_CLASS,
				    noted_at(rec, now));
}

/**
 * struct tally - transitions settled one after the other in one namespace
 * @rn: the namespace; NOBODY at first
 * @hashinfo: its hash of sockets
 * @seen: how many, by class
 */
struct tally {
	struct tcp_reaper_net *rn;
	const struct inet_hashinfo *hashinfo;
	u32 seen[TCP_REAPER_NR_CLASSES];
};

/* Of no record: that of a namespace that is gone has NULL. */
#define NOBODY ((struct tcp_reaper_net *)ERR_PTR(-ENOENT))

static void tally_up(struct tally *tally)
{
	int c;

	for (c = 0; c < TCP_REAPER_NR_CLASSES; c++) {
		if (!tally->seen[c])
			continue;
		tcp_reaper_count_seen(&tally->rn->stats, c, tally->seen[c]);
		tally->seen[c] = 0;
	}
}

static noinline void tally_for(struct tally *tally, struct tcp_reaper_net *rn)
{
	tally_up(tally);
	tally->rn = rn;
	tally->hashinfo = tcp_reaper_hashinfo(rn->net);
}

/* It, or an heir, is there; or that may be. */
static noinline void found(const struct tcp_reaper_record *rec, struct sock *sk,
			   u64 now)
{
	if (sk == TCP_REAPER_REF_UNSEEN) {
		pass_on(rec, now);
		return;
	}
	sk = tcp_reaper_ref_pin(rec->rn->net, sk, rec->hash);
	if (!sk)
		return;
	settle(rec, sk, now);
	sock_put(sk);
}

static __always_inline void
work_off(struct tally *tally, const struct tcp_reaper_record *rec, u64 now)
{
	struct sock *sk;

	if (unlikely(rec->rn != tally->rn)) {
		if (!rec->rn)
			return;
		tally_for(tally, rec->rn);
	}
	sk = tcp_reaper_ref_find(tally->hashinfo, rec->sk, rec->hash,
				 CHAIN_MAX);
	if (unlikely(sk))
		found(rec, sk, now);
	tally->seen[rec->tag & TCP_REAPER_TAG_CLASS]++;
}

/*
 * Handlers run with preemption off: seen from a task on their CPU, those that
 * took a place before are through. So it is, too, wherever the task goes then.
 */
static bool handlers_are_through(const struct tcp_reaper_ring *ring)
{
	bool at_home;

	preempt_disable();
	at_home = smp_processor_id() == ring->cpu;
	preempt_enable();
	return at_home;
}

/* How many of a few records are all there, and old enough. */
static u32 count_ripe(struct tcp_reaper_ring *ring, u32 few, s32 young, u32 now)
{
	u32 tail = ring->tail;
	u32 n = few;

	if (!handlers_are_through(ring))
		for (n = 0; n < few; n++)
			if (!tcp_reaper_ring_filled(tcp_reaper_ring_at(ring,
								       tail + n),
						    tail + n))
				break;
	while (n && (s32)(now - tcp_reaper_ring_at(ring, tail + n - 1)->stamp) <
			    young)
		n--;
	return n;
}

/* Returns how many of a few records it worked off. */
static u32 drain_some(struct tcp_reaper_ring *ring, struct tally *tally,
		      u32 few, s32 young)
{
	const struct tcp_reaper_record *rec =
		tcp_reaper_ring_at(ring, ring->tail);
	u64 now = get_jiffies_64();
	u32 n, ripe = count_ripe(ring, few, young, (u32)now);

	/* Their namespaces stay: the end of one takes the lock. */
	rcu_read_lock();
	for (n = 0; n < ripe; n++)
		work_off(tally, &rec[n], now);
	rcu_read_unlock();
	return ripe;
}

/**
 * tcp_reaper_ring_drain - settle what was noted
 * @ring: where; locked
 * @young: what is younger than so many jiffies is left
 * @newest: and so many of the newest
 *
 * Context: process context, sleeps.
 * Return: false if the time is up before all is done.
 */
bool tcp_reaper_ring_drain(struct tcp_reaper_ring *ring, s32 young, u32 newest)
{
	u64 end = ktime_get_ns() + STRETCH_NS;
	u32 used = READ_ONCE(ring->head) - ring->tail;
	u32 head = ring->tail + used - min(used, newest);
	struct tally tally = { .rn = NOBODY };
	bool done = true;
	u32 few, tail, to_edge;

	lockdep_assert_held(&ring->lock);
	do {
		tail = ring->tail;
		to_edge = ring->mask + 1 - (tail & ring->mask);
		few = min3(head - tail, to_edge, DRAIN_FEW);
		tail += drain_some(ring, &tally, few, young);
		few -= tail - ring->tail;
		/* Handlers may use the places again. */
		smp_store_release(&ring->tail, tail);
		if (few || tail == head)
			break;
		done = ktime_get_ns() < end;
		cond_resched();
	} while (done);
	tally_up(&tally);
	return done;
}
