/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_BRAKE_H
#define TCP_REAPER_BRAKE_H

#include <linux/types.h>

/**
 * struct tcp_reaper_brake - how many sockets were reaped in this second
 * @began_ms: when the second began
 * @done: so many were reaped in it
 * @waiting: so many were told to wait for a later one
 */
struct tcp_reaper_brake {
	u64 began_ms;
	u32 done;
	u32 waiting;
};

u64 tcp_reaper_brake_wait(struct tcp_reaper_brake *brake, u32 per_s, u32 picked,
			  u64 now_ms);
void tcp_reaper_brake_done(struct tcp_reaper_brake *brake, u64 now_ms);

#endif
