/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_EVICT_H
#define TCP_REAPER_EVICT_H

#include <linux/types.h>

struct tcp_reaper_ages;
struct tcp_reaper_entry;
struct tcp_reaper_table;

/**
 * enum tcp_reaper_evict_phase - what a round of eviction is at
 * @TCP_REAPER_EVICT_REST: nothing
 * @TCP_REAPER_EVICT_OLDEST: looks for the oldest orphan
 * @TCP_REAPER_EVICT_COUNT: counts orphans by age
 * @TCP_REAPER_EVICT_PICK: picks those that go
 */
enum tcp_reaper_evict_phase {
	TCP_REAPER_EVICT_REST,
	TCP_REAPER_EVICT_OLDEST,
	TCP_REAPER_EVICT_COUNT,
	TCP_REAPER_EVICT_PICK,
};

/**
 * struct tcp_reaper_evict - how far the eviction of orphans has got
 * @crowded: there may be more than orphan/max; set with each new one, cleared
 *	when a round begins: it does not know of those that come meanwhile
 * @phase: enum tcp_reaper_evict_phase
 * @cursor: place in the table (tcp_reaper_table_from())
 * @ages: while the round goes on, or what one that was broken off left
 * @rank: how many go, of those not yet ruled out
 * @cutoff: those older than this go, by tcp_reaper_now()
 * @ties: how many go of those just as old
 * @rested: no new round before, by tcp_reaper_now(); 0 for at once
 *
 * Protected by struct tcp_reaper_net.lock.
 */
struct tcp_reaper_evict {
	bool crowded;
	u8 phase;
	u64 cursor;
	struct tcp_reaper_ages *ages;
	u32 rank;
	u64 cutoff;
	u32 ties;
	u64 rested;
};

bool tcp_reaper_evict_wanted(const struct tcp_reaper_evict *evict);
void tcp_reaper_evict_break_off(struct tcp_reaper_evict *evict);
void tcp_reaper_evict_stop(struct tcp_reaper_evict *evict);
int tcp_reaper_evict_pick(struct tcp_reaper_evict *evict,
			  struct tcp_reaper_table *table, u64 excess,
			  bool observed, struct tcp_reaper_entry **batch,
			  int room);

#endif
