// SPDX-License-Identifier: GPL-2.0-only
#include <linux/atomic.h>
#include <linux/build_bug.h>
#include <linux/kernel.h>
#include <linux/percpu.h>

#include "stats.h"

#define CLASS_STATS(class) \
#class "_tracked", #class "_seen", #class "_recovered", \
		#class "_reaped", #class "_would_reap", #class "_evicted", \
		#class "_taken", #class "_forgotten"

#define RECOVERED_AGES(class) \
#class "_recovered_age_ms_le_1000", \
		#class "_recovered_age_ms_le_10000", \
		#class "_recovered_age_ms_le_60000", \
		#class "_recovered_age_ms_le_300000", \
		#class "_recovered_age_ms_le_1800000", \
		#class "_recovered_age_ms_le_3600000", \
		#class "_recovered_age_ms_le_21600000", \
		#class "_recovered_age_ms_le_86400000", \
		#class "_recovered_age_ms_le_inf"

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
	"established_would_probe",
	"braked",
	"close_wait_age_ms_le_1000",
	"close_wait_age_ms_le_10000",
	"close_wait_age_ms_le_60000",
	"close_wait_age_ms_le_300000",
	"close_wait_age_ms_le_1800000",
	"close_wait_age_ms_le_3600000",
	"close_wait_age_ms_le_21600000",
	"close_wait_age_ms_le_86400000",
	"close_wait_age_ms_le_inf",
	"close_wait_age_ms_sum",
	RECOVERED_AGES(close_wait),
	RECOVERED_AGES(orphan),
	RECOVERED_AGES(fin_wait2),
	RECOVERED_AGES(established),
};

/* Must agree with the names above; the last bound is infinity. */
static const u64 age_bounds_ms[TCP_REAPER_NR_AGE_BOUNDS] = {
	1000,	 10000,	   60000,    300000,  1800000,
	3600000, 21600000, 86400000, U64_MAX,
};

/*
 * What was counted in all namespaces but the initial one, so that it survives
 * them. By CPU: who counts waits for nobody's cache line, and neither the end
 * of a namespace nor a reader has to walk over the others.
 */
static DEFINE_PER_CPU(struct tcp_reaper_stats, others);

/* Of the initial namespace, which does not end. */
static struct tcp_reaper_stats *host;

/**
 * tcp_reaper_stats_host - which counters are the initial namespace's
 * @stats: these
 */
void tcp_reaper_stats_host(struct tcp_reaper_stats *stats)
{
	WRITE_ONCE(host, stats);
}

static void add(struct tcp_reaper_stats *stats, unsigned int stat, u64 n)
{
	atomic64_add(n, &stats->v[stat]);
	if (stats != READ_ONCE(host))
		atomic64_add(n, &raw_cpu_ptr(&others)->v[stat]);
}

/**
 * tcp_reaper_stats_add - more of @stat, counted elsewhere
 * @stats: of the namespace; NULL: of namespaces that are gone
 * @stat: which counter; of a bucket its own, without those before it
 * @n: how many
 *
 * Context: any.
 */
void tcp_reaper_stats_add(struct tcp_reaper_stats *stats,
			  enum tcp_reaper_stat stat, u64 n)
{
	if (stats)
		add(stats, stat, n);
	else
		atomic64_add(n, &raw_cpu_ptr(&others)->v[stat]);
}

/**
 * tcp_reaper_count - one more of @stat
 * @stats: of the namespace
 * @stat: which counter
 *
 * Context: any; a probe handler only on its way to giving up.
 */
void tcp_reaper_count(struct tcp_reaper_stats *stats, enum tcp_reaper_stat stat)
{
	add(stats, stat, 1);
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
	add(stats, class_stat(class, TCP_REAPER_STAT_SEEN), n);
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
 * tcp_reaper_count_forgotten - nothing of a class is tracked any more
 * @stats: of the namespace
 * @class: the class
 * @acting: so many are being acted on, and counted afterwards: till then they
 *	are said to be tracked
 * @finished: so many were counted as reaped already
 */
void tcp_reaper_count_forgotten(struct tcp_reaper_stats *stats,
				enum tcp_reaper_class class, u32 acting,
				u32 finished)
{
	atomic64_t *tracked =
		&stats->v[class_stat(class, TCP_REAPER_STAT_TRACKED)];

	add(stats, class_stat(class, TCP_REAPER_STAT_FORGOTTEN),
	    atomic64_xchg(tracked, acting) - acting - finished);
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

static int bucket(u64 age_ms)
{
	int i = 0;

	while (age_ms > age_bounds_ms[i])
		i++;
	return i;
}

/**
 * tcp_reaper_count_end - a socket is no longer tracked
 * @stats: of the namespace
 * @class: the class in which it was
 * @age_ms: for how long it was in it
 *
 * Counts in the one bucket that holds the age: a reader adds them up.
 */
void tcp_reaper_count_end(struct tcp_reaper_stats *stats,
			  enum tcp_reaper_class class, u64 age_ms)
{
	if (class != TCP_REAPER_CLOSE_WAIT)
		return;
	add(stats, TCP_REAPER_STAT_CLOSE_WAIT_AGE + bucket(age_ms), 1);
	add(stats, TCP_REAPER_STAT_CLOSE_WAIT_AGE_SUM, age_ms);
}

/**
 * tcp_reaper_count_recovered - a tracked socket left by itself
 * @stats: of the namespace
 * @class: the class in which it was
 * @age_ms: for how long, as far as anybody noticed
 */
void tcp_reaper_count_recovered(struct tcp_reaper_stats *stats,
				enum tcp_reaper_class class, u64 age_ms)
{
	tcp_reaper_count_class(stats, class, TCP_REAPER_STAT_RECOVERED);
	add(stats,
	    TCP_REAPER_STAT_RECOVERED_AGE + class * TCP_REAPER_NR_AGE_BOUNDS +
		    bucket(age_ms),
	    1);
}

/**
 * tcp_reaper_stat_name - a counter's name in procfs and sysfs
 * @stat: which one
 *
 * Return: a constant string.
 */
const char *tcp_reaper_stat_name(enum tcp_reaper_stat stat)
{
	BUILD_BUG_ON(ARRAY_SIZE(names) != TCP_REAPER_NR_STATS_AND_AGES);
	return names[stat];
}

/**
 * tcp_reaper_stat_is_gauge - does it go down as well
 * @stat: which one
 *
 * Return: true if it says how many there are now.
 */
bool tcp_reaper_stat_is_gauge(enum tcp_reaper_stat stat)
{
	return stat < TCP_REAPER_NR_CLASSES * TCP_REAPER_NR_CLASS_STATS &&
	       stat % TCP_REAPER_NR_CLASS_STATS == TCP_REAPER_STAT_TRACKED;
}

/**
 * tcp_reaper_stat_first - the bucket that a histogram begins with
 * @stat: one of its buckets
 *
 * Return: the bucket; @stat itself, if that is none.
 */
enum tcp_reaper_stat tcp_reaper_stat_first(enum tcp_reaper_stat stat)
{
	if (stat >= TCP_REAPER_STAT_RECOVERED_AGE)
		return stat - (stat - TCP_REAPER_STAT_RECOVERED_AGE) %
				      TCP_REAPER_NR_AGE_BOUNDS;
	if (stat >= TCP_REAPER_STAT_CLOSE_WAIT_AGE &&
	    stat < TCP_REAPER_STAT_CLOSE_WAIT_AGE_SUM)
		return TCP_REAPER_STAT_CLOSE_WAIT_AGE;
	return stat;
}

/**
 * tcp_reaper_stat_read - a counter's value
 * @stats: of the namespace
 * @stat: which one; a bucket holds those before it, too
 *
 * Return: the value, never negative.
 */
u64 tcp_reaper_stat_read(const struct tcp_reaper_stats *stats,
			 enum tcp_reaper_stat stat)
{
	unsigned int i;
	u64 sum = 0;

	for (i = tcp_reaper_stat_first(stat); i <= stat; i++)
		sum += atomic64_read(&stats->v[i]);
	return sum;
}

/**
 * tcp_reaper_stat_read_others - a counter of all namespaces but the initial
 * @stat: which one; no gauge
 *
 * Return: the sum since the module was loaded, of those that are gone as well.
 */
u64 tcp_reaper_stat_read_others(enum tcp_reaper_stat stat)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += tcp_reaper_stat_read(per_cpu_ptr(&others, cpu), stat);
	return sum;
}
