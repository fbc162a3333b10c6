/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_VERDICT_H
#define TCP_REAPER_VERDICT_H

#include <linux/types.h>

#include "shared/policy.h"

struct sock;
struct tcp_reaper_entry;
struct tcp_reaper_net;

struct tcp_reaper_decision
tcp_reaper_judge(struct tcp_reaper_net *rn,
		 const struct tcp_reaper_policy *policy, const struct sock *sk,
		 const struct tcp_reaper_facts *facts,
		 struct tcp_reaper_entry *counted);

#endif
