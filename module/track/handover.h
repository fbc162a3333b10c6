/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TCP_REAPER_HANDOVER_H
#define TCP_REAPER_HANDOVER_H

#include <linux/types.h>

#include "shared/policy.h"

struct sock;
struct tcp_reaper_net;

/**
 * enum tcp_reaper_finder - who found a socket
 * @TCP_REAPER_BY_HOOK: a probe, as it happened
 * @TCP_REAPER_BY_CENSUS: a walk through the established hash
 */
enum tcp_reaper_finder {
	TCP_REAPER_BY_HOOK,
	TCP_REAPER_BY_CENSUS,
};

void tcp_reaper_hand_over(struct tcp_reaper_net *rn, struct sock *sk,
			  enum tcp_reaper_class class, u64 since,
			  enum tcp_reaper_finder finder);
bool tcp_reaper_known(struct tcp_reaper_net *rn, const struct sock *sk,
		      enum tcp_reaper_class class);

#endif
