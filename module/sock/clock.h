/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_CLOCK_H
#define TCP_REAPER_CLOCK_H

#include <linux/types.h>

u64 tcp_reaper_now(void);
u64 tcp_reaper_clock_at(u64 jiffies64);
void tcp_reaper_clock_late(u64 due);
void tcp_reaper_clock_use(int delta);
int tcp_reaper_clock_setup(void);
void tcp_reaper_clock_teardown(void);
u64 tcp_reaper_elapsed_ms(u64 since, u64 now);

#endif
