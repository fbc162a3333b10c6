// SPDX-License-Identifier: GPL-2.0-only
/*
 * The times in which the machine stood still, and what they make of a moment of
 * the past: a stamp that the kernel left in a socket is in jiffies, which ran
 * on meanwhile or jumped.
 */
#include "standstills.h"

/**
 * tcp_reaper_standstills_add - there was another one
 * @stills: what is known
 * @from: when it began, not before the end of the one before
 * @till: and when it ended, after that
 */
void tcp_reaper_standstills_add(struct tcp_reaper_standstills *stills, u64 from,
				u64 till)
{
	unsigned int i = stills->nr++ % TCP_REAPER_STANDSTILLS;

	stills->from[i] = from;
	stills->till[i] = till;
	stills->lost += till - from;
}

/**
 * tcp_reaper_standstills_end - when the last one ended
 * @stills: what is known
 *
 * Return: jiffies64; 0 if there was none.
 */
u64 tcp_reaper_standstills_end(const struct tcp_reaper_standstills *stills)
{
	if (!stills->nr)
		return 0;
	return stills->till[(stills->nr - 1) % TCP_REAPER_STANDSTILLS];
}

/**
 * tcp_reaper_standstills_at - a moment, by a clock that they do not move
 * @stills: what is known
 * @jiffies64: the moment, not before the standstills that are no longer known:
 *	an older one is told to be older than it was, by those
 *
 * Return: jiffies64, less what was lost until then; 0 at least.
 */
u64 tcp_reaper_standstills_at(const struct tcp_reaper_standstills *stills,
			      u64 jiffies64)
{
	u64 known = stills->nr, lost = stills->lost, n;
	unsigned int i;

	if (known > TCP_REAPER_STANDSTILLS)
		known = TCP_REAPER_STANDSTILLS;
	for (n = 1; n <= known; n++) {
		i = (stills->nr - n) % TCP_REAPER_STANDSTILLS;
		if (jiffies64 >= stills->till[i])
			break;
		/* Whatever happened in it happened when it began. */
		if (jiffies64 > stills->from[i])
			jiffies64 = stills->from[i];
		lost -= stills->till[i] - stills->from[i];
	}
	return jiffies64 > lost ? jiffies64 - lost : 0;
}
