/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TCP_REAPER_NURSERY_H
#define TCP_REAPER_NURSERY_H

#include <linux/types.h>

#include "policy.h"

struct list_head;
struct sock;
struct tcp_reaper_net;

extern unsigned int tcp_reaper_nursery_records;

int tcp_reaper_nursery_setup(void);
void tcp_reaper_nursery_quiesce(void);
void tcp_reaper_nursery_teardown(void);
void tcp_reaper_nursery_push(struct tcp_reaper_net *rn, struct sock *sk,
			     enum tcp_reaper_class class, u32 seq);
void tcp_reaper_nursery_purge(void);
u64 tcp_reaper_nursery_events(enum tcp_reaper_class class);

#endif
