/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_SYSCTL_H
#define TCP_REAPER_SYSCTL_H

struct tcp_reaper_net;

int tcp_reaper_sysctl_add(struct tcp_reaper_net *rn);
void tcp_reaper_sysctl_del(struct tcp_reaper_net *rn);

#endif
