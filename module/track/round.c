// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is done when a namespace is served: new sockets are taken in
 * (intake.c), those whose time has come are looked at, and those whose time is
 * up are handed to act.c. One worker does it (owner.c), so that nothing here
 * runs twice at once for a namespace; its lock keeps out those who change the
 * policy and those who read.
 */
#include <linux/bits.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/llist.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <net/sock.h>
#include <net/tcp.h>

#include "compat/hashinfo.h"
#include "decide/verdict.h"
#include "doomed.h"
#include "entry.h"
#include "intake.h"
#include "net/net.h"
#include "round.h"
#include "shared/brake.h"
#include "show/stats.h"
#include "sock/clock.h"
#include "sock/facts.h"
#include "sock/weakref.h"
#include "tracked.h"
#include "walk.h"

/* Looks, and sockets taken in, while the lock is held. */
#define LOOKS 32
/* So long a namespace's own hash is walked at a stretch, beside the rest. */
#define WALK_NS (2 * NSEC_PER_MSEC)
/* A stretch of looks ends, whatever one takes. */
#define LOOKS_JIFFIES (1 + HZ / 125)

/* Counts a verdict the first time that it falls on a socket. */
static bool first_time(struct tcp_reaper_entry *e, u8 verdict)
{
	if (e->counted & BIT(verdict))
		return false;
	e->counted |= BIT(verdict);
	return true;
}

/* A probe ends nothing unless the peer is dead, which only it would tell. */
static void would_probe(struct tcp_reaper_net *rn, struct tcp_reaper_entry *e)
{
	if (first_time(e, TCP_REAPER_NR_VERDICTS))
		tcp_reaper_count(&rn->stats, TCP_REAPER_STAT_WOULD_PROBE);
}

static void would_reap(struct tcp_reaper_net *rn, struct tcp_reaper_entry *e)
{
	if (first_time(e, TCP_REAPER_DUE))
		tcp_reaper_count_class(&rn->stats, e->class,
				       TCP_REAPER_STAT_WOULD_REAP);
}

/* It is due: may it go now? Else @wait_ms is set. */
static bool let_through(struct tcp_reaper_net *rn, struct tcp_reaper_entry *e,
			u32 picked, u64 now, u64 *wait_ms)
{
	*wait_ms = tcp_reaper_brake_wait(&rn->brake, rn->policy.reaps_per_s,
					 picked, jiffies64_to_msecs(now));
	if (!*wait_ms)
		return true;
	if (first_time(e, TCP_REAPER_NR_VERDICTS + 1))
		tcp_reaper_count(&rn->stats, TCP_REAPER_STAT_BRAKED);
	return false;
}

/* Spared for what it is, which neither time nor a crowd changes. */
static bool set_apart(u8 verdict)
{
	return verdict == TCP_REAPER_SPARED_RULE ||
	       verdict == TCP_REAPER_SPARED_KERNEL ||
	       verdict == TCP_REAPER_SPARED_MPTCP ||
	       verdict == TCP_REAPER_SPARED_REPAIR;
}

static u64 probe_interval_ms(const struct sock *sk)
{
	return jiffies_to_msecs(keepalive_intvl_when(tcp_sk(sk)));
}

/*
 * Returns true if the entry is to be reaped, as @picked are already; else it is
 * taken care of.
 */
static bool look(struct tcp_reaper_net *rn, struct tcp_reaper_entry *e,
		 u32 picked, u64 now)
{
	struct tcp_reaper_decision d;
	struct tcp_reaper_facts facts;
	struct sock *sk;
	bool held;

	sk = tcp_reaper_ref_get(rn->net, e->sk, e->hash);
	if (!sk || !tcp_reaper_entry_matches(e, sk)) {
		tcp_reaper_tracked_recovered(rn, e, sk, now);
		goto out_free;
	}
	held = e->held;
	tcp_reaper_entry_facts(e, sk, now, &facts);
	if (held && !e->held)
		tcp_reaper_tracked_crowd(rn, e->class);
	d = tcp_reaper_judge(rn, &rn->policy, sk, &facts, e);
	if (e->apart && !set_apart(d.verdict))
		tcp_reaper_tracked_crowd(rn, e->class);
	e->apart = set_apart(d.verdict);
	if (tcp_reaper_tracked_healthy(&facts, d.verdict)) {
		tcp_reaper_tracked_recovered(rn, e, sk, now);
		goto out_free;
	}
	if (!tcp_reaper_wants(rn, e->class)) {
		tcp_reaper_tracked_forgotten(rn, e, sk, now);
		goto out_free;
	}
	/* So that the last look before its end sees a probe unanswered. */
	if (facts.probed)
		d.wait_ms = min(d.wait_ms, probe_interval_ms(sk) / 2);
	sock_put(sk);

	if (d.verdict == TCP_REAPER_DUE &&
	    rn->policy.mode == TCP_REAPER_ENFORCE) {
		if (let_through(rn, e, picked, now, &d.wait_ms))
			return true;
	} else if (d.verdict == TCP_REAPER_DUE) {
		if (d.action == TCP_REAPER_PROBE)
			would_probe(rn, e);
		else
			would_reap(rn, e);
		d.wait_ms = TCP_REAPER_NEVER;
	} else if (d.verdict != TCP_REAPER_WAIT && first_time(e, d.verdict)) {
		tcp_reaper_count_spared(&rn->stats, d.verdict);
	}
	tcp_reaper_tracked_wait(rn, e, now, d.wait_ms);
	return false;

out_free:
	if (sk)
		sock_put(sk);
	tcp_reaper_entry_free(tcp_reaper_net_share(rn), e);
	return false;
}

static void pick_evicted(struct tcp_reaper_net *rn,
			 struct tcp_reaper_doomed *doomed)
{
	bool enforce = rn->policy.mode == TCP_REAPER_ENFORCE;
	int i, n;

	if (!tcp_reaper_evict_wanted(&rn->evict))
		return;
	n = tcp_reaper_evict_pick(&rn->evict, &rn->table,
				  tcp_reaper_tracked_excess(rn), !enforce,
				  doomed->entry, TCP_REAPER_BATCH);
	if (enforce) {
		doomed->nr = n;
		doomed->evicted = n;
		return;
	}
	for (i = 0; i < n; i++)
		would_reap(rn, doomed->entry[i]);
}

/* Looks at some of those that came due. */
static noinline_for_stack void look_around(struct tcp_reaper_net *rn,
					   struct tcp_reaper_doomed *doomed)
{
	unsigned long end = jiffies + LOOKS_JIFFIES;
	u64 now = tcp_reaper_now();
	struct tcp_reaper_entry *e;
	int looks;

	for (looks = 0; looks < LOOKS && doomed->nr < TCP_REAPER_BATCH;
	     looks++) {
		/* One in a long chain may take a millisecond. */
		if (time_after(jiffies, end))
			break;
		e = tcp_reaper_table_pop(&rn->table);
		if (!e)
			break;
		if (e->opening && doomed->nr) {
			/* Taking it in might end another's tracking. */
			tcp_reaper_table_unpop(&rn->table, e);
			break;
		}
		if (e->gone)
			tcp_reaper_entry_free(tcp_reaper_net_share(rn), e);
		else if (e->opening)
			tcp_reaper_intake(rn, e, now);
		else if (look(rn, e, doomed->nr, now))
			doomed->entry[doomed->nr++] = e;
	}
}

/* Under the lock: what is to be done next. */
static void find_work(struct tcp_reaper_net *rn,
		      struct tcp_reaper_doomed *doomed)
{
	lockdep_assert_held(&rn->lock);
	doomed->nr = 0;
	doomed->evicted = false;
	if (rn->closing)
		return;
	tcp_reaper_intake_some(rn, tcp_reaper_now(), LOOKS);
	tcp_reaper_table_come_due(&rn->table, tcp_reaper_now());
	pick_evicted(rn, doomed);
	/* Not both: what was picked is still in its generation. */
	if (!doomed->nr)
		look_around(rn, doomed);
	tcp_reaper_doomed_note(rn, doomed);
}

/* When there is something to do, by tcp_reaper_now(). */
static u64 next_due(struct tcp_reaper_net *rn)
{
	u64 due, now = tcp_reaper_now();

	lockdep_assert_held(&rn->lock);
	if (rn->closing)
		return TCP_REAPER_NOT_DUE;
	if (rn->incoming || !llist_empty(&rn->handed) ||
	    rn->evict.phase != TCP_REAPER_EVICT_REST)
		return now;
	if (!tcp_reaper_table_next_due(&rn->table, &due))
		return TCP_REAPER_NOT_DUE;
	if (rn->evict.crowded)
		due = min(due, max(now + msecs_to_jiffies(TCP_REAPER_GEN0_MS),
				   rn->evict.rested));
	return due;
}

/*
 * A census of a hash of its own, a part at a time. Returns true if there is
 * more to do.
 */
static bool walk_own_hash(struct tcp_reaper_net *rn)
{
	u32 asked = READ_ONCE(rn->census);

	if (likely(rn->walked == asked) || READ_ONCE(rn->closing))
		return false;
	if (rn->walk.census == rn->walked)
		tcp_reaper_walk_begin(&rn->walk, asked,
				      tcp_reaper_wants(rn,
						       TCP_REAPER_ESTABLISHED));
	if (READ_ONCE(rn->policy.mode) != TCP_REAPER_OFF &&
	    !tcp_reaper_walk_on(&rn->walk, tcp_reaper_hashinfo(rn->net),
				ktime_get_ns() + WALK_NS))
		return true;
	rn->walked = rn->walk.census;
	tcp_reaper_count(&rn->stats, TCP_REAPER_STAT_CENSUS_RUNS);
	return rn->walked != asked;
}

/**
 * tcp_reaper_round_serve - do what is due in a namespace
 * @rn: the namespace
 * @end: when to stop, by ktime_get_ns()
 *
 * Context: the owner's worker.
 * Return: when it is due again, by tcp_reaper_now().
 */
u64 tcp_reaper_round_serve(struct tcp_reaper_net *rn, u64 end)
{
	struct tcp_reaper_doomed doomed;
	u64 due;

	do {
		mutex_lock(&rn->lock);
		find_work(rn, &doomed);
		mutex_unlock(&rn->lock);
		if (doomed.nr)
			tcp_reaper_doomed_reap(rn, &doomed);
		cond_resched();
		mutex_lock(&rn->lock);
		due = next_due(rn);
		mutex_unlock(&rn->lock);
	} while (due <= tcp_reaper_now() && ktime_get_ns() < end &&
		 !tcp_reaper_owner_halted());
	return walk_own_hash(rn) ? tcp_reaper_now() : due;
}

/**
 * tcp_reaper_round_census - have a namespace's own hash of sockets walked
 * @rn: the namespace
 * @census: the number of the census that asks for it
 *
 * Context: any; does not sleep.
 */
void tcp_reaper_round_census(struct tcp_reaper_net *rn, u32 census)
{
	WRITE_ONCE(rn->census, census);
	tcp_reaper_owner_call(&rn->turn, tcp_reaper_now());
}

/**
 * tcp_reaper_round_join - have a namespace served from now on
 * @rn: our part of it, with @serve set in its turn
 * @net: the namespace
 *
 * Return: 0 or -ENOMEM.
 */
int tcp_reaper_round_join(struct tcp_reaper_net *rn, const struct net *net)
{
	init_llist_head(&rn->handed);
	return tcp_reaper_owner_join(&rn->turn, net);
}

/* Nothing is tracked any more; what was is in @table then, to be freed. */
static void forget_all(struct tcp_reaper_net *rn,
		       struct tcp_reaper_table *table)
{
	int c;

	tcp_reaper_table_detach(table, &rn->table);
	for (c = 0; c < TCP_REAPER_NR_CLASSES; c++)
		tcp_reaper_count_forgotten(&rn->stats, c, rn->acting[c],
					   rn->finished[c]);
	memset(rn->finished, 0, sizeof(rn->finished));
}

/**
 * tcp_reaper_round_leave - a namespace goes away, with all that is tracked
 * @rn: the namespace, closing: nobody hands anything over any more
 *
 * Context: process context, sleeps; waits until it is not being served.
 */
void tcp_reaper_round_leave(struct tcp_reaper_net *rn)
{
	struct tcp_reaper_share *share = tcp_reaper_net_share(rn);
	struct tcp_reaper_table table;
	struct llist_node *node;

	tcp_reaper_owner_quiet(&rn->turn);
	mutex_lock(&rn->lock);
	tcp_reaper_evict_stop(&rn->evict);
	forget_all(rn, &table);
	mutex_unlock(&rn->lock);
	tcp_reaper_table_free(&table, share);
	for (node = rn->incoming; node;) {
		struct tcp_reaper_entry *e =
			llist_entry(node, struct tcp_reaper_entry, handed);

		node = node->next;
		tcp_reaper_entry_free(share, e);
	}
	for (node = llist_del_all(&rn->handed); node;) {
		struct tcp_reaper_entry *e =
			llist_entry(node, struct tcp_reaper_entry, handed);

		node = node->next;
		tcp_reaper_entry_free(share, e);
	}
	tcp_reaper_log_empty(&rn->log, share);
	tcp_reaper_owner_leave(&rn->turn);
}

/**
 * tcp_reaper_round_again - the policy changed: look at every socket anew
 * @rn: the namespace, locked
 * @forgotten: with mode=off everything is forgotten instead, and is here then,
 *	to be freed without the lock; else empty
 */
void tcp_reaper_round_again(struct tcp_reaper_net *rn,
			    struct tcp_reaper_table *forgotten)
{
	lockdep_assert_held(&rn->lock);
	*forgotten = (struct tcp_reaper_table){};
	tcp_reaper_evict_break_off(&rn->evict);
	if (rn->policy.mode == TCP_REAPER_OFF)
		forget_all(rn, forgotten);
	else
		tcp_reaper_table_rescan(&rn->table);
	rn->evict.crowded = rn->policy.orphan_max;
	rn->evict.rested = 0;
	/* All ask anew. */
	rn->brake.waiting = 0;
	tcp_reaper_owner_call(&rn->turn, tcp_reaper_now());
}
