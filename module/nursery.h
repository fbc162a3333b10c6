/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TCP_REAPER_NURSERY_H
#define TCP_REAPER_NURSERY_H

#include <linux/jump_label_ratelimit.h>
#include <linux/types.h>

#include "policy.h"

struct list_head;
struct sock;
struct tcp_reaper_net;

/* On while any namespace wants transitions noted, and up to a second longer. */
extern struct static_key_false_deferred tcp_reaper_nursery_open;

extern unsigned int tcp_reaper_nursery_records;

int tcp_reaper_nursery_setup(void);
void tcp_reaper_nursery_quiesce(void);
void tcp_reaper_nursery_teardown(void);
void tcp_reaper_nursery_push(struct tcp_reaper_net *rn, struct sock *sk,
			     enum tcp_reaper_class class, u32 seq);
void tcp_reaper_nursery_want(struct tcp_reaper_net *rn, bool wanted);
void tcp_reaper_nursery_purge(void);
u64 tcp_reaper_nursery_events(enum tcp_reaper_class class);

#endif
