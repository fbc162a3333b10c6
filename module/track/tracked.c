// SPDX-License-Identifier: GPL-2.0-only
/*
 * A tracked socket from its first look to its last, as the counters see it:
 * when it is looked at next, why it is tracked no more, and whether there are
 * too many of its kind.
 */
#include <linux/jiffies.h>

#include "entry.h"
#include "net/net.h"
#include "show/stats.h"
#include "show/tracing.h"
#include "sock/clock.h"
#include "sock/facts.h"
#include "tracked.h"

/**
 * tcp_reaper_tracked_healthy - is a socket none to track
 * @facts: what is known of it
 * @verdict: what its policy says about it
 *
 * One in ESTABLISHED costs no memory for as long as it is not idle for its
 * timeout, or none that is to be looked at. One whose stamps would not last
 * until its timeout is kept for its own clock.
 *
 * Return: true if it is healthy.
 */
bool tcp_reaper_tracked_healthy(const struct tcp_reaper_facts *facts,
				u8 verdict)
{
	if (facts->class != TCP_REAPER_ESTABLISHED || facts->probed)
		return false;
	if (verdict == TCP_REAPER_SPARED_ACTIVE)
		return true;
	return verdict == TCP_REAPER_WAIT &&
	       facts->idle_ms < tcp_reaper_stamped_ms();
}

/**
 * tcp_reaper_tracked_wait - set the next look
 * @rn: the namespace, locked
 * @e: what is tracked; it waits for nothing now
 * @now: tcp_reaper_now()
 * @wait_ms: for how long its verdict stands
 *
 * Looks grow apart with age, and meet the end of the verdict.
 */
void tcp_reaper_tracked_wait(struct tcp_reaper_net *rn,
			     struct tcp_reaper_entry *e, u64 now, u64 wait_ms)
{
	u64 wait = now > e->since ? (now - e->since) / 4 : 0;

	if (wait_ms < jiffies64_to_msecs(wait))
		wait = msecs_to_jiffies(wait_ms);
	tcp_reaper_table_wait(&rn->table, e, now, wait);
}

/**
 * tcp_reaper_tracked_end - a socket is tracked no more
 * @rn: the namespace, locked
 * @e: what was tracked; its memory is the caller's to see to
 * @sk: the socket, pinned; NULL if it is gone
 * @now: tcp_reaper_now()
 */
void tcp_reaper_tracked_end(struct tcp_reaper_net *rn,
			    struct tcp_reaper_entry *e, const struct sock *sk,
			    u64 now)
{
	u64 age_ms = tcp_reaper_elapsed_ms(e->since, now);

	tcp_reaper_count_end(&rn->stats, e->class, age_ms);
	tcp_reaper_trace_untrack(rn->net, e, sk, age_ms);
	tcp_reaper_gauge_tracked(&rn->stats, e->class, -1);
	rn->finished[e->class] -= e->fin;
	tcp_reaper_table_unlink(&rn->table, e);
}

/**
 * tcp_reaper_tracked_recovered - it left by itself, as far as anybody can tell
 * @rn: the namespace, locked
 * @e: what was tracked; its memory is the caller's to see to
 * @sk: the socket, pinned; NULL if it is gone
 * @now: tcp_reaper_now()
 */
void tcp_reaper_tracked_recovered(struct tcp_reaper_net *rn,
				  struct tcp_reaper_entry *e,
				  const struct sock *sk, u64 now)
{
	/* Our FIN was counted when it was sent; the kernel's probes were not.
	 */
	if (e->probing)
		tcp_reaper_count_class(&rn->stats, e->class,
				       TCP_REAPER_STAT_REAPED);
	else if (!e->fin)
		tcp_reaper_count_recovered(&rn->stats, e->class,
					   tcp_reaper_elapsed_ms(e->since,
								 now));
	tcp_reaper_tracked_end(rn, e, sk, now);
}

/**
 * tcp_reaper_tracked_forgotten - its class is not looked for any more
 * @rn: the namespace, locked
 * @e: what was tracked; its memory is the caller's to see to
 * @sk: the socket, pinned
 * @now: tcp_reaper_now()
 */
void tcp_reaper_tracked_forgotten(struct tcp_reaper_net *rn,
				  struct tcp_reaper_entry *e,
				  const struct sock *sk, u64 now)
{
	/* Our FIN was counted when it was sent. */
	if (!e->fin)
		tcp_reaper_count_class(&rn->stats, e->class,
				       TCP_REAPER_STAT_FORGOTTEN);
	tcp_reaper_tracked_end(rn, e, sk, now);
}

/**
 * tcp_reaper_tracked_excess - how many orphans are too many
 * @rn: the namespace, locked
 *
 * Return: how many there are past orphan/max.
 */
u64 tcp_reaper_tracked_excess(struct tcp_reaper_net *rn)
{
	u64 held = tcp_reaper_gauge_read(&rn->stats, TCP_REAPER_ORPHAN);
	u32 max = rn->policy.orphan_max;

	return max && held > max ? held - max : 0;
}

/**
 * tcp_reaper_tracked_crowd - there is one more that could be evicted
 * @rn: the namespace, locked
 * @class: its class; past orphan/max there is a round of eviction for it
 */
void tcp_reaper_tracked_crowd(struct tcp_reaper_net *rn,
			      enum tcp_reaper_class class)
{
	if (class == TCP_REAPER_ORPHAN && tcp_reaper_tracked_excess(rn))
		rn->evict.crowded = true;
}
