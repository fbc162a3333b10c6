/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_SYSFS_H
#define TCP_REAPER_SYSFS_H

struct tcp_reaper_net;

int tcp_reaper_sysfs_setup(void);
void tcp_reaper_sysfs_teardown(void);
int tcp_reaper_sysfs_add(struct tcp_reaper_net *rn);
void tcp_reaper_sysfs_del(struct tcp_reaper_net *rn);

#endif
