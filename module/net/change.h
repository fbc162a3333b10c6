/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_CHANGE_H
#define TCP_REAPER_CHANGE_H

#include <linux/types.h>

struct tcp_reaper_knob;
struct tcp_reaper_net;
struct tcp_reaper_policy;

int tcp_reaper_change_knob(struct tcp_reaper_net *rn,
			   const struct tcp_reaper_knob *knob, const char *text,
			   size_t len);
void tcp_reaper_change_try(struct tcp_reaper_net *rn,
			   const struct tcp_reaper_policy *policy, u32 knobs,
			   u64 due);
int tcp_reaper_change_keep(struct tcp_reaper_net *rn);
void tcp_reaper_change_back(struct tcp_reaper_net *rn);
int tcp_reaper_change_rules(struct tcp_reaper_net *rn, const char *text,
			    size_t len);
void tcp_reaper_change_begin(struct tcp_reaper_net *rn);
void tcp_reaper_change_end(struct tcp_reaper_net *rn);

#endif
