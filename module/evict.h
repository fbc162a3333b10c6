/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TCP_REAPER_EVICT_H
#define TCP_REAPER_EVICT_H

#include <linux/types.h>

struct tcp_reaper_entry;
struct tcp_reaper_net;

/**
 * struct tcp_reaper_evict - how far the eviction of orphans has got
 * @crowded: there may be more than orphan/max; set with each new one, cleared
 *	when a round begins: it does not know of those that come meanwhile
 * @picking: the rest is about a round of picking that goes on
 * @cutoff: those older than this go, jiffies64
 * @ties: how many go of those just as old
 * @cursor: place in the table (tcp_reaper_table_from())
 * @rested: no new round before, jiffies64; 0 for at once
 *
 * Protected by struct tcp_reaper_net.lock.
 */
struct tcp_reaper_evict {
	bool crowded;
	bool picking;
	u64 cutoff;
	u32 ties;
	u64 cursor;
	u64 rested;
};

int tcp_reaper_evict_pick(struct tcp_reaper_net *rn,
			  struct tcp_reaper_entry **batch, int room);

#endif
