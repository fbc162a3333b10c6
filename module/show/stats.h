/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_STATS_H
#define TCP_REAPER_STATS_H

#include <linux/atomic.h>
#include <linux/types.h>

#include "shared/policy.h"

/** enum tcp_reaper_class_stat - what is counted for each class */
enum tcp_reaper_class_stat {
	TCP_REAPER_STAT_TRACKED, /* gauge */
	TCP_REAPER_STAT_SEEN, /* entered the class, for however short a time */
	TCP_REAPER_STAT_RECOVERED, /* left by itself after it was tracked */
	TCP_REAPER_STAT_REAPED,
	TCP_REAPER_STAT_WOULD_REAP, /* once a socket, in observe */
	TCP_REAPER_STAT_EVICTED, /* one too many */
	TCP_REAPER_STAT_TAKEN, /* began to be tracked */
	TCP_REAPER_STAT_FORGOTTEN, /* tracked no more, as nobody asks */
	TCP_REAPER_NR_CLASS_STATS,
};

/* Ages at the end of tracking, close_wait_age_ms_le_BOUND. */
#define TCP_REAPER_NR_AGE_BOUNDS 9

/**
 * enum tcp_reaper_stat - a namespace's counters; names are in stats.c
 *
 * First those of each class, TCP_REAPER_NR_CLASS_STATS apiece.
 */
enum tcp_reaper_stat {
	TCP_REAPER_STAT_SPARED_ACTIVE =
		TCP_REAPER_NR_CLASSES * TCP_REAPER_NR_CLASS_STATS,
	TCP_REAPER_STAT_SPARED_UNREAD,
	TCP_REAPER_STAT_SPARED_RULE,
	TCP_REAPER_STAT_SPARED_KERNEL,
	TCP_REAPER_STAT_SPARED_MPTCP,
	TCP_REAPER_STAT_SPARED_REPAIR,
	TCP_REAPER_STAT_SPARED_ULP,
	TCP_REAPER_STAT_ADOPTED, /* found by a census */
	TCP_REAPER_STAT_RACED, /* changed between decision and act */
	TCP_REAPER_STAT_REAP_FAILED,
	TCP_REAPER_STAT_HOOK_MISSED, /* a census found what the hook should have
				      */
	TCP_REAPER_STAT_QUEUE_LOST, /* a full nursery ring */
	TCP_REAPER_STAT_CENSUS_RUNS,
	TCP_REAPER_STAT_TRACK_FAILED, /* max_tracked, share of it, memory */
	TCP_REAPER_STAT_WOULD_PROBE, /* once a socket, in observe */
	TCP_REAPER_STAT_BRAKED, /* had to wait for reaps_per_s, once a socket */
	TCP_REAPER_STAT_CLOSE_WAIT_AGE,
	TCP_REAPER_STAT_CLOSE_WAIT_AGE_SUM =
		TCP_REAPER_STAT_CLOSE_WAIT_AGE + TCP_REAPER_NR_AGE_BOUNDS,
	TCP_REAPER_NR_STATS,
	/* In a file of their own: ages of those that left by themselves, a
	 * histogram a class, CLASS_recovered_age_ms_le_BOUND.
	 */
	TCP_REAPER_STAT_RECOVERED_AGE = TCP_REAPER_NR_STATS,
	TCP_REAPER_NR_STATS_AND_AGES =
		TCP_REAPER_STAT_RECOVERED_AGE +
		TCP_REAPER_NR_CLASSES * TCP_REAPER_NR_AGE_BOUNDS,
};

/**
 * struct tcp_reaper_stats - a namespace's counters
 * @v: by enum tcp_reaper_stat; atomic, as neither who counts nor who reads
 *takes a lock
 */
struct tcp_reaper_stats {
	atomic64_t v[TCP_REAPER_NR_STATS_AND_AGES];
};

void tcp_reaper_stats_host(struct tcp_reaper_stats *stats);
void tcp_reaper_stats_add(struct tcp_reaper_stats *stats,
			  enum tcp_reaper_stat stat, u64 n);
void tcp_reaper_count(struct tcp_reaper_stats *stats,
		      enum tcp_reaper_stat stat);
void tcp_reaper_count_class(struct tcp_reaper_stats *stats,
			    enum tcp_reaper_class class,
			    enum tcp_reaper_class_stat stat);
void tcp_reaper_count_seen(struct tcp_reaper_stats *stats,
			   enum tcp_reaper_class class, u32 n);
void tcp_reaper_gauge_tracked(struct tcp_reaper_stats *stats,
			      enum tcp_reaper_class class, int delta);
u64 tcp_reaper_gauge_read(const struct tcp_reaper_stats *stats,
			  enum tcp_reaper_class class);
void tcp_reaper_count_forgotten(struct tcp_reaper_stats *stats,
				enum tcp_reaper_class class, u32 acting,
				u32 finished);
void tcp_reaper_count_spared(struct tcp_reaper_stats *stats,
			     enum tcp_reaper_verdict verdict);
void tcp_reaper_count_end(struct tcp_reaper_stats *stats,
			  enum tcp_reaper_class class, u64 age_ms);
void tcp_reaper_count_recovered(struct tcp_reaper_stats *stats,
				enum tcp_reaper_class class, u64 age_ms);
enum tcp_reaper_stat tcp_reaper_stat_first(enum tcp_reaper_stat stat);
const char *tcp_reaper_stat_name(enum tcp_reaper_stat stat);
u64 tcp_reaper_stat_read(const struct tcp_reaper_stats *stats,
			 enum tcp_reaper_stat stat);
u64 tcp_reaper_stat_read_others(enum tcp_reaper_stat stat);
bool tcp_reaper_stat_is_gauge(enum tcp_reaper_stat stat);

#endif
