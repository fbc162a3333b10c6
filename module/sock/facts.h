/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_FACTS_H
#define TCP_REAPER_FACTS_H

#include <linux/types.h>

#include "shared/policy.h"

struct sock;

enum tcp_reaper_class tcp_reaper_class_of(const struct sock *sk);
bool tcp_reaper_sk_closing(const struct sock *sk);
bool tcp_reaper_sk_queued(const struct sock *sk);
bool tcp_reaper_sk_opening(const struct sock *sk, enum tcp_reaper_class class);
bool tcp_reaper_sk_probed(const struct sock *sk);
u32 tcp_reaper_probe_mark(u32 idle);
bool tcp_reaper_sk_unread(const struct sock *sk);
bool tcp_reaper_sk_last_probe_out(const struct sock *sk);
u64 tcp_reaper_stamped_ms(void);
u64 tcp_reaper_last_received(const struct sock *sk);
u64 tcp_reaper_last_sent(const struct sock *sk);
u64 tcp_reaper_last_acked(const struct sock *sk);
void tcp_reaper_queues_read(const struct sock *sk, u32 *rxq, u32 *txq);

#endif
