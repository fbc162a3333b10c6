// SPDX-License-Identifier: GPL-2.0-only
/*
 * Room for entries: max_tracked bounds all namespaces together, and is shared
 * out so that whoever piles up stuck sockets is not tracked in full, and blinds
 * nobody else.
 *
 * Tenants have seven eighths of it between them, and each may hold no more than
 * it leaves free for the others: a single one half of them, two a third each, k
 * of them 1 / (k + 1) each, and as much again stays free for one that comes. It
 * is the threshold by which switches share their buffers (Choudhury and Hahne,
 * 1998). The initial namespace may hold whatever is free.
 */
#include <linux/atomic.h>
#include <linux/compiler.h>

#include "share.h"
#include "sock/clock.h"

/* The initial namespace has a part of this many to itself. */
#define HOST_PART 8

unsigned int tcp_reaper_max_tracked = 1 << 20;

/* Entries of all namespaces, those on their way out included. */
static atomic_t all = ATOMIC_INIT(0);
/* Those of them that are not the host's. */
static atomic_t tenants = ATOMIC_INIT(0);

static bool room_for(const struct tcp_reaper_share *share)
{
	u32 max = READ_ONCE(tcp_reaper_max_tracked);
	u32 taken, pool = max - max / HOST_PART;

	if (share->host)
		return true;
	taken = atomic_read(&tenants);
	return taken < pool && atomic_read(&share->used) < pool - taken;
}

/**
 * tcp_reaper_share_take - room for one entry
 * @share: whose
 *
 * Context: any.
 * Return: false if there is none, for this tenant or at all.
 */
bool tcp_reaper_share_take(struct tcp_reaper_share *share)
{
	u32 now;

	if (!room_for(share))
		return false;
	now = atomic_inc_return(&all);
	/* Where anything is tracked, the time has to be kept. */
	if (now == 1)
		tcp_reaper_clock_use(1);
	atomic_inc(&share->used);
	if (!share->host)
		atomic_inc(&tenants);
	if (now <= READ_ONCE(tcp_reaper_max_tracked))
		return true;
	tcp_reaper_share_give(share);
	return false;
}

/**
 * tcp_reaper_share_give - give it back
 * @share: who took it
 *
 * Context: any.
 */
void tcp_reaper_share_give(struct tcp_reaper_share *share)
{
	if (!share->host)
		atomic_dec(&tenants);
	atomic_dec(&share->used);
	if (atomic_dec_and_test(&all))
		tcp_reaper_clock_use(-1);
}

/**
 * tcp_reaper_share_all_given - has everybody given back what was taken
 *
 * Return: true if so.
 */
bool tcp_reaper_share_all_given(void)
{
	return !atomic_read(&all) && !atomic_read(&tenants);
}
