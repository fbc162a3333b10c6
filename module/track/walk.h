/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_WALK_H
#define TCP_REAPER_WALK_H

#include <linux/types.h>

struct inet_hashinfo;
struct tcp_reaper_place;

void tcp_reaper_walk_begin(struct tcp_reaper_place *walk, u32 census,
			   bool established);
bool tcp_reaper_walk_on(struct tcp_reaper_place *walk,
			struct inet_hashinfo *hashinfo, u64 end);

#endif
