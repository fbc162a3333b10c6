// SPDX-License-Identifier: GPL-2.0-only
/*
 * The brake: so many sockets may be reaped in a second, and those that are too
 * many are spread over the seconds to come, so that few of them are looked at
 * in vain.
 */
#include "brake.h"

#define SECOND_MS 1000

static void roll(struct tcp_reaper_brake *brake, u64 now_ms)
{
	if (brake->began_ms && now_ms - brake->began_ms < SECOND_MS)
		return;
	*brake = (struct tcp_reaper_brake){ .began_ms = now_ms };
}

/**
 * tcp_reaper_brake_wait - may one more be reaped
 * @brake: of the namespace
 * @per_s: most that may be in a second; 0: any number
 * @picked: those that may already, and are not done yet
 * @now_ms: by a clock that does not go back
 *
 * Return: 0 if it may; else for how many milliseconds it is to wait before it
 * asks again.
 */
u64 tcp_reaper_brake_wait(struct tcp_reaper_brake *brake, u32 per_s, u32 picked,
			  u64 now_ms)
{
	u32 later;

	if (!per_s)
		return 0;
	roll(brake, now_ms);
	if ((u64)brake->done + picked < per_s)
		return 0;
	later = brake->waiting / per_s;
	brake->waiting += brake->waiting != ~0U;
	return brake->began_ms + SECOND_MS - now_ms + (u64)later * SECOND_MS;
}

/**
 * tcp_reaper_brake_done - one was reaped
 * @brake: of the namespace
 * @now_ms: by the same clock
 */
void tcp_reaper_brake_done(struct tcp_reaper_brake *brake, u64 now_ms)
{
	roll(brake, now_ms);
	brake->done += brake->done != ~0U;
}
