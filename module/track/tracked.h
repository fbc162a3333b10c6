/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_TRACKED_H
#define TCP_REAPER_TRACKED_H

#include <linux/types.h>

#include "shared/policy.h"

struct sock;
struct tcp_reaper_entry;
struct tcp_reaper_facts;
struct tcp_reaper_net;

bool tcp_reaper_tracked_healthy(const struct tcp_reaper_facts *facts,
				u8 verdict);
void tcp_reaper_tracked_wait(struct tcp_reaper_net *rn,
			     struct tcp_reaper_entry *e, u64 now, u64 wait_ms);
void tcp_reaper_tracked_end(struct tcp_reaper_net *rn,
			    struct tcp_reaper_entry *e, const struct sock *sk,
			    u64 now);
void tcp_reaper_tracked_recovered(struct tcp_reaper_net *rn,
				  struct tcp_reaper_entry *e,
				  const struct sock *sk, u64 now);
void tcp_reaper_tracked_forgotten(struct tcp_reaper_net *rn,
				  struct tcp_reaper_entry *e,
				  const struct sock *sk, u64 now);
u64 tcp_reaper_tracked_excess(struct tcp_reaper_net *rn);
void tcp_reaper_tracked_crowd(struct tcp_reaper_net *rn,
			      enum tcp_reaper_class class);

#endif
