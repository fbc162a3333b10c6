/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_ALL_H
#define TCP_REAPER_ALL_H

#include <linux/types.h>

struct net;
struct tcp_reaper_net;

int tcp_reaper_all_add(struct tcp_reaper_net *rn);
void tcp_reaper_all_del(struct tcp_reaper_net *rn);
struct tcp_reaper_net *tcp_reaper_all_from(unsigned long *id);
struct tcp_reaper_net *tcp_reaper_all_find(const struct net *net);
void tcp_reaper_all_teardown(void);

#endif
