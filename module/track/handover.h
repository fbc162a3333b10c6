/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_HANDOVER_H
#define TCP_REAPER_HANDOVER_H

#include <linux/types.h>

#include "shared/policy.h"

struct sock;
struct tcp_reaper_net;

/** TCP_REAPER_BY_HOOK - found by a probe, as it happened, and by no walk */
#define TCP_REAPER_BY_HOOK 0

/**
 * struct tcp_reaper_weak - a socket that was reported, and not looked at yet
 * @sk: the pointer
 * @hash: its sk_hash
 * @seq: the number by which it is told from an heir
 */
struct tcp_reaper_weak {
	struct sock *sk;
	u32 hash;
	u32 seq;
};

void tcp_reaper_hand_over(struct tcp_reaper_net *rn, struct sock *sk,
			  enum tcp_reaper_class class, u64 since, u32 census);
void tcp_reaper_hand_over_unseen(struct tcp_reaper_net *rn,
				 const struct tcp_reaper_weak *weak,
				 enum tcp_reaper_class class, u64 since);
bool tcp_reaper_known(struct tcp_reaper_net *rn, const struct sock *sk,
		      enum tcp_reaper_class class);

#endif
