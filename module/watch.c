// SPDX-License-Identifier: GPL-2.0
/*
 * Watches the tracked sockets of a namespace: takes new ones in, looks at each
 * at growing ages, and hands those whose time is up to reap.c.
 *
 * Each namespace has a work item of its own, so that a socket whose owner sits
 * on its lock holds up nobody else's namespace.
 */
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/sched.h>
#include <linux/workqueue.h>
#include <net/sock.h>

#include "facts.h"
#include "netns.h"
#include "reap.h"
#include "watch.h"
#include "weakref.h"

/* As nf_conntrack's gc_worker: longest time at a stretch, and a batch. */
#define BUDGET_NS (10 * NSEC_PER_MSEC)
#define BATCH 64

struct workqueue_struct *tcp_reaper_wq;

/**
 * tcp_reaper_watch_setup - make what all namespaces share
 *
 * Return: 0 or -ENOMEM.
 */
int tcp_reaper_watch_setup(void)
{
	tcp_reaper_wq =
		alloc_workqueue("tcp_reaper", WQ_UNBOUND | WQ_FREEZABLE, 0);
	return tcp_reaper_wq ? 0 : -ENOMEM;
}

/** tcp_reaper_watch_teardown - undo tcp_reaper_watch_setup() */
void tcp_reaper_watch_teardown(void)
{
	destroy_workqueue(tcp_reaper_wq);
}

static void schedule_tick(struct tcp_reaper_net *rn, u64 now)
{
	unsigned long delay;
	u64 due;

	lockdep_assert_held(&rn->lock);
	if (rn->closing || !tcp_reaper_table_next_due(&rn->table, &due))
		return;
	delay = due > now ? due - now : 0;
	/* Only ever sooner: a later one finds out by itself. */
	if (!delayed_work_pending(&rn->tick))
		queue_delayed_work(tcp_reaper_wq, &rn->tick, delay);
	else if (time_before(jiffies + delay, rn->tick.timer.expires))
		mod_delayed_work(tcp_reaper_wq, &rn->tick, delay);
}

/* Looks grow apart with age, and meet the end of the verdict. */
static void wait_for(struct tcp_reaper_net *rn, struct tcp_reaper_entry *e,
		     u64 now, u64 wait_ms)
{
	u64 wait = (now - e->since) / 4;

	/* A jiffy more than the wait, for it began during one. */
	if (wait_ms < jiffies64_to_msecs(wait))
		wait = msecs_to_jiffies(wait_ms) + 1;
	tcp_reaper_table_wait(&rn->table, e, now, wait);
}

/* Ends the tracking of an entry; its memory is the caller's to see to. */
static void forget(struct tcp_reaper_net *rn, struct tcp_reaper_entry *e,
		   enum tcp_reaper_class_stat how, u64 now)
{
	tcp_reaper_count_class(rn, e->class, how);
	tcp_reaper_count_end(rn, e->class,
			     tcp_reaper_elapsed_ms(e->since, now));
	/* One that was cleared while busy has left the gauge and the index. */
	if (e->gone)
		return;
	tcp_reaper_gauge_tracked(rn, e->class, -1);
	tcp_reaper_table_unlink(&rn->table, e);
}

/**
 * tcp_reaper_watch - begin to track a socket
 * @rn: its namespace, alive
 * @sk: the socket, pinned
 * @class: the class in which it is
 * @since: when it entered it, jiffies64
 * @finder: who found it
 *
 * Context: process context, sleeps.
 * Return: true if it was not tracked before, and now is.
 */
bool tcp_reaper_watch(struct tcp_reaper_net *rn, struct sock *sk,
		      enum tcp_reaper_class class, u64 since,
		      enum tcp_reaper_finder finder)
{
	u64 now = get_jiffies_64();
	struct tcp_reaper_entry *e;
	bool fresh = false;

	mutex_lock(&rn->lock);
	if (rn->closing || rn->policy.mode == TCP_REAPER_OFF)
		goto out;

	e = tcp_reaper_table_find(&rn->table, sk);
	if (e && e->class == class && e->hash == READ_ONCE(sk->sk_hash) &&
	    e->seq == tcp_reaper_ref_seq(sk, class)) {
		/* A census was faster than the hook: now the time is known. */
		if (finder == TCP_REAPER_BY_HOOK && e->census) {
			e->census = 0;
			if (since < e->since)
				e->since = since;
		}
		goto out;
	}
	if (e && e->busy)
		goto out; /* its end is being seen to by the tick */
	/* It went from one class to another, or is an heir. */
	if (e)
		forget(rn, e, TCP_REAPER_STAT_RECOVERED, now);

	e = tcp_reaper_table_add(&rn->table, sk);
	if (!e) {
		tcp_reaper_count(rn, TCP_REAPER_STAT_TRACK_FAILED);
		goto out;
	}
	tcp_reaper_entry_begin(e, sk, class, since);
	e->census = finder == TCP_REAPER_BY_CENSUS;
	e->held = class == TCP_REAPER_ORPHAN && !sock_flag(sk, SOCK_DEAD);
	/* What it did between the event and now did not move a number noted. */
	if (finder == TCP_REAPER_BY_HOOK)
		e->progress = max_t(u64, since, tcp_reaper_last_heard(sk, now));
	tcp_reaper_gauge_tracked(rn, class, 1);
	tcp_reaper_table_wait(&rn->table, e, now, 0);
	schedule_tick(rn, now);
	fresh = true;
out:
	mutex_unlock(&rn->lock);
	return fresh;
}

/* Counts a verdict the first time that it falls on a socket. */
static bool first_time(struct tcp_reaper_entry *e, u8 verdict)
{
	if (e->counted & BIT(verdict))
		return false;
	e->counted |= BIT(verdict);
	return true;
}

/* Returns true if the entry is to be reaped; else it is taken care of. */
static bool look(struct tcp_reaper_net *rn, struct tcp_reaper_entry *e, u64 now)
{
	struct tcp_reaper_decision d;
	struct tcp_reaper_facts facts;
	struct sock *sk;

	if (e->gone) {
		tcp_reaper_entry_free(e);
		return false;
	}
	sk = tcp_reaper_ref_get(rn->net, e->sk, e->hash);
	if (!sk || !tcp_reaper_entry_matches(e, sk)) {
		if (sk)
			sock_put(sk);
		forget(rn, e, TCP_REAPER_STAT_RECOVERED, now);
		tcp_reaper_entry_free(e);
		return false;
	}
	tcp_reaper_facts_read(e, sk, now, &facts);
	sock_put(sk);

	d = tcp_reaper_decide(&rn->policy, &facts);
	if (d.verdict == TCP_REAPER_DUE) {
		if (rn->policy.mode == TCP_REAPER_ENFORCE)
			return true;
		if (first_time(e, d.verdict))
			tcp_reaper_count_class(rn, e->class,
					       TCP_REAPER_STAT_WOULD_REAP);
		d.wait_ms = TCP_REAPER_NEVER;
	} else if (d.verdict != TCP_REAPER_WAIT && first_time(e, d.verdict)) {
		tcp_reaper_count_spared(rn, d.verdict);
	}
	wait_for(rn, e, now, d.wait_ms);
	return false;
}

/* Takes up to BATCH entries whose time is up out of the generations. */
static struct tcp_reaper_entry *look_around(struct tcp_reaper_net *rn, u64 end)
{
	struct tcp_reaper_entry *e, *due = NULL;
	u64 now = get_jiffies_64();
	int n = 0, looks = 0;

	lockdep_assert_held(&rn->lock);
	while (n < BATCH) {
		if (!(++looks % 16) && ktime_get_ns() >= end)
			break;
		e = tcp_reaper_table_pop(&rn->table);
		if (!e)
			break;
		if (!look(rn, e, now))
			continue;
		e->busy = 1;
		e->gen_next = due;
		due = e;
		n++;
	}
	return due;
}

/* After the act, under the lock again. */
static void settle(struct tcp_reaper_net *rn, struct tcp_reaper_entry *e,
		   enum tcp_reaper_outcome outcome, u64 now)
{
	e->busy = 0;
	switch (outcome) {
	case TCP_REAPER_REAPED:
		forget(rn, e, TCP_REAPER_STAT_REAPED, now);
		tcp_reaper_entry_free(e);
		return;
	case TCP_REAPER_RACED_GONE:
		tcp_reaper_count(rn, TCP_REAPER_STAT_RACED);
		forget(rn, e, TCP_REAPER_STAT_RECOVERED, now);
		tcp_reaper_entry_free(e);
		return;
	case TCP_REAPER_RACED_CHANGED:
		tcp_reaper_count(rn, TCP_REAPER_STAT_RACED);
		break;
	case TCP_REAPER_FAILED:
		tcp_reaper_count(rn, TCP_REAPER_STAT_REAP_FAILED);
		break;
	case TCP_REAPER_LOCKED:
		break;
	}
	if (e->gone) {
		/* Cleared from under the batch, gauge and all. */
		tcp_reaper_entry_free(e);
		return;
	}
	wait_for(rn, e, now,
		 outcome == TCP_REAPER_FAILED ? TCP_REAPER_NEVER : 0);
}

static void reap_batch(struct tcp_reaper_net *rn, struct tcp_reaper_entry *due)
{
	enum tcp_reaper_outcome outcome[BATCH];
	struct tcp_reaper_entry *e, *next;
	struct tcp_reaper_policy policy;
	int i = 0;

	for (e = due; e; e = e->gen_next) {
		/* Anew each time: a change takes effect at once. */
		tcp_reaper_policy_snapshot(rn, &policy);
		outcome[i++] = tcp_reaper_reap(rn->net, e, &policy);
		cond_resched();
	}
	mutex_lock(&rn->lock);
	for (e = due, i = 0; e; e = next) {
		next = e->gen_next;
		settle(rn, e, outcome[i++], get_jiffies_64());
	}
	mutex_unlock(&rn->lock);
}

static void tick(struct work_struct *work)
{
	struct tcp_reaper_net *rn =
		container_of(work, struct tcp_reaper_net, tick.work);
	u64 end = ktime_get_ns() + BUDGET_NS;
	struct tcp_reaper_entry *due;

	do {
		mutex_lock(&rn->lock);
		tcp_reaper_table_come_due(&rn->table, get_jiffies_64());
		due = look_around(rn, end);
		mutex_unlock(&rn->lock);
		if (due)
			reap_batch(rn, due);
		cond_resched();
	} while (due && ktime_get_ns() < end);

	mutex_lock(&rn->lock);
	schedule_tick(rn, get_jiffies_64());
	mutex_unlock(&rn->lock);
}

/**
 * tcp_reaper_watch_start - get a namespace's watch ready
 * @rn: the namespace
 */
void tcp_reaper_watch_start(struct tcp_reaper_net *rn)
{
	INIT_DELAYED_WORK(&rn->tick, tick);
}

static void clear(struct tcp_reaper_net *rn)
{
	int c;

	lockdep_assert_held(&rn->lock);
	tcp_reaper_table_clear(&rn->table);
	for (c = 0; c < TCP_REAPER_NR_CLASSES; c++)
		tcp_reaper_gauge_clear(rn, c);
}

/**
 * tcp_reaper_watch_stop - end a namespace's watch for good
 * @rn: the namespace; may never have been started
 *
 * Context: process context, sleeps until its tick is over.
 */
void tcp_reaper_watch_stop(struct tcp_reaper_net *rn)
{
	mutex_lock(&rn->lock);
	rn->closing = true;
	mutex_unlock(&rn->lock);
	cancel_delayed_work_sync(&rn->tick);
	mutex_lock(&rn->lock);
	clear(rn);
	mutex_unlock(&rn->lock);
}

/**
 * tcp_reaper_watch_again - the policy changed: look at every socket anew
 * @rn: the namespace, locked
 *
 * With mode=off everything is forgotten instead.
 */
void tcp_reaper_watch_again(struct tcp_reaper_net *rn)
{
	lockdep_assert_held(&rn->lock);
	if (rn->policy.mode == TCP_REAPER_OFF)
		clear(rn);
	else
		tcp_reaper_table_rescan(&rn->table);
	schedule_tick(rn, get_jiffies_64());
}
