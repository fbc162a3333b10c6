// SPDX-License-Identifier: GPL-2.0-only
/*
 * The census: walks the hash of established sockets for those that no hook
 * reported: those stuck since before the load, those lost with a full ring or a
 * missed probe, and, if there is no hook, all.
 *
 * Most namespaces share one hash and are counted in one walk; from 6.1 on one
 * may have a hash of its own (net.ipv4.tcp_child_ehash_entries), which its
 * owner's worker is asked to walk (round.c): it may be as large as the tenant
 * likes. No lock of a namespace's is waited for, and no rule of a namespace's
 * is looked at: what a tenant has many of is worked off in the tenant's own
 * time (owner.c).
 */
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <net/net_namespace.h>

#include "census.h"
#include "compat/hashinfo.h"
#include "hook/nursery.h"
#include "net/all.h"
#include "net/net.h"
#include "place.h"
#include "round.h"
#include "show/stats.h"
#include "sock/clock.h"
#include "trust.h"
#include "walk.h"

/* Longest time at a stretch; nf_conntrack's gc_worker has 10 ms. */
#define STRETCH_NS (8 * NSEC_PER_MSEC)
/* Losses may come thick and fast: leave them at least this much rest... */
#define REST_MS 1000
/* ...and at least this many times what the last walk took: 2 % of a CPU. */
#define REST_FACTOR 50

unsigned int tcp_reaper_census_interval_s = 300;

/* The walk that goes on, or the last one, and its time; the worker's alone. */
static struct tcp_reaper_place walk;
static u64 spent_ns;

/**
 * struct plan - when there is a walk
 * @lock: protects the rest; held for a moment. Raw: whoever may ask for a
 *census takes it, and with PREEMPT_RT could else be left without a CPU while it
 *	has it.
 * @stopped: no more, as before the start
 * @walking: one is going on
 * @again: one more was asked for
 * @ended: when the last one ended, jiffies
 * @rest: jiffies to rest after it
 */
static struct plan {
	raw_spinlock_t lock; /* see above */
	bool stopped;
	bool walking;
	bool again;
	unsigned long ended;
	unsigned long rest;
} plan = {
	.lock = __RAW_SPIN_LOCK_UNLOCKED(plan.lock),
	.stopped = true,
};

static void census_step(struct work_struct *work);
static DECLARE_DELAYED_WORK(census_work, census_step);
static struct workqueue_struct *wq;

/* Calls a function for each namespace that is not off; true stops it. */
static bool any_on(bool (*fn)(struct tcp_reaper_net *rn))
{
	struct tcp_reaper_net *rn;
	unsigned long id = 0;
	bool stop = false;

	rcu_read_lock();
	for (; !stop && (rn = tcp_reaper_all_from(&id)); id++)
		if (READ_ONCE(rn->policy.mode) != TCP_REAPER_OFF)
			stop = fn(rn);
	rcu_read_unlock();
	return stop;
}

static bool is_on(struct tcp_reaper_net *rn)
{
	return true;
}

static bool wants_established(struct tcp_reaper_net *rn)
{
	return tcp_reaper_wants(rn, TCP_REAPER_ESTABLISHED);
}

/* One that has a hash of its own is walked, and counts that, by itself. */
static bool end_one(struct tcp_reaper_net *rn)
{
	if (tcp_reaper_hashinfo(rn->net) == tcp_reaper_hashinfo(&init_net))
		tcp_reaper_count(&rn->stats, TCP_REAPER_STAT_CENSUS_RUNS);
	else
		tcp_reaper_round_census(rn, walk.census);
	return false;
}

/* Returns false if there is to be none. */
static bool begin(void)
{
	unsigned long flags;
	bool walking;

	raw_spin_lock_irqsave(&plan.lock, flags);
	walking = plan.walking;
	plan.walking = true;
	if (!walking)
		plan.again = false;
	raw_spin_unlock_irqrestore(&plan.lock, flags);
	if (walking)
		return true;
	tcp_reaper_walk_begin(&walk, walk.census + 1,
			      any_on(wants_established));
	spent_ns = 0;
	tcp_reaper_trust_census(walk.census, true);
	return any_on(is_on);
}

static unsigned long next_delay(void)
{
	unsigned int s = READ_ONCE(tcp_reaper_census_interval_s);
	unsigned long rested = plan.ended + plan.rest;

	lockdep_assert_held(&plan.lock);
	if (plan.walking)
		return 1;
	if (plan.again)
		return time_after(rested, jiffies) ? rested - jiffies : 0;
	if (!s)
		return MAX_JIFFY_OFFSET;
	return min_t(u64, (u64)s * HZ, MAX_JIFFY_OFFSET);
}

static void set_work(void)
{
	unsigned long delay = next_delay();

	if (!plan.stopped && delay < MAX_JIFFY_OFFSET)
		mod_delayed_work(wq, &census_work, delay);
}

static void finish(void)
{
	unsigned long flags;

	any_on(end_one);
	tcp_reaper_trust_census(walk.census, false);
	raw_spin_lock_irqsave(&plan.lock, flags);
	plan.walking = false;
	plan.ended = jiffies;
	plan.rest = max(msecs_to_jiffies(REST_MS),
			nsecs_to_jiffies(spent_ns * REST_FACTOR));
	raw_spin_unlock_irqrestore(&plan.lock, flags);
}

static void census_step(struct work_struct *work)
{
	unsigned long flags;
	u64 start;
	bool over;

	/* What was reported till now is looked at first. */
	tcp_reaper_nursery_drain();
	start = ktime_get_ns();
	over = !begin() ||
	       tcp_reaper_walk_on(&walk, tcp_reaper_hashinfo(&init_net),
				  start + STRETCH_NS);
	/* What is more was other people's time. */
	spent_ns += min_t(u64, ktime_get_ns() - start, STRETCH_NS);
	if (over)
		finish();
	raw_spin_lock_irqsave(&plan.lock, flags);
	set_work();
	raw_spin_unlock_irqrestore(&plan.lock, flags);
}

/**
 * tcp_reaper_census_request - ask for a census soon
 *
 * Context: process or softirq context; does not sleep.
 */
void tcp_reaper_census_request(void)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&plan.lock, flags);
	plan.again = true;
	if (!plan.walking)
		set_work();
	raw_spin_unlock_irqrestore(&plan.lock, flags);
}

/**
 * tcp_reaper_census_retime - census_interval_s changed
 *
 * Context: process context.
 */
void tcp_reaper_census_retime(void)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&plan.lock, flags);
	if (!plan.walking && !plan.again && !plan.stopped) {
		cancel_delayed_work(&census_work);
		set_work();
	}
	raw_spin_unlock_irqrestore(&plan.lock, flags);
}

/**
 * tcp_reaper_census_setup - before the first namespace is there
 *
 * Return: 0 or -ENOMEM.
 */
int tcp_reaper_census_setup(void)
{
	wq = alloc_workqueue("tcp_reaper_census", WQ_UNBOUND | WQ_FREEZABLE, 0);
	return wq ? 0 : -ENOMEM;
}

/** tcp_reaper_census_start - adopt what is stuck already, and go on counting */
void tcp_reaper_census_start(void)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&plan.lock, flags);
	plan.stopped = false;
	plan.ended = jiffies;
	raw_spin_unlock_irqrestore(&plan.lock, flags);
	tcp_reaper_census_request();
}

/**
 * tcp_reaper_census_stop - no more censuses
 *
 * Context: process context, sleeps until a stretch is over.
 */
void tcp_reaper_census_stop(void)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&plan.lock, flags);
	plan.stopped = true;
	raw_spin_unlock_irqrestore(&plan.lock, flags);
	cancel_delayed_work_sync(&census_work);
}

/** tcp_reaper_census_teardown - undo tcp_reaper_census_setup() */
void tcp_reaper_census_teardown(void)
{
	destroy_workqueue(wq);
}
