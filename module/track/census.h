/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_CENSUS_H
#define TCP_REAPER_CENSUS_H

extern unsigned int tcp_reaper_census_interval_s;

int tcp_reaper_census_setup(void);
void tcp_reaper_census_start(void);
void tcp_reaper_census_stop(void);
void tcp_reaper_census_teardown(void);
void tcp_reaper_census_request(void);
void tcp_reaper_census_retime(void);

#endif
