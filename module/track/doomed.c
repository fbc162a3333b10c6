// SPDX-License-Identifier: GPL-2.0-only
/*
 * A few sockets whose time is up, on their way through act.c: what is noted
 * before the lock is let go of, and what becomes of each after the act.
 */
#include <linux/bits.h>
#include <linux/jiffies.h>
#include <linux/lockdep.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "act/act.h"
#include "doomed.h"
#include "net/net.h"
#include "shared/brake.h"
#include "show/log.h"
#include "show/pollers.h"
#include "show/stats.h"
#include "sock/clock.h"
#include "tracked.h"

/* Time until a socket is tried again whose owner is inside a system call. */
#define LOCKED_MS 100
/* A stretch of acts ends, whatever one takes. */
#define ACTS_JIFFIES (1 + HZ / 125)

/**
 * tcp_reaper_doomed_note - take what the acts are to work on
 * @rn: the namespace, locked
 * @doomed: with @nr, @evicted and @entry set
 *
 * From here on the entries may only be followed if the table stays what it is.
 */
void tcp_reaper_doomed_note(struct tcp_reaper_net *rn,
			    struct tcp_reaper_doomed *doomed)
{
	const struct tcp_reaper_entry *e;
	int i;

	lockdep_assert_held(&rn->lock);
	doomed->finished = 0;
	doomed->epoch = rn->table.epoch;
	for (i = 0; i < doomed->nr; i++) {
		e = doomed->entry[i];
		doomed->copy[i] = *e;
		doomed->finished |= e->fin << i;
		rn->acting[e->class] += !e->fin;
	}
}

static enum tcp_reaper_class_stat stat_of_end(bool evicted)
{
	return evicted ? TCP_REAPER_STAT_EVICTED : TCP_REAPER_STAT_REAPED;
}

/* After the act, under the lock again. */
static void settle(struct tcp_reaper_net *rn, struct tcp_reaper_entry *e,
		   enum tcp_reaper_outcome outcome, bool evicted, u64 now)
{
	bool ended = false;
	u64 wait_ms = 0;

	switch (outcome) {
	case TCP_REAPER_REAPED:
		if (!e->fin)
			tcp_reaper_count_class(&rn->stats, e->class,
					       stat_of_end(evicted));
		tcp_reaper_tracked_end(rn, e, NULL, now);
		ended = true;
		break;
	case TCP_REAPER_BEGUN:
		if (e->fin)
			tcp_reaper_count_class(&rn->stats, e->class,
					       TCP_REAPER_STAT_REAPED);
		break;
	case TCP_REAPER_RACED_GONE:
		tcp_reaper_count(&rn->stats, TCP_REAPER_STAT_RACED);
		tcp_reaper_tracked_recovered(rn, e, NULL, now);
		ended = true;
		break;
	case TCP_REAPER_RACED_CHANGED:
		tcp_reaper_count(&rn->stats, TCP_REAPER_STAT_RACED);
		break;
	case TCP_REAPER_FAILED:
		tcp_reaper_count(&rn->stats, TCP_REAPER_STAT_REAP_FAILED);
		wait_ms = TCP_REAPER_NEVER;
		break;
	case TCP_REAPER_LOCKED:
		rn->evict.crowded |= evicted;
		wait_ms = LOCKED_MS;
		break;
	case TCP_REAPER_PUT_OFF:
		rn->evict.crowded |= evicted;
		break;
	}
	/* One still in a generation is freed, or looked at, with that. */
	if (evicted)
		return;
	if (ended)
		tcp_reaper_entry_free(tcp_reaper_net_share(rn), e);
	else
		tcp_reaper_tracked_wait(rn, e, now, wait_ms);
}

/*
 * Of a table that was cleared meanwhile only what is counted is left: it has
 * not been counted as forgotten yet (forget_all()).
 */
static void settle_cleared(struct tcp_reaper_net *rn,
			   const struct tcp_reaper_entry *copy,
			   enum tcp_reaper_outcome outcome, bool evicted)
{
	enum tcp_reaper_class_stat stat = TCP_REAPER_STAT_FORGOTTEN;

	if (outcome == TCP_REAPER_REAPED)
		stat = stat_of_end(evicted);
	else if (outcome == TCP_REAPER_BEGUN && copy->fin)
		stat = TCP_REAPER_STAT_REAPED;
	tcp_reaper_count_class(&rn->stats, copy->class, stat);
	tcp_reaper_gauge_tracked(&rn->stats, copy->class, -1);
}

/* Was it acted on? Who keeps sockets busy is not to use the brake up. */
static bool was_done(enum tcp_reaper_outcome outcome)
{
	return outcome == TCP_REAPER_REAPED || outcome == TCP_REAPER_BEGUN;
}

/* Returns after a while, with those put off that it did not come to. */
static void act_on(struct tcp_reaper_net *rn, struct tcp_reaper_doomed *doomed)
{
	unsigned long end = jiffies + ACTS_JIFFIES;
	bool told = false;
	int i;

	/* Before a socket is locked. */
	tcp_reaper_log_grow(&rn->log, tcp_reaper_net_share(rn));
	for (i = 0; i < doomed->nr; i++) {
		/* One in a long chain may take a millisecond. */
		if (time_after(jiffies, end)) {
			doomed->outcome[i] = TCP_REAPER_PUT_OFF;
			continue;
		}
		doomed->outcome[i] =
			tcp_reaper_act(rn, &doomed->copy[i], doomed->evicted);
		told |= was_done(doomed->outcome[i]) ||
			doomed->outcome[i] == TCP_REAPER_FAILED;
		cond_resched();
	}
	if (told)
		tcp_reaper_pollers_tell(rn->log.pollers);
}

/**
 * tcp_reaper_doomed_reap - act on them, and note what became of each
 * @rn: the namespace, not locked
 * @doomed: as tcp_reaper_doomed_note() left it
 *
 * Context: process context, may sleep, but for nobody.
 */
void tcp_reaper_doomed_reap(struct tcp_reaper_net *rn,
			    struct tcp_reaper_doomed *doomed)
{
	u64 now;
	int i;

	act_on(rn, doomed);
	mutex_lock(&rn->lock);
	now = tcp_reaper_now();
	memset(rn->acting, 0, sizeof(rn->acting));
	for (i = 0; i < doomed->nr; i++) {
		bool finished = doomed->finished & BIT(i);
		struct tcp_reaper_entry *e = doomed->entry[i];

		if (!doomed->evicted && was_done(doomed->outcome[i]))
			tcp_reaper_brake_done(&rn->brake,
					      jiffies64_to_msecs(now));
		if (doomed->epoch == rn->table.epoch) {
			tcp_reaper_entry_merge(e, &doomed->copy[i]);
			rn->finished[e->class] += e->fin - finished;
			settle(rn, e, doomed->outcome[i], doomed->evicted, now);
		} else if (!finished) {
			settle_cleared(rn, &doomed->copy[i], doomed->outcome[i],
				       doomed->evicted);
		}
	}
	mutex_unlock(&rn->lock);
}
