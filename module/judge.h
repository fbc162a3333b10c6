/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TCP_REAPER_JUDGE_H
#define TCP_REAPER_JUDGE_H

#include <linux/types.h>

#include "policy.h"

struct sock;
struct tcp_reaper_net;

struct tcp_reaper_decision
tcp_reaper_judge(struct tcp_reaper_net *rn,
		 const struct tcp_reaper_policy *policy, const struct sock *sk,
		 const struct tcp_reaper_facts *facts, bool count);

bool tcp_reaper_idle_for_long(struct tcp_reaper_net *rn, const struct sock *sk,
			      u64 idle_ms);

#endif
