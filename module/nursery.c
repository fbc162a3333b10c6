// SPDX-License-Identifier: GPL-2.0
/*
 * The nursery: a ring a CPU in which probe handlers note a weak reference and
 * the time, and a worker that settles them some tens of milliseconds later.
 * Most are gone by then, and have cost nothing else.
 */
#include <linux/jiffies.h>
#include <linux/kprobes.h>
#include <linux/ktime.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/workqueue.h>
#include <net/inet_sock.h>
#include <net/sock.h>
#include <net/tcp_states.h>

#include "census.h"
#include "facts.h"
#include "hook.h"
#include "netns.h"
#include "nursery.h"
#include "watch.h"
#include "weakref.h"

#define TICK_MS 100
/* Younger ones get the chance to leave by themselves before the next tick. */
#define YOUNG_MS 20
/* How long a transition that began may take; then it is the census's. */
#define PATIENCE_MS 2000
/* So many handlers may be nested on a CPU: task, softirq, irq, NMI; twice. */
#define HANDLERS_MAX 8

/**
 * struct record - what a probe handler notes of a transition
 * @sk: the socket, not pinned
 * @rn: its namespace; NULL once that is gone (tcp_reaper_nursery_purge())
 * @hash: its sk_hash
 * @seq: rcv_nxt for TCP_REAPER_CLOSE_WAIT; no meaning for others
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
 * @armed: the worker will come; set here, cleared by the worker
 * @lost: records were lost to a full ring
 * @records: tcp_reaper_nursery_records of them, a power of two
 * @tail: next to read, by the worker alone
 */
struct ring {
	u32 head;
	bool armed;
	bool lost;
	struct record *records;
	u32 tail ____cacheline_aligned_in_smp;
};

unsigned int tcp_reaper_nursery_records = 2048;

static DEFINE_PER_CPU_ALIGNED(struct ring, rings);
/* Protects every ring's tail, and what the worker counts. */
static DEFINE_MUTEX(drain_lock);
/* The logarithm of tcp_reaper_nursery_records. */
static unsigned int nursery_bits __read_mostly;
/* So many may be in use before one takes its place. */
static unsigned int nursery_room __read_mostly;
static u64 events[TCP_REAPER_NR_CLASSES];
static unsigned long nmissed_seen;

static void drain_tick(struct work_struct *work);
static void drain_now(struct work_struct *work);
static DECLARE_DELAYED_WORK(tick_work, drain_tick);
static DECLARE_WORK(kick_work, drain_now);

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
 * @rn: of tcp_reaper_asks(); ends what that began, preemption being off
 * @sk: the socket to which it happens
 * @class: the class it enters
 * @seq: rcv_nxt past the FIN, for TCP_REAPER_CLOSE_WAIT
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
		tcp_reaper_count(rn, TCP_REAPER_STAT_QUEUE_LOST);
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
		queue_delayed_work(tcp_reaper_wq, &tick_work,
				   msecs_to_jiffies(TICK_MS));
	}
	if (unlikely(used == nursery_room / 2))
		queue_work(tcp_reaper_wq, &kick_work);
out:
	preempt_enable_notrace();
}

NOKPROBE_SYMBOL(tcp_reaper_nursery_push);

/*
 * A probe sits at a function's entry, and whoever entered may have been kept
 * from going on since: preempted, waiting for the socket's lock, or on a CPU
 * that its hypervisor does not run.
 */
static bool under_way(const struct sock *sk, const struct record *rec)
{
	int state = 1 << inet_sk_state_load(sk);

	if (rec->class == TCP_REAPER_ORPHAN)
		return state &
		       (TCPF_SYN_RECV | TCPF_ESTABLISHED | TCPF_CLOSE_WAIT);
	return state & (TCPF_SYN_RECV | TCPF_ESTABLISHED) &&
	       tcp_reaper_ref_seq(sk, rec->class) == rec->seq;
}

/* It outlived its youth. Returns false if it is too early to tell. */
static bool settle(const struct record *rec, struct sock *sk, u64 now)
{
	enum tcp_reaper_class class = rec->class;
	u32 age = (u32)now - rec->stamp;

	if (under_way(sk, rec) && age < msecs_to_jiffies(PATIENCE_MS))
		return false;
	if (class == TCP_REAPER_ORPHAN
		    ? tcp_reaper_sk_closing(sk)
		    : tcp_reaper_class_of(sk) == class &&
			      tcp_reaper_ref_seq(sk, class) == rec->seq)
		tcp_reaper_watch(rec->rn, sk, class, now - age,
				 TCP_REAPER_BY_HOOK);
	return true;
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
		tcp_reaper_count_seen(tally->rn, c, tally->seen[c]);
		events[c] += tally->seen[c];
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

/* Returns true if there was, or still is, anything in the ring. */
static bool drain(struct ring *ring, s32 young)
{
	u32 head = READ_ONCE(ring->head);
	u32 tail = ring->tail;
	u64 now = get_jiffies_64();
	struct tally tally = {};

	lockdep_assert_held(&drain_lock);
	if (tail == head)
		return false;
	/* Nearly all are gone by now: what they cost is what counts here. */
	rcu_read_lock();
	while (tail != head) {
		struct record *rec = record_at(ring, tail);
		struct sock *sk = NULL;

		if (!filled(rec, tail) || (s32)((u32)now - rec->stamp) < young)
			break;
		if (rec->rn)
			sk = tcp_reaper_ref_find(rec->rn->net, rec->sk,
						 rec->hash);
		if (sk) {
			bool settled;

			rcu_read_unlock();
			settled = settle(rec, sk, now);
			sock_put(sk);
			rcu_read_lock();
			/* The rest of this CPU waits with it; it is younger. */
			if (!settled)
				break;
		}
		if (rec->rn)
			tally_one(&tally, rec);
		tail++;
		/* The handler may use the place again. */
		smp_store_release(&ring->tail, tail);
		if (!(tail % 64)) {
			rcu_read_unlock();
			cond_resched();
			rcu_read_lock();
			now = get_jiffies_64();
		}
	}
	rcu_read_unlock();
	tally_up(&tally);
	return true;
}

/* Were records lost, or hits? Then there may be sockets we do not know of. */
static void check_losses(void)
{
	unsigned long nmissed = tcp_reaper_hook_nmissed();
	bool lost = nmissed != nmissed_seen;
	int cpu;

	nmissed_seen = nmissed;
	for_each_possible_cpu(cpu) {
		struct ring *ring = per_cpu_ptr(&rings, cpu);

		if (READ_ONCE(ring->lost)) {
			WRITE_ONCE(ring->lost, false);
			lost = true;
		}
	}
	if (lost)
		tcp_reaper_census_request();
}

static bool drain_all(s32 young)
{
	bool busy = false;
	int cpu;

	for_each_possible_cpu(cpu)
		busy |= drain(per_cpu_ptr(&rings, cpu), young);
	check_losses();
	return busy;
}

static void drain_now(struct work_struct *work)
{
	mutex_lock(&drain_lock);
	drain_all(0);
	mutex_unlock(&drain_lock);
}

/* Returns true if any ring was armed. */
static bool disarm(void)
{
	bool armed = false;
	int cpu;

	lockdep_assert_held(&drain_lock);
	for_each_possible_cpu(cpu) {
		struct ring *ring = per_cpu_ptr(&rings, cpu);

		if (READ_ONCE(ring->armed)) {
			WRITE_ONCE(ring->armed, false);
			armed = true;
		}
	}
	return armed;
}

/*
 * Runs as long as there is anything to do. A handler that reads "armed" just
 * before it is cleared relies on the worker: so after clearing there is one
 * more round, by which whatever such a handler wrote has long been visible. A
 * ring may be armed with nothing in it: whoever else drains leaves that alone.
 */
static void drain_tick(struct work_struct *work)
{
	mutex_lock(&drain_lock);
	if (drain_all(msecs_to_jiffies(YOUNG_MS)) || disarm())
		queue_delayed_work(tcp_reaper_wq, &tick_work,
				   msecs_to_jiffies(TICK_MS));
	mutex_unlock(&drain_lock);
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

	mutex_lock(&drain_lock);
	for_each_possible_cpu(cpu) {
		struct ring *ring = per_cpu_ptr(&rings, cpu);
		u32 i, head = READ_ONCE(ring->head);

		for (i = ring->tail; i != head; i++) {
			struct record *rec = record_at(ring, i);

			if (filled(rec, i) && rec->rn &&
			    READ_ONCE(rec->rn->closing))
				rec->rn = NULL;
		}
	}
	mutex_unlock(&drain_lock);
}

/**
 * tcp_reaper_nursery_events - how many transitions the hook reported
 * @class: into which class
 *
 * Return: a count since load, of all namespaces.
 */
u64 tcp_reaper_nursery_events(enum tcp_reaper_class class)
{
	u64 n;

	mutex_lock(&drain_lock);
	drain_all(0);
	n = events[class];
	mutex_unlock(&drain_lock);
	return n;
}

/**
 * tcp_reaper_nursery_setup - make the rings
 *
 * Return: 0 or -ENOMEM.
 */
int tcp_reaper_nursery_setup(void)
{
	size_t size =
		array_size(tcp_reaper_nursery_records, sizeof(struct record));
	int cpu;

	nursery_bits = ilog2(tcp_reaper_nursery_records);
	nursery_room = tcp_reaper_nursery_records - HANDLERS_MAX;
	for_each_possible_cpu(cpu) {
		struct ring *ring = per_cpu_ptr(&rings, cpu);

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
 * tcp_reaper_nursery_quiesce - stop the worker, once no hook is left
 *
 * Context: process context, sleeps.
 */
void tcp_reaper_nursery_quiesce(void)
{
	cancel_delayed_work_sync(&tick_work);
	cancel_work_sync(&kick_work);
}

/** tcp_reaper_nursery_teardown - undo tcp_reaper_nursery_setup() */
void tcp_reaper_nursery_teardown(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		kvfree(per_cpu_ptr(&rings, cpu)->records);
		per_cpu_ptr(&rings, cpu)->records = NULL;
	}
}
