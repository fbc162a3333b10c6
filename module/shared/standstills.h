/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_STANDSTILLS_H
#define TCP_REAPER_STANDSTILLS_H

#include <linux/types.h>

/*
 * So many of the last are told apart: a machine that is snapshot each hour
 * stands still some 50 times in the two days that a connection may be idle by
 * the kernel's own keepalive, for a few seconds each.
 */
#define TCP_REAPER_STANDSTILLS 64

/**
 * struct tcp_reaper_standstills - the times that do not count, in jiffies
 * @lost: of all together
 * @nr: how many there were
 * @from: when one of the last began, by its number modulo the array's size
 * @till: and when it ended
 */
struct tcp_reaper_standstills {
	u64 lost;
	u64 nr;
	u64 from[TCP_REAPER_STANDSTILLS];
	u64 till[TCP_REAPER_STANDSTILLS];
};

void tcp_reaper_standstills_add(struct tcp_reaper_standstills *stills, u64 from,
				u64 till);
u64 tcp_reaper_standstills_end(const struct tcp_reaper_standstills *stills);
u64 tcp_reaper_standstills_at(const struct tcp_reaper_standstills *stills,
			      u64 jiffies64);

#endif
