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
#include <linux/kernel.h>
#include <linux/mm.h>

#include "share.h"
#include "sock/clock.h"

/* The initial namespace has a part of this many to itself. */
#define HOST_PART 8

/*
 * By default entries take this part of the machine's memory at most, 64 bytes
 * each with their place in the index: 4 GiB have room for 1,048,576.
 */
#define MEMORY_PART 64
#define ENTRY_BYTES 64
/* More than a program has descriptors by default; and a gigabyte. */
#define LEAST 65536U
#define MOST 16777216U

unsigned int tcp_reaper_max_tracked;
bool tcp_reaper_max_tracked_given;

/* Entries of all namespaces, those on their way out included. */
static atomic_t all = ATOMIC_INIT(0);
/* Those of them that are not the host's. */
static atomic_t tenants = ATOMIC_INIT(0);

/* Of tenants' logs; and what they may take, as much as entries by default. */
static atomic_t logs_kb = ATOMIC_INIT(0);
static u32 logs_kb_max;

/* Somebody had no room or memory, and has not been told since. */
static bool refused;
/* Nor a tenant beside so many entries of all tenants; 0: there is none. */
static u32 refused_beside;
/* There is room again, for somebody who had none. */
static void (*on_room)(void);

/* Is there room beside so much? */
static bool room_beside(const struct tcp_reaper_share *share, u32 used)
{
	u32 max = READ_ONCE(tcp_reaper_max_tracked);
	u32 taken, pool = max - max / HOST_PART;

	if (share->host)
		return true;
	taken = atomic_read(&tenants);
	return taken < pool && used < pool - taken;
}

/*
 * Whoever had no room gets a census as soon as an eighth of what is taken could
 * be taken again: with less, one who stays at the edge would have one after the
 * other.
 */
static void tell_of_room(struct tcp_reaper_share *share)
{
	u32 used = atomic_read(&share->used), taken = atomic_read(&all);
	u32 beside = READ_ONCE(refused_beside);

	if (READ_ONCE(share->refused) && room_beside(share, used + used / 8)) {
		WRITE_ONCE(share->refused, false);
		on_room();
	}
	/* Those whom others left no room. */
	if (beside && atomic_read(&tenants) < beside - beside / 8) {
		WRITE_ONCE(refused_beside, 0);
		on_room();
	}
	if (READ_ONCE(refused) &&
	    (u64)taken + taken / 8 < READ_ONCE(tcp_reaper_max_tracked)) {
		WRITE_ONCE(refused, false);
		on_room();
	}
}

/**
 * tcp_reaper_share_setup - how much room there is, if nobody said so
 * @room: called when there is room again after one was refused; in any context
 */
void tcp_reaper_share_setup(void (*room)(void))
{
	u64 entries = ((u64)totalram_pages() << PAGE_SHIFT) / MEMORY_PART /
		      ENTRY_BYTES;

	on_room = room;
	logs_kb_max = (totalram_pages() << (PAGE_SHIFT - 10)) / MEMORY_PART;
	if (!tcp_reaper_max_tracked_given)
		tcp_reaper_max_tracked = clamp_t(u64, entries, LEAST, MOST);
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

	if (!room_beside(share, atomic_read(&share->used))) {
		WRITE_ONCE(share->refused, true);
		WRITE_ONCE(refused_beside, max(atomic_read(&tenants), 1));
		return false;
	}
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
	tcp_reaper_share_refuse();
	return false;
}

/**
 * tcp_reaper_share_refuse - somebody had no room, or no memory
 *
 * There is a census when there is room, as somebody gives theirs back.
 *
 * Context: any.
 */
void tcp_reaper_share_refuse(void)
{
	WRITE_ONCE(refused, true);
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
	tell_of_room(share);
}

/**
 * tcp_reaper_share_log_take - memory for a log
 * @share: whose; the initial namespace's has a single log, and may grow it
 * @kb: how much more
 *
 * Context: process context, the owner's worker.
 * Return: false if there is none for this tenant, which may have no more than
 * it leaves free.
 */
bool tcp_reaper_share_log_take(struct tcp_reaper_share *share, u32 kb)
{
	u32 own, taken;

	if (share->host)
		return true;
	own = atomic_add_return(kb, &share->log_kb);
	taken = atomic_add_return(kb, &logs_kb);
	if (taken <= logs_kb_max && own <= logs_kb_max - taken)
		return true;
	tcp_reaper_share_log_give(share, kb);
	return false;
}

/**
 * tcp_reaper_share_log_give - give it back
 * @share: who took it
 * @kb: how much
 *
 * Context: any.
 */
void tcp_reaper_share_log_give(struct tcp_reaper_share *share, u32 kb)
{
	if (share->host)
		return;
	atomic_sub(kb, &share->log_kb);
	atomic_sub(kb, &logs_kb);
}

/**
 * tcp_reaper_share_all_given - has everybody given back what was taken
 *
 * Return: true if so.
 */
bool tcp_reaper_share_all_given(void)
{
	return !atomic_read(&all) && !atomic_read(&tenants) &&
	       !atomic_read(&logs_kb);
}
