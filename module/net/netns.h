/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_NETNS_H
#define TCP_REAPER_NETNS_H

int tcp_reaper_netns_init(void);
void tcp_reaper_netns_close(void);
void tcp_reaper_netns_exit(void);

#endif
