// SPDX-License-Identifier: GPL-2.0
/*
 * The nursery: a ring a CPU in which probe handlers note a weak reference and
 * the time, and a worker on that CPU that settles them some tens of
 * milliseconds later. Most are gone by then, and have cost nothing else. Those
 * that are there are handed over to their namespaces, also if what was noted
 * is not done yet: no record waits for another.
 */
#include <linux/cpumask.h>
#include <linux/irqflags.h>
#include <linux/jiffies.h>
#include <linux/kprobes.h>
#include <linux/ktime.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/workqueue.h>
#include <net/sock.h>

#include "compat/workqueue.h"
#include "net/net.h"
#include "nursery.h"
#include "show/stats.h"
#include "sock/clock.h"
#include "sock/facts.h"
#include "sock/weakref.h"
#include "track/entry.h"
#include "track/handover.h"
#include "track/trust.h"

#define TICK_MS 100
/* Younger ones get the chance to leave by themselves before the next tick. */
#define YOUNG_MS 20
/* So many handlers may be nested on a CPU: task, softirq, irq, NMI; twice. */
#define HANDLERS_MAX 8
/* Longest time at a stretch; nf_conntrack's gc_worker has 10 ms. */
#define STRETCH_NS (8 * NSEC_PER_MSEC)

/**
 * struct record - what a probe handler notes of a transition
 * @sk: the socket, not pinned
 * @rn: its namespace; NULL once that is gone (tcp_reaper_nursery_purge())
 * @hash: its sk_hash
 * @seq: the number by which it is told from an heir
 * @stamp: low half of jiffies
 * @class: enum tcp_reaper_class in which it is, or is about to be
 * @lap: round of the ring, from 1 on; written last: the rest is there
 */
struct record {
	struct sock *sk;
	struct tcp_reaper_net *rn;
	u32 hash;
	u32 seq;
	u32 stamp;
	u16 class;
	u16 lap;
};

/**
 * struct ring - the records of one CPU
 * @head: next place to take, by this CPU's handlers alone. One may come in the
 *	middle of another, as an interrupt does: each takes its place by one
 *	instruction, and then fills it.
 * @armed: the worker will come; set by handlers, cleared by the worker
 * @lost: records were lost to a full ring
 * @cpu: whose ring it is
 * @records: tcp_reaper_nursery_records of them, a power of two
 * @tail: next to read; written under @lock
 * @lock: serializes those who read: the worker, a census, a namespace's end.
 *	Held for STRETCH_NS at most.
 * @tick: the worker
 * @kick: the same, at once, as the ring is half full
 */
struct ring {
	u32 head;
	bool armed;
	bool lost;
	int cpu;
	struct record *records;
	u32 tail ____cacheline_aligned_in_smp;
	struct mutex lock; /* see above */
	struct delayed_work tick;
	struct work_struct kick;
};

unsigned int tcp_reaper_nursery_records = 2048;

static DEFINE_PER_CPU_ALIGNED(struct ring, rings);
static struct workqueue_struct *wq;
/* The logarithm of tcp_reaper_nursery_records. */
static unsigned int nursery_bits __read_mostly;
/* So many may be in use before one takes its place. */
static unsigned int nursery_room __read_mostly;
/* Records were lost: there may be sockets that nobody knows of. */
static void (*on_loss)(void);
/* Did the hook miss hits since it was asked last? */
static bool (*hits_missed)(void);

static struct record *record_at(struct ring *ring, u32 place)
{
	return &ring->records[place & (tcp_reaper_nursery_records - 1)];
}

static u16 lap_of(u32 place)
{
	return (place >> nursery_bits) + 1;
}

/* Whoever took the place may not have filled it yet. */
static bool filled(const struct record *rec, u32 place)
{
	/* Pairs with the release in tcp_reaper_nursery_push(). */
	return smp_load_acquire(&rec->lap) == lap_of(place);
}

/**
 * tcp_reaper_nursery_push - note a transition
 * @rn: of tcp_reaper_asking(); ends what that began, preemption being off
 * @sk: the socket to which it happens
 * @class: the class it enters
 * @seq: the number by which it is told from an heir (tcp_reaper_entry_seq())
 *
 * Two things may happen once a tick on a CPU, and no more: the worker's timer
 * is started, or the worker is woken as the ring is half full.
 *
 * Context: any, on a socket that is alive.
 */
void notrace tcp_reaper_nursery_push(struct tcp_reaper_net *rn, struct sock *sk,
				     enum tcp_reaper_class class, u32 seq)
{
	struct ring *ring = this_cpu_ptr(&rings);
	u32 used = READ_ONCE(ring->head) - READ_ONCE(ring->tail);
	struct record *rec;
	u32 place;

	if (unlikely(used >= nursery_room)) {
		tcp_reaper_count(&rn->stats, TCP_REAPER_STAT_QUEUE_LOST);
		WRITE_ONCE(ring->lost, true);
		goto out;
	}

	place = this_cpu_inc_return(rings.head) - 1;
	rec = record_at(ring, place);
	rec->sk = sk;
	rec->rn = rn;
	rec->hash = sk->sk_hash;
	rec->seq = seq;
	rec->stamp = jiffies;
	rec->class = class;
	/* Pairs with the acquire in filled(). */
	smp_store_release(&rec->lap, lap_of(place));

	if (unlikely(!READ_ONCE(ring->armed))) {
		WRITE_ONCE(ring->armed, true);
		queue_delayed_work_on(ring->cpu, wq, &ring->tick,
				      msecs_to_jiffies(TICK_MS));
	}
	if (unlikely(used == nursery_room / 2))
		queue_work_on(ring->cpu, wq, &ring->kick);
out:
	preempt_enable_notrace();
}

NOKPROBE_SYMBOL(tcp_reaper_nursery_push);

/*
 * It outlived its youth. Is it still the same connection, and in its class, or
 * where the transition that was noted begins?
 */
static void settle(const struct record *rec, struct sock *sk, u64 now)
{
	enum tcp_reaper_class class = rec->class;
	u32 more = tcp_reaper_entry_seq(sk, class) - rec->seq;
	u32 age = (u32)now - rec->stamp;

	/* An orphan's own FIN counts for one. */
	if (class == TCP_REAPER_ORPHAN && more == 1)
		more = 0;
	if (more)
		return;
	if (tcp_reaper_sk_opening(sk, class) ||
	    (class == TCP_REAPER_ORPHAN ? tcp_reaper_sk_closing(sk)
					: tcp_reaper_class_of(sk) == class))
		tcp_reaper_hand_over(rec->rn, sk, class,
				     tcp_reaper_clock_at(now - age),
				     TCP_REAPER_BY_HOOK);
}

/**
 * struct tally - transitions settled one after the other in one namespace
 * @rn: the namespace
 * @seen: how many, by class
 */
struct tally {
	struct tcp_reaper_net *rn;
	u32 seen[TCP_REAPER_NR_CLASSES];
};

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

static void tally_one(struct tally *tally, const struct record *rec)
{
	if (rec->rn != tally->rn) {
		tally_up(tally);
		tally->rn = rec->rn;
	}
	tally->seen[rec->class]++;
}

/* Works off what is older than that; returns false if the time is up. */
static bool drain(struct ring *ring, s32 young)
{
	u64 now = get_jiffies_64(), end = ktime_get_ns() + STRETCH_NS;
	u32 head = READ_ONCE(ring->head);
	u32 tail = ring->tail;
	struct tally tally = {};
	bool done = true;

	lockdep_assert_held(&ring->lock);
	/* Nearly all are gone by now: what they cost is what counts here. */
	rcu_read_lock();
	while (tail != head) {
		struct record *rec = record_at(ring, tail);
		struct sock *sk = NULL;

		if (!filled(rec, tail) || (s32)((u32)now - rec->stamp) < young)
			break;
		if (rec->rn) {
			sk = tcp_reaper_ref_find(rec->rn->net, rec->sk,
						 rec->hash);
			if (sk) {
				settle(rec, sk, now);
				sock_put(sk);
			}
			tally_one(&tally, rec);
		}
		tail++;
		/* The handler may use the place again. */
		smp_store_release(&ring->tail, tail);
		if (tail % 64)
			continue;
		/* Its namespaces stay: their end takes the lock. */
		rcu_read_unlock();
		done = ktime_get_ns() < end;
		if (!done)
			goto out;
		cond_resched();
		rcu_read_lock();
		now = get_jiffies_64();
	}
	rcu_read_unlock();
out:
	tally_up(&tally);
	return done;
}

/* Were records lost, or hits? Then there may be sockets nobody knows of. */
static void check_losses(struct ring *ring)
{
	bool lost = READ_ONCE(ring->lost);

	if (lost)
		WRITE_ONCE(ring->lost, false);
	if (hits_missed() || lost) {
		tcp_reaper_trust_excuse_all();
		on_loss();
	}
}

static bool drain_and_check(struct ring *ring, s32 young)
{
	bool done;

	mutex_lock(&ring->lock);
	done = drain(ring, young);
	mutex_unlock(&ring->lock);
	check_losses(ring);
	return done;
}

static void kick(struct work_struct *work)
{
	struct ring *ring = container_of(work, struct ring, kick);

	if (!drain_and_check(ring, 0))
		queue_work(wq, work);
}

/*
 * Has the worker nothing more to come for? With interrupts off on its own CPU
 * no handler is between its record and its look at @armed. Elsewhere, where the
 * CPU went offline, one may be that read @armed before it is cleared and relies
 * on the worker: so that comes once more, by when its record has long been
 * visible.
 */
static bool disarm(struct ring *ring, bool at_home)
{
	unsigned long flags;
	bool over;

	if (!at_home) {
		over = READ_ONCE(ring->head) == READ_ONCE(ring->tail);
		over &= !READ_ONCE(ring->armed);
		WRITE_ONCE(ring->armed, false);
		return over;
	}
	local_irq_save(flags);
	over = READ_ONCE(ring->head) == READ_ONCE(ring->tail);
	if (over)
		WRITE_ONCE(ring->armed, false);
	local_irq_restore(flags);
	return over;
}

static void tick(struct work_struct *work)
{
	struct ring *ring = container_of(work, struct ring, tick.work);
	bool done = drain_and_check(ring, msecs_to_jiffies(YOUNG_MS));
	unsigned long delay = done ? msecs_to_jiffies(TICK_MS) : 0;
	bool at_home;

	/* Not to be moved to another CPU meanwhile. */
	preempt_disable();
	at_home = smp_processor_id() == ring->cpu;
	if (disarm(ring, at_home))
		;
	else if (at_home)
		queue_delayed_work_on(ring->cpu, wq, &ring->tick, delay);
	else
		queue_delayed_work(wq, &ring->tick, delay);
	preempt_enable();
}

/**
 * tcp_reaper_nursery_purge - forget the records of namespaces that go away
 *
 * Their pre_exit cleared asks and RCU has passed, so no new ones come.
 *
 * Context: process context, sleeps.
 */
void tcp_reaper_nursery_purge(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct ring *ring = per_cpu_ptr(&rings, cpu);
		u32 i, head;

		mutex_lock(&ring->lock);
		head = READ_ONCE(ring->head);
		for (i = ring->tail; i != head; i++) {
			struct record *rec = record_at(ring, i);

			if (filled(rec, i) && rec->rn &&
			    READ_ONCE(rec->rn->closing))
				rec->rn = NULL;
		}
		mutex_unlock(&ring->lock);
		cond_resched();
	}
}

/**
 * tcp_reaper_nursery_drain - look now at all that was reported
 *
 * Context: process context, sleeps.
 */
void tcp_reaper_nursery_drain(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct ring *ring = per_cpu_ptr(&rings, cpu);

		if (READ_ONCE(ring->head) != READ_ONCE(ring->tail))
			while (!drain_and_check(ring, 0))
				cond_resched();
	}
}

/**
 * tcp_reaper_nursery_setup - make the rings
 * @lost: called when sockets may have been lost; in process context
 * @missed: asks whether the hook missed hits since the last time; likewise
 *
 * Return: 0 or -ENOMEM.
 */
int tcp_reaper_nursery_setup(void (*lost)(void), bool (*missed)(void))
{
	size_t size =
		array_size(tcp_reaper_nursery_records, sizeof(struct record));
	int cpu;

	on_loss = lost;
	hits_missed = missed;
	nursery_bits = ilog2(tcp_reaper_nursery_records);
	nursery_room = tcp_reaper_nursery_records - HANDLERS_MAX;
	wq = alloc_workqueue("tcp_reaper_nursery", WQ_FREEZABLE | WQ_PERCPU, 0);
	if (!wq)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		struct ring *ring = per_cpu_ptr(&rings, cpu);

		ring->cpu = cpu;
		mutex_init(&ring->lock);
		INIT_DELAYED_WORK(&ring->tick, tick);
		INIT_WORK(&ring->kick, kick);
		ring->records =
			kvzalloc_node(size, GFP_KERNEL, cpu_to_node(cpu));
		if (!ring->records) {
			tcp_reaper_nursery_teardown();
			return -ENOMEM;
		}
	}
	return 0;
}

/**
 * tcp_reaper_nursery_quiesce - stop the workers, once no hook is left
 *
 * Context: process context, sleeps.
 */
void tcp_reaper_nursery_quiesce(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		cancel_delayed_work_sync(&per_cpu_ptr(&rings, cpu)->tick);
		cancel_work_sync(&per_cpu_ptr(&rings, cpu)->kick);
	}
}

/** tcp_reaper_nursery_teardown - undo tcp_reaper_nursery_setup() */
void tcp_reaper_nursery_teardown(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		kvfree(per_cpu_ptr(&rings, cpu)->records);
		per_cpu_ptr(&rings, cpu)->records = NULL;
	}
	destroy_workqueue(wq);
}
