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
#include <net/tcp.h>

#include "census.h"
#include "facts.h"
#include "judge.h"
#include "netns.h"
#include "reap.h"
#include "tracing.h"
#include "watch.h"
#include "weakref.h"

/*
 * Longest time at a stretch, and a batch. nf_conntrack's gc_worker has 10 ms;
 * less here, so that the batch that is under way at its end, and what comes
 * in between, stay below that too (selftests/bench/scale).
 */
#define BUDGET_NS (8 * NSEC_PER_MSEC)
#define BATCH 32

/* Set for good when the module is on its way out. */
static bool halted;

/* Nursery, census and log. */
struct workqueue_struct *tcp_reaper_wq;
/*
 * The ticks of the initial namespace. Among other tasks that want the CPU, a
 * worker like any other comes too late when thousands are due at once
 * (selftests/bench/latency), so this one comes before them; for BUDGET_NS.
 */
static struct workqueue_struct *host_wq;
/*
 * The ticks of the others. A few of them may wait for a socket's lock (reap.c),
 * and an owner can hold that for as long as it likes: whoever has many
 * namespaces may use up the workers here, but neither the host's nor those of
 * nursery and census.
 */
static struct workqueue_struct *guest_wq;

/**
 * tcp_reaper_watch_setup - make what all namespaces share
 *
 * Return: 0 or -ENOMEM.
 */
int tcp_reaper_watch_setup(void)
{
	const unsigned int flags = WQ_UNBOUND | WQ_FREEZABLE;

	tcp_reaper_wq = alloc_workqueue("tcp_reaper", flags, 0);
	if (!tcp_reaper_wq)
		return -ENOMEM;
	host_wq = alloc_workqueue("tcp_reaper_host", flags | WQ_HIGHPRI, 0);
	if (!host_wq)
		goto err_wq;
	guest_wq = alloc_workqueue("tcp_reaper_guest", flags, 0);
	if (!guest_wq)
		goto err_host;
	return 0;

err_host:
	destroy_workqueue(host_wq);
err_wq:
	destroy_workqueue(tcp_reaper_wq);
	return -ENOMEM;
}

/**
 * tcp_reaper_watch_halt - reap nothing more, in any namespace
 *
 * The rest of the unload may take seconds, as the removal of the hook does; an
 * operator who wants it to stop wants it to stop now. What is under way, 32
 * sockets a namespace at most, is finished.
 */
void tcp_reaper_watch_halt(void)
{
	WRITE_ONCE(halted, true);
}

/** tcp_reaper_watch_teardown - undo tcp_reaper_watch_setup() */
void tcp_reaper_watch_teardown(void)
{
	destroy_workqueue(guest_wq);
	destroy_workqueue(host_wq);
	destroy_workqueue(tcp_reaper_wq);
}

/*
 * A timer is late by up to an eighth of its delay, but for one of less than 64
 * jiffies (kernel/time/timer.c: LVL_BITS, LVL_CLK_SHIFT). One that is set an
 * eighth too early is there in time, and can be set again.
 */
static unsigned long timer_delay(u64 delay)
{
	return delay < 64 ? delay : delay - delay / 8;
}

static void schedule_tick(struct tcp_reaper_net *rn, u64 now)
{
	struct workqueue_struct *wq = rn->table.guest ? guest_wq : host_wq;
	u64 due;

	lockdep_assert_held(&rn->lock);
	if (READ_ONCE(halted) || rn->closing ||
	    !tcp_reaper_table_next_due(&rn->table, &due))
		return;
	if (rn->evict.picking)
		due = now;
	else if (rn->evict.crowded)
		due = min(due, max(now + msecs_to_jiffies(TCP_REAPER_GEN0_MS),
				   rn->evict.rested));
	due = max(due, now);
	/* Only ever sooner: a later one finds out by itself. */
	if (delayed_work_pending(&rn->tick) && due >= rn->tick_by)
		return;
	rn->tick_by = due;
	mod_delayed_work(wq, &rn->tick, timer_delay(due - now));
}

/* Looks grow apart with age, and meet the end of the verdict. */
static void wait_for(struct tcp_reaper_net *rn, struct tcp_reaper_entry *e,
		     u64 now, u64 wait_ms)
{
	u64 wait = (now - e->since) / 4;

	if (wait_ms < jiffies64_to_msecs(wait))
		wait = msecs_to_jiffies(wait_ms);
	tcp_reaper_table_wait(&rn->table, e, now, wait);
}

/* Ends the tracking of an entry; its memory is the caller's to see to. */
static void untrack(struct tcp_reaper_net *rn, struct tcp_reaper_entry *e,
		    const struct sock *sk, u64 now)
{
	u64 age_ms = tcp_reaper_elapsed_ms(e->since, now);

	tcp_reaper_count_end(rn, e->class, age_ms);
	tcp_reaper_trace_untrack(rn->net, e, sk, age_ms);
	/* One that was cleared while busy has left the gauge and the index. */
	if (e->gone)
		return;
	tcp_reaper_gauge_tracked(rn, e->class, -1);
	tcp_reaper_table_unlink(&rn->table, e);
}

/* It left by itself, as far as anybody can tell. */
static void recovered(struct tcp_reaper_net *rn, struct tcp_reaper_entry *e,
		      const struct sock *sk, u64 now)
{
	/* Our FIN was counted when it was sent; the kernel's probes were not.
	 */
	if (e->probing)
		tcp_reaper_count_class(rn, e->class, TCP_REAPER_STAT_REAPED);
	else if (!e->fin)
		tcp_reaper_count_class(rn, e->class, TCP_REAPER_STAT_RECOVERED);
	untrack(rn, e, sk, now);
}

/* There is one more that could be evicted: past orphan/max somebody is. */
static void mind_crowd(struct tcp_reaper_net *rn, enum tcp_reaper_class class)
{
	if (class == TCP_REAPER_ORPHAN && rn->policy.orphan_max &&
	    tcp_reaper_gauge_read(rn, class) > rn->policy.orphan_max)
		rn->evict.crowded = true;
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
	    tcp_reaper_entry_same(e, sk)) {
		/* A census was faster than the hook: now the time is known. */
		if (finder == TCP_REAPER_BY_HOOK && e->census) {
			e->census = 0;
			if (since < e->since)
				e->since = since;
		}
		goto out;
	}
	/* Its end is being seen to: by the tick, or by our own FIN. */
	if (e && (e->busy || (e->fin && tcp_reaper_entry_matches(e, sk))))
		goto out;
	/* It went from one class to another, or is an heir. */
	if (e)
		recovered(rn, e, sk, now);

	e = tcp_reaper_table_add(&rn->table, sk);
	if (!e) {
		tcp_reaper_count(rn, TCP_REAPER_STAT_TRACK_FAILED);
		tcp_reaper_census_refused(rn);
		goto out;
	}
	tcp_reaper_entry_begin(e, sk, class, since);
	e->census = finder == TCP_REAPER_BY_CENSUS;
	e->held = class == TCP_REAPER_ORPHAN && !sock_flag(sk, SOCK_DEAD);
	/* What it did between the event and now did not move a number noted. */
	if (finder == TCP_REAPER_BY_HOOK)
		e->progress = max_t(u64, since, tcp_reaper_last_heard(sk, now));
	tcp_reaper_gauge_tracked(rn, class, 1);
	tcp_reaper_trace_track(rn->net, e, sk,
			       tcp_reaper_elapsed_ms(since, now));
	mind_crowd(rn, class);
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

static void would_reap(struct tcp_reaper_net *rn, struct tcp_reaper_entry *e)
{
	if (first_time(e, TCP_REAPER_DUE))
		tcp_reaper_count_class(rn, e->class,
				       TCP_REAPER_STAT_WOULD_REAP);
}

/* Not in its class after all, by the policy or since data moved again. */
static bool let_go(struct tcp_reaper_net *rn, struct tcp_reaper_entry *e,
		   const struct sock *sk, u8 verdict, u64 now)
{
	if (e->class == TCP_REAPER_ESTABLISHED && !e->probed &&
	    (verdict == TCP_REAPER_WAIT ||
	     verdict == TCP_REAPER_SPARED_ACTIVE)) {
		recovered(rn, e, sk, now);
		return true;
	}
	if (!tcp_reaper_wants(rn, e->class)) {
		untrack(rn, e, sk, now);
		return true;
	}
	return false;
}

/* Returns true if the entry is to be reaped; else it is taken care of. */
static bool look(struct tcp_reaper_net *rn, struct tcp_reaper_entry *e, u64 now)
{
	struct tcp_reaper_decision d;
	struct tcp_reaper_facts facts;
	struct sock *sk;
	bool held;

	if (e->gone) {
		tcp_reaper_entry_free(e);
		return false;
	}
	sk = tcp_reaper_ref_get(rn->net, e->sk, e->hash);
	if (!sk || !tcp_reaper_entry_matches(e, sk)) {
		recovered(rn, e, sk, now);
		goto out_free;
	}
	held = e->held;
	tcp_reaper_facts_read(e, sk, now, &facts);
	if (held && !e->held)
		mind_crowd(rn, e->class);
	d = tcp_reaper_judge(rn, &rn->policy, sk, &facts, true);
	if (let_go(rn, e, sk, d.verdict, now))
		goto out_free;
	/* So that the last look before its end sees a probe unanswered. */
	if (e->probed)
		d.wait_ms =
			jiffies_to_msecs(keepalive_intvl_when(tcp_sk(sk))) / 2;
	sock_put(sk);

	if (d.verdict == TCP_REAPER_DUE) {
		if (rn->policy.mode == TCP_REAPER_ENFORCE)
			return true;
		would_reap(rn, e);
		d.wait_ms = TCP_REAPER_NEVER;
	} else if (d.verdict != TCP_REAPER_WAIT && first_time(e, d.verdict)) {
		tcp_reaper_count_spared(rn, d.verdict);
	}
	wait_for(rn, e, now, d.wait_ms);
	return false;

out_free:
	if (sk)
		sock_put(sk);
	tcp_reaper_entry_free(e);
	return false;
}

/**
 * struct doomed - entries whose time is up, on their way to be reaped
 * @nr: how many
 * @evicted: the first so many are one too many, and still in a generation;
 *	the others are in none
 * @entry: the entries, all busy
 * @outcome: what became of each, enum tcp_reaper_outcome
 */
struct doomed {
	int nr;
	int evicted;
	struct tcp_reaper_entry *entry[BATCH];
	u8 outcome[BATCH];
};

static void pick_evicted(struct tcp_reaper_net *rn, struct doomed *doomed)
{
	int i, n = tcp_reaper_evict_pick(rn, doomed->entry, BATCH);

	if (rn->policy.mode == TCP_REAPER_ENFORCE) {
		doomed->nr = n;
		doomed->evicted = n;
		return;
	}
	for (i = 0; i < n; i++) {
		doomed->entry[i]->busy = 0;
		would_reap(rn, doomed->entry[i]);
	}
}

/* Looks at those that came due, until there is a batch to be reaped. */
static void look_around(struct tcp_reaper_net *rn, struct doomed *doomed,
			u64 end)
{
	struct tcp_reaper_entry *e;
	u64 now = get_jiffies_64();
	int looks = 0;

	lockdep_assert_held(&rn->lock);
	while (doomed->nr < BATCH) {
		if (!(++looks % 16) && ktime_get_ns() >= end)
			break;
		e = tcp_reaper_table_pop(&rn->table);
		if (!e)
			break;
		if (!look(rn, e, now))
			continue;
		e->busy = 1;
		doomed->entry[doomed->nr++] = e;
	}
}

/* After the act, under the lock again. */
static void settle(struct tcp_reaper_net *rn, struct tcp_reaper_entry *e,
		   enum tcp_reaper_outcome outcome, bool evicted, u64 now)
{
	/* Cleared from under the batch, out of every list. */
	bool ended = false, cleared = e->gone;
	u64 wait_ms = 0;

	e->busy = 0;
	switch (outcome) {
	case TCP_REAPER_REAPED:
		if (!e->fin)
			tcp_reaper_count_class(rn, e->class,
					       evicted ? TCP_REAPER_STAT_EVICTED
						       : TCP_REAPER_STAT_REAPED);
		untrack(rn, e, NULL, now);
		ended = true;
		break;
	case TCP_REAPER_BEGUN:
		if (e->fin)
			tcp_reaper_count_class(rn, e->class,
					       TCP_REAPER_STAT_REAPED);
		break;
	case TCP_REAPER_RACED_GONE:
		tcp_reaper_count(rn, TCP_REAPER_STAT_RACED);
		recovered(rn, e, NULL, now);
		ended = true;
		break;
	case TCP_REAPER_RACED_CHANGED:
		tcp_reaper_count(rn, TCP_REAPER_STAT_RACED);
		break;
	case TCP_REAPER_FAILED:
		tcp_reaper_count(rn, TCP_REAPER_STAT_REAP_FAILED);
		wait_ms = TCP_REAPER_NEVER;
		break;
	case TCP_REAPER_LOCKED:
		rn->evict.crowded |= evicted;
		break;
	}
	/* One still in a generation is freed, or looked at, with that. */
	if (cleared || (ended && !evicted))
		tcp_reaper_entry_free(e);
	else if (!evicted)
		wait_for(rn, e, now, wait_ms);
}

static void reap(struct tcp_reaper_net *rn, struct doomed *doomed)
{
	u64 now;
	int i;

	for (i = 0; i < doomed->nr; i++) {
		doomed->outcome[i] = tcp_reaper_reap(rn, doomed->entry[i],
						     i < doomed->evicted);
		cond_resched();
	}
	mutex_lock(&rn->lock);
	now = get_jiffies_64();
	for (i = 0; i < doomed->nr; i++)
		settle(rn, doomed->entry[i], doomed->outcome[i],
		       i < doomed->evicted, now);
	mutex_unlock(&rn->lock);
}

static void tick(struct work_struct *work)
{
	struct tcp_reaper_net *rn =
		container_of(work, struct tcp_reaper_net, tick.work);
	u64 end = ktime_get_ns() + BUDGET_NS;
	struct doomed doomed;

	do {
		if (READ_ONCE(halted))
			return;
		doomed.nr = 0;
		doomed.evicted = 0;
		mutex_lock(&rn->lock);
		tcp_reaper_table_come_due(&rn->table, get_jiffies_64());
		pick_evicted(rn, &doomed);
		/* Not both: what was picked is still in its generation. */
		if (!doomed.nr)
			look_around(rn, &doomed, end);
		mutex_unlock(&rn->lock);
		if (doomed.nr)
			reap(rn, &doomed);
		cond_resched();
	} while (doomed.nr && ktime_get_ns() < end);

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
	rn->evict.crowded = rn->policy.orphan_max;
	rn->evict.rested = 0;
	schedule_tick(rn, get_jiffies_64());
}
