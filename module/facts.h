/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TCP_REAPER_FACTS_H
#define TCP_REAPER_FACTS_H

#include <linux/types.h>

#include "policy.h"

struct sock;
struct tcp_reaper_entry;

enum tcp_reaper_class tcp_reaper_class_of(const struct sock *sk);
bool tcp_reaper_sk_closing(const struct sock *sk);
void tcp_reaper_entry_begin(struct tcp_reaper_entry *entry,
			    const struct sock *sk, enum tcp_reaper_class class,
			    u64 since);
void tcp_reaper_entry_restart(struct tcp_reaper_entry *entry,
			      const struct sock *sk, u64 now);
bool tcp_reaper_entry_same(const struct tcp_reaper_entry *entry,
			   const struct sock *sk);
bool tcp_reaper_entry_matches(const struct tcp_reaper_entry *entry,
			      const struct sock *sk);
void tcp_reaper_facts_read(struct tcp_reaper_entry *entry,
			   const struct sock *sk, u64 now,
			   struct tcp_reaper_facts *facts);
u64 tcp_reaper_last_data(const struct sock *sk, u64 now);
u64 tcp_reaper_last_heard(const struct sock *sk, u64 now);
u64 tcp_reaper_elapsed_ms(u64 since, u64 now);

#endif
