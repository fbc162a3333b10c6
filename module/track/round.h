/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_ROUND_H
#define TCP_REAPER_ROUND_H

#include <linux/types.h>

struct net;
struct tcp_reaper_net;

int tcp_reaper_round_join(struct tcp_reaper_net *rn, const struct net *net);
u64 tcp_reaper_round_serve(struct tcp_reaper_net *rn, u64 end);
void tcp_reaper_round_leave(struct tcp_reaper_net *rn);
void tcp_reaper_round_census(struct tcp_reaper_net *rn, u32 census);
void tcp_reaper_round_again(struct tcp_reaper_net *rn,
			    struct tcp_reaper_table *forgotten);

#endif
