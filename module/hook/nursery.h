/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_NURSERY_H
#define TCP_REAPER_NURSERY_H

#include <linux/types.h>

extern unsigned int tcp_reaper_nursery_records;

int tcp_reaper_nursery_setup(void (*lost)(void), bool (*hits_missed)(void));
void tcp_reaper_nursery_quiesce(void);
void tcp_reaper_nursery_teardown(void);
void tcp_reaper_nursery_purge(void);
void tcp_reaper_nursery_drain(void);

#endif
