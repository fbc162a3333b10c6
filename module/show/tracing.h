/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_TRACING_H
#define TCP_REAPER_TRACING_H

#include <linux/types.h>

struct net;
struct sock;
struct tcp_reaper_ends;
struct tcp_reaper_entry;

void tcp_reaper_trace_track(const struct net *net,
			    const struct tcp_reaper_entry *entry,
			    const struct sock *sk, u64 age_ms);
void tcp_reaper_trace_untrack(const struct net *net,
			      const struct tcp_reaper_entry *entry,
			      const struct sock *sk, u64 age_ms);
void tcp_reaper_trace_reap(const struct net *net,
			   const struct tcp_reaper_entry *entry,
			   const struct tcp_reaper_ends *ends, u64 age_ms,
			   u8 action, bool done);

#endif
