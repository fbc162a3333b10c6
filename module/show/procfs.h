/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_PROCFS_H
#define TCP_REAPER_PROCFS_H

struct net;

int tcp_reaper_procfs_add(struct net *net);
void tcp_reaper_procfs_del(struct net *net);

#endif
