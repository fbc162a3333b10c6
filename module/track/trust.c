// SPDX-License-Identifier: GPL-2.0-only
/*
 * May a socket that a census finds be held against the hook? Not if nothing was
 * to be reported of it: its namespace was off when it came, its record was lost
 * with a full ring, there was no room to track it.
 */
#include <linux/compiler.h>

#include "hook/hook.h"
#include "net/net.h"
#include "trust.h"

/* Of the census that goes on, or of the last one. */
static u32 number;
static bool walking;
/* Censuses up to this one excuse every namespace. */
static u32 excused_until;

/* The walk that is going on may have passed by already. */
static u32 next_whole(void)
{
	return READ_ONCE(number) + 1 + READ_ONCE(walking);
}

/**
 * tcp_reaper_trust_census - a census begins or ends
 * @n: its number; the first is 1
 * @begins: it begins
 */
void tcp_reaper_trust_census(u32 n, bool begins)
{
	WRITE_ONCE(walking, begins);
	WRITE_ONCE(number, n);
}

/**
 * tcp_reaper_trust_excuse - something was not reported here, rightly
 * @rn: the namespace
 *
 * Context: any.
 */
void tcp_reaper_trust_excuse(struct tcp_reaper_net *rn)
{
	WRITE_ONCE(rn->excused_until, next_whole());
}

/**
 * tcp_reaper_trust_excuse_all - nor anywhere else: records or hits were lost
 *
 * Context: any.
 */
void tcp_reaper_trust_excuse_all(void)
{
	WRITE_ONCE(excused_until, next_whole());
}

/**
 * tcp_reaper_trust_expects - should the hook have reported a socket
 * @rn: the namespace in which a census found it
 * @census: the number of that
 *
 * Return: true if so.
 */
bool tcp_reaper_trust_expects(const struct tcp_reaper_net *rn, u32 census)
{
	return tcp_reaper_hook_present() &&
	       census > READ_ONCE(rn->excused_until) &&
	       census > READ_ONCE(excused_until);
}
