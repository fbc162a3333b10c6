// SPDX-License-Identifier: GPL-2.0
#include <linux/atomic.h>
#include <linux/build_bug.h>
#include <linux/kernel.h>

#include "stats.h"

#define CLASS_STATS(class) \
#class "_tracked", #class "_seen", #class "_recovered", \
		#class "_reaped", #class "_would_reap", #class "_evicted"

/* In the order of enum tcp_reaper_class, then of enum tcp_reaper_stat. */
static const char *const names[] = {
	CLASS_STATS(close_wait),
	CLASS_STATS(orphan),
	CLASS_STATS(fin_wait2),
	CLASS_STATS(established),
	"spared_active",
	"spared_unread",
	"spared_rule",
	"spared_kernel",
	"spared_mptcp",
	"spared_repair",
	"spared_ulp",
	"adopted",
	"raced",
	"reap_failed",
	"hook_missed",
	"queue_lost",
	"census_runs",
	"track_failed",
	"close_wait_age_ms_le_1000",
	"close_wait_age_ms_le_10000",
	"close_wait_age_ms_le_60000",
	"close_wait_age_ms_le_300000",
	"close_wait_age_ms_le_1800000",
	"close_wait_age_ms_le_3600000",
	"close_wait_age_ms_le_21600000",
	"close_wait_age_ms_le_86400000",
	"close_wait_age_ms_le_inf",
};

/* Must agree with the names above; the last bound is infinity. */
static const u64 age_bounds_ms[TCP_REAPER_NR_AGE_BOUNDS] = {
	1000,	 10000,	   60000,    300000,  1800000,
	3600000, 21600000, 86400000, U64_MAX,
};

/**
 * tcp_reaper_count - one more of @stat
 * @stats: of the namespace
 * @stat: which counter
 *
 * Context: any; a probe handler only on its way to giving up.
 */
void tcp_reaper_count(struct tcp_reaper_stats *stats, enum tcp_reaper_stat stat)
{
	atomic64_inc(&stats->v[stat]);
}

static enum tcp_reaper_stat class_stat(enum tcp_reaper_class class,
				       enum tcp_reaper_class_stat stat)
{
	return class * TCP_REAPER_NR_CLASS_STATS + stat;
}

/**
 * tcp_reaper_count_class - one more of a class's @stat
 * @stats: of the namespace
 * @class: the class
 * @stat: which of its counters
 */
void tcp_reaper_count_class(struct tcp_reaper_stats *stats,
			    enum tcp_reaper_class class,
			    enum tcp_reaper_class_stat stat)
{
	tcp_reaper_count(stats, class_stat(class, stat));
}

/**
 * tcp_reaper_count_seen - more sockets entered a class
 * @stats: of the namespace
 * @class: the class
 * @n: how many
 */
void tcp_reaper_count_seen(struct tcp_reaper_stats *stats,
			   enum tcp_reaper_class class, u32 n)
{
	atomic64_add(n, &stats->v[class_stat(class, TCP_REAPER_STAT_SEEN)]);
}

/**
 * tcp_reaper_gauge_tracked - more or fewer sockets tracked
 * @stats: of the namespace
 * @class: the class
 * @delta: by how many
 */
void tcp_reaper_gauge_tracked(struct tcp_reaper_stats *stats,
			      enum tcp_reaper_class class, int delta)
{
	atomic64_add(delta,
		     &stats->v[class_stat(class, TCP_REAPER_STAT_TRACKED)]);
}

/**
 * tcp_reaper_gauge_read - how many sockets of a class are tracked
 * @stats: of the namespace
 * @class: the class
 *
 * Return: the number.
 */
u64 tcp_reaper_gauge_read(const struct tcp_reaper_stats *stats,
			  enum tcp_reaper_class class)
{
	return tcp_reaper_stat_read(stats,
				    class_stat(class, TCP_REAPER_STAT_TRACKED));
}

/**
 * tcp_reaper_gauge_clear - nothing of a class is tracked any more
 * @stats: of the namespace
 * @class: the class
 */
void tcp_reaper_gauge_clear(struct tcp_reaper_stats *stats,
			    enum tcp_reaper_class class)
{
	atomic64_set(&stats->v[class_stat(class, TCP_REAPER_STAT_TRACKED)], 0);
}

/**
 * tcp_reaper_count_spared - one more socket let alone
 * @stats: of the namespace
 * @verdict: why; verdicts that spare nobody are ignored
 */
void tcp_reaper_count_spared(struct tcp_reaper_stats *stats,
			     enum tcp_reaper_verdict verdict)
{
	if (verdict >= TCP_REAPER_SPARED_ACTIVE &&
	    verdict < TCP_REAPER_NR_VERDICTS)
		tcp_reaper_count(stats,
				 TCP_REAPER_STAT_SPARED_ACTIVE +
					 (verdict - TCP_REAPER_SPARED_ACTIVE));
}

/**
 * tcp_reaper_count_end - a socket is no longer tracked
 * @stats: of the namespace
 * @class: the class in which it was
 * @age_ms: for how long it was in it
 *
 * Counts in every bucket that holds the age, as a cumulative histogram does.
 */
void tcp_reaper_count_end(struct tcp_reaper_stats *stats,
			  enum tcp_reaper_class class, u64 age_ms)
{
	int i;

	if (class != TCP_REAPER_CLOSE_WAIT)
		return;
	for (i = 0; i < TCP_REAPER_NR_AGE_BOUNDS; i++)
		if (age_ms <= age_bounds_ms[i])
			tcp_reaper_count(stats,
					 TCP_REAPER_STAT_CLOSE_WAIT_AGE + i);
}

/**
 * tcp_reaper_stat_name - a counter's name in procfs and sysfs
 * @stat: which one
 *
 * Return: a constant string.
 */
const char *tcp_reaper_stat_name(enum tcp_reaper_stat stat)
{
	BUILD_BUG_ON(ARRAY_SIZE(names) != TCP_REAPER_NR_STATS);
	return names[stat];
}

/**
 * tcp_reaper_stat_read - a counter's value
 * @stats: of the namespace
 * @stat: which one
 *
 * Return: the value, never negative.
 */
u64 tcp_reaper_stat_read(const struct tcp_reaper_stats *stats,
			 enum tcp_reaper_stat stat)
{
	return atomic64_read(&stats->v[stat]);
}
