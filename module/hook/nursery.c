// SPDX-License-Identifier: GPL-2.0-only
/*
 * The nursery: a ring a CPU in which probe handlers note a weak reference and
 * the time, and a worker on that CPU that settles them some tens of
 * milliseconds later (drain.c).
 */
#include <linux/build_bug.h>
#include <linux/cpumask.h>
#include <linux/irqflags.h>
#include <linux/jiffies.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "compat/workqueue.h"
#include "drain.h"
#include "net/net.h"
#include "nursery.h"
#include "ring.h"
#include "show/stats.h"
#include "track/trust.h"

#define TICK_MS 100
/* Younger ones get the chance to leave by themselves before the next tick. */
#define YOUNG_MS 20
/* So many handlers may be nested on a CPU: task, softirq, irq, NMI; twice. */
#define HANDLERS_MAX 8

unsigned int tcp_reaper_nursery_records = 2048;

DEFINE_PER_CPU_ALIGNED(struct tcp_reaper_ring, tcp_reaper_rings);
static struct workqueue_struct *wq;
/* So many may be in use before one takes its place. */
static unsigned int nursery_room __read_mostly;
/* Records were lost: there may be sockets that nobody knows of. */
static void (*on_loss)(void);
/* Did the hook miss hits since it was asked last? */
static bool (*hits_missed)(void);

/*
 * May one more be noted in the last quarter? Whoever has filled the rest is not
 * to take it all: each owner has a part of it, so that the records of those who
 * have few are noted beside any flood. The first part is the initial
 * namespace's, however many others come.
 */
static __always_inline bool has_a_part(struct tcp_reaper_ring *ring,
				       const struct tcp_reaper_net *rn)
{
	const struct tcp_reaper_owner *owner = rn->turn.owner;
	u32 most = nursery_room / 4 / TCP_REAPER_RING_PARTS ?: 1;
	struct tcp_reaper_part *part = ring->parts;

	if (!ring->crowded) {
		memset(ring->parts, 0, sizeof(ring->parts));
		part->owner = tcp_reaper_net_notrace(&init_net)->turn.owner;
		ring->crowded = true;
	}
	for (; part < ring->parts + TCP_REAPER_RING_PARTS; part++) {
		if (!part->owner)
			part->owner = owner;
		if (part->owner == owner)
			return part->taken++ < most;
	}
	return false;
}

/* Returns false if the ring is full, which is counted. */
static __always_inline bool attend(struct tcp_reaper_ring *ring,
				   struct tcp_reaper_net *rn)
{
	u32 tail = READ_ONCE(ring->tail);
	u32 used = READ_ONCE(ring->head) - tail;
	u32 half = nursery_room / 2;
	u32 last = nursery_room - nursery_room / 4;

	if (used < last)
		ring->crowded = false;
	WRITE_ONCE(ring->calm_until,
		   tail + (used < half ? half : max(used, last)));
	if (used >= nursery_room || (used >= last && !has_a_part(ring, rn))) {
		tcp_reaper_count(&rn->stats, TCP_REAPER_STAT_QUEUE_LOST);
		WRITE_ONCE(ring->lost, true);
		return false;
	}
	if (!READ_ONCE(ring->armed)) {
		WRITE_ONCE(ring->armed, true);
		queue_delayed_work_on(ring->cpu, wq, &ring->tick,
				      msecs_to_jiffies(TICK_MS));
	}
	if (used >= half)
		queue_work_on(ring->cpu, wq, &ring->kick);
	return true;
}

/**
 * tcp_reaper_ring_attend - note a transition, and see to what is seldom to do
 * @rn: as for tcp_reaper_ring_push(), as are the others
 * @sk: the socket
 * @class: the class
 * @seq: the number
 *
 * The worker's timer is started, if it is not; the worker is woken when the
 * ring is half full; its last quarter is shared out. Handlers come here for one
 * record in a quarter or half of a ring, for the first one after a quiet time,
 * and for each in the last quarter: calm_until says when the next one has to.
 *
 * Context: a probe handler, preemption off.
 */
void notrace tcp_reaper_ring_attend(struct tcp_reaper_net *rn, struct sock *sk,
				    enum tcp_reaper_class class, u32 seq)
{
	struct tcp_reaper_ring *ring = this_cpu_ptr(&tcp_reaper_rings);

	if (attend(ring, rn))
		tcp_reaper_ring_note(ring, rn, sk, class, seq);
	else
		preempt_enable_notrace();
}

NOKPROBE_SYMBOL(tcp_reaper_ring_attend);

/* Were records lost, or hits? Then there may be sockets nobody knows of. */
static void check_losses(struct tcp_reaper_ring *ring)
{
	bool lost = READ_ONCE(ring->lost);

	if (lost)
		WRITE_ONCE(ring->lost, false);
	if (hits_missed() || lost) {
		tcp_reaper_trust_excuse_all();
		on_loss();
	}
}

static bool drain_and_check(struct tcp_reaper_ring *ring, s32 young, u32 newest)
{
	bool done;

	mutex_lock(&ring->lock);
	done = tcp_reaper_ring_drain(ring, young, newest);
	mutex_unlock(&ring->lock);
	check_losses(ring);
	return done;
}

static void kick(struct work_struct *work)
{
	struct tcp_reaper_ring *ring =
		container_of(work, struct tcp_reaper_ring, kick);

	/* Those that are open yet are among the newest; the tick sees to them.
	 */
	if (!drain_and_check(ring, 0, nursery_room / 16))
		queue_work(wq, work);
}

/* The next handler sees to the worker's timer. */
static void stand_down(struct tcp_reaper_ring *ring)
{
	WRITE_ONCE(ring->armed, false);
	WRITE_ONCE(ring->calm_until, READ_ONCE(ring->head));
}

/*
 * Has the worker nothing more to come for? With interrupts off on its own CPU
 * no handler is between its look at @calm_until and its record. Elsewhere,
 * where the CPU went offline, one may be that relies on the worker: so that
 * comes once more, by when its record has long been visible.
 */
static bool disarm(struct tcp_reaper_ring *ring, bool at_home)
{
	unsigned long flags;
	bool over;

	if (!at_home) {
		over = READ_ONCE(ring->head) == READ_ONCE(ring->tail);
		over &= !READ_ONCE(ring->armed);
		stand_down(ring);
		return over;
	}
	local_irq_save(flags);
	over = READ_ONCE(ring->head) == READ_ONCE(ring->tail);
	if (over)
		stand_down(ring);
	local_irq_restore(flags);
	return over;
}

static void tick(struct work_struct *work)
{
	struct tcp_reaper_ring *ring =
		container_of(work, struct tcp_reaper_ring, tick.work);
	bool done = drain_and_check(ring, msecs_to_jiffies(YOUNG_MS), 0);
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
		struct tcp_reaper_ring *ring =
			per_cpu_ptr(&tcp_reaper_rings, cpu);
		u32 i, head;

		mutex_lock(&ring->lock);
		head = READ_ONCE(ring->head);
		for (i = ring->tail; i != head; i++) {
			struct tcp_reaper_record *rec =
				tcp_reaper_ring_at(ring, i);

			if (tcp_reaper_ring_filled(rec, i) && rec->rn &&
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
		struct tcp_reaper_ring *ring =
			per_cpu_ptr(&tcp_reaper_rings, cpu);

		if (READ_ONCE(ring->head) != READ_ONCE(ring->tail))
			while (!drain_and_check(ring, 0, 0))
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
	size_t size = array_size(tcp_reaper_nursery_records,
				 sizeof(struct tcp_reaper_record));
	int cpu;

	BUILD_BUG_ON(TCP_REAPER_NR_CLASSES - 1 > TCP_REAPER_TAG_CLASS);
	on_loss = lost;
	hits_missed = missed;
	nursery_room = tcp_reaper_nursery_records - HANDLERS_MAX;
	wq = alloc_workqueue("tcp_reaper_nursery", WQ_FREEZABLE | WQ_PERCPU, 0);
	if (!wq)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		struct tcp_reaper_ring *ring =
			per_cpu_ptr(&tcp_reaper_rings, cpu);

		ring->cpu = cpu;
		ring->mask = tcp_reaper_nursery_records - 1;
		/* A place of the first round never looks filled. */
		ring->head = tcp_reaper_nursery_records;
		ring->tail = ring->head;
		ring->calm_until = ring->head;
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
		struct tcp_reaper_ring *ring =
			per_cpu_ptr(&tcp_reaper_rings, cpu);

		cancel_delayed_work_sync(&ring->tick);
		cancel_work_sync(&ring->kick);
	}
}

/** tcp_reaper_nursery_teardown - undo tcp_reaper_nursery_setup() */
void tcp_reaper_nursery_teardown(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		kvfree(per_cpu_ptr(&tcp_reaper_rings, cpu)->records);
		per_cpu_ptr(&tcp_reaper_rings, cpu)->records = NULL;
	}
	destroy_workqueue(wq);
}
