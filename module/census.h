/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TCP_REAPER_CENSUS_H
#define TCP_REAPER_CENSUS_H

#include <linux/types.h>

struct tcp_reaper_net;

extern unsigned int tcp_reaper_census_interval_s;

void tcp_reaper_census_start(void);
void tcp_reaper_census_stop(void);
void tcp_reaper_census_request(void);
void tcp_reaper_census_retime(void);
void tcp_reaper_census_adopt(struct tcp_reaper_net *rn);
void tcp_reaper_census_refused(struct tcp_reaper_net *rn);

#endif
