// SPDX-License-Identifier: GPL-2.0-only
/*
 * Taking in: what hook and census handed over becomes a tracked socket, unless
 * it is one already, or has left meanwhile.
 */
#include <linux/jiffies.h>
#include <linux/llist.h>
#include <net/sock.h>

#include "decide/verdict.h"
#include "entry.h"
#include "intake.h"
#include "net/net.h"
#include "show/stats.h"
#include "show/tracing.h"
#include "sock/clock.h"
#include "sock/facts.h"
#include "sock/weakref.h"
#include "tracked.h"
#include "trust.h"

/* A stretch of it ends, whatever one takes. */
#define INTAKE_JIFFIES (1 + HZ / 125)

/* A census was faster than the hook: now the time is known. */
static void learn_time(struct tcp_reaper_entry *e,
		       const struct tcp_reaper_entry *fresh)
{
	if (fresh->census || !e->census)
		return;
	e->census = 0;
	if (fresh->since < e->since)
		e->since = fresh->since;
}

/* At one whose chain was too long to look for it when it was reported. */
static void look_first(struct tcp_reaper_entry *e, const struct sock *sk,
		       u64 now)
{
	e->unseen = 0;
	tcp_reaper_entry_begin(e, sk, e->class, e->since);
	/* What it did till now is not known. */
	e->progress = now;
}

/*
 * A census looks at the shortest timeout that any rule gives, and at no rule,
 * as a tenant may have many: whether this one's time has come is asked here.
 */
static bool healthy(struct tcp_reaper_net *rn, struct tcp_reaper_entry *e,
		    const struct sock *sk, u64 now)
{
	struct tcp_reaper_decision d;
	struct tcp_reaper_facts facts;

	if (e->class != TCP_REAPER_ESTABLISHED)
		return false;
	tcp_reaper_entry_facts(e, sk, now, &facts);
	d = tcp_reaper_judge(rn, &rn->policy, sk, &facts, NULL);
	return tcp_reaper_tracked_healthy(&facts, d.verdict);
}

static void count_found(struct tcp_reaper_net *rn,
			const struct tcp_reaper_entry *e)
{
	if (!e->census)
		return;
	tcp_reaper_count_class(&rn->stats, e->class, TCP_REAPER_STAT_SEEN);
	/* The other classes are the census's own. */
	if (e->class == TCP_REAPER_CLOSE_WAIT || e->class == TCP_REAPER_ORPHAN)
		tcp_reaper_count(&rn->stats, TCP_REAPER_STAT_ADOPTED);
	if (e->unreported)
		tcp_reaper_count(&rn->stats, TCP_REAPER_STAT_HOOK_MISSED);
}

/* Returns true if @fresh is one that is known: it is to be freed then. */
static bool known(struct tcp_reaper_net *rn, struct sock *sk,
		  struct tcp_reaper_entry *fresh, u64 now)
{
	struct tcp_reaper_entry *e = tcp_reaper_table_find(&rn->table, sk);

	if (!e)
		return false;
	if (e->class == fresh->class && e->hash == fresh->hash &&
	    tcp_reaper_entry_same(e, sk)) {
		learn_time(e, fresh);
		return true;
	}
	/* Our own FIN sees to its end. */
	if (e->fin && tcp_reaper_entry_matches(e, sk))
		return true;
	/* It went from one class to another, or is an heir. */
	if (e->hash == fresh->hash && tcp_reaper_entry_same(e, sk))
		fresh->ruled = e->ruled;
	tcp_reaper_tracked_recovered(rn, e, sk, now);
	return false;
}

/**
 * tcp_reaper_intake - take in a socket that was handed over
 * @rn: the namespace, locked
 * @e: what was noted of it; it is freed if it is none to track
 * @now: tcp_reaper_now()
 *
 * If it is still what it was; one whose transition is not done yet is taken in
 * when it is looked at next.
 */
void tcp_reaper_intake(struct tcp_reaper_net *rn, struct tcp_reaper_entry *e,
		       u64 now)
{
	struct sock *sk = tcp_reaper_ref_get(rn->net, e->sk, e->hash);
	bool failed = false;

	lockdep_assert_held(&rn->lock);
	if (!sk || !tcp_reaper_entry_same(e, sk))
		goto drop;
	if (e->unseen)
		look_first(e, sk, now);
	if (tcp_reaper_sk_opening(sk, e->class)) {
		e->opening = 1;
		tcp_reaper_tracked_wait(rn, e, now, TCP_REAPER_NEVER);
		goto out;
	}
	e->opening = 0;
	if (!tcp_reaper_entry_matches(e, sk) ||
	    rn->policy.mode == TCP_REAPER_OFF ||
	    !tcp_reaper_wants(rn, e->class) || known(rn, sk, e, now) ||
	    healthy(rn, e, sk, now))
		goto drop;
	if (!tcp_reaper_table_add(&rn->table, e)) {
		tcp_reaper_count(&rn->stats, TCP_REAPER_STAT_TRACK_FAILED);
		tcp_reaper_trust_excuse(rn);
		failed = true;
		goto drop;
	}
	count_found(rn, e);
	tcp_reaper_count_class(&rn->stats, e->class, TCP_REAPER_STAT_TAKEN);
	tcp_reaper_gauge_tracked(&rn->stats, e->class, 1);
	tcp_reaper_trace_track(rn->net, e, sk,
			       tcp_reaper_elapsed_ms(e->since, now));
	tcp_reaper_tracked_crowd(rn, e->class);
	tcp_reaper_table_wait(&rn->table, e, now, 0);
out:
	sock_put(sk);
	return;
drop:
	if (sk)
		sock_put(sk);
	tcp_reaper_entry_free(tcp_reaper_net_share(rn), e);
	/* Not before, as what it had is no room for it. */
	if (failed)
		tcp_reaper_share_refuse();
}

static void take_list(struct tcp_reaper_net *rn)
{
	rn->incoming = llist_reverse_order(llist_del_all(&rn->handed));
}

/**
 * tcp_reaper_intake_some - take in some of those that were handed over
 * @rn: the namespace, locked
 * @now: tcp_reaper_now()
 * @most: how many at most
 */
void tcp_reaper_intake_some(struct tcp_reaper_net *rn, u64 now, int most)
{
	unsigned long end = jiffies + INTAKE_JIFFIES;
	struct tcp_reaper_entry *e;
	int n;

	/* To find one in a long chain may take a millisecond. */
	for (n = 0; n < most && time_before_eq(jiffies, end); n++) {
		if (!rn->incoming)
			take_list(rn);
		if (!rn->incoming)
			return;
		e = llist_entry(rn->incoming, struct tcp_reaper_entry, handed);
		rn->incoming = e->handed.next;
		tcp_reaper_intake(rn, e, now);
	}
}
