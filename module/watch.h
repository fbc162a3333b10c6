/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TCP_REAPER_WATCH_H
#define TCP_REAPER_WATCH_H

#include <linux/types.h>

#include "policy.h"

struct sock;
struct tcp_reaper_net;
struct work_struct;

/**
 * enum tcp_reaper_finder - who found a socket
 * @TCP_REAPER_BY_HOOK: a probe, as it happened
 * @TCP_REAPER_BY_CENSUS: a walk through the established hash
 */
enum tcp_reaper_finder {
	TCP_REAPER_BY_HOOK,
	TCP_REAPER_BY_CENSUS,
};

extern struct workqueue_struct *tcp_reaper_wq;

int tcp_reaper_watch_setup(void);
void tcp_reaper_watch_halt(void);
void tcp_reaper_watch_teardown(void);
void tcp_reaper_watch_start(struct tcp_reaper_net *rn);
void tcp_reaper_watch_stop(struct tcp_reaper_net *rn);
bool tcp_reaper_watch(struct tcp_reaper_net *rn, struct sock *sk,
		      enum tcp_reaper_class class, u64 since,
		      enum tcp_reaper_finder finder);
void tcp_reaper_watch_again(struct tcp_reaper_net *rn);

#endif
