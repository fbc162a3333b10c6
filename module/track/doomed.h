/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_DOOMED_H
#define TCP_REAPER_DOOMED_H

#include <linux/types.h>

#include "entry.h"

struct tcp_reaper_net;

/** TCP_REAPER_BATCH - sockets handed to act.c at a time */
#define TCP_REAPER_BATCH 8

/**
 * struct tcp_reaper_doomed - entries whose time is up, on their way to act.c
 * @nr: how many
 * @evicted: they are one too many each, and still in a generation; else they
 *	are in none
 * @finished: those of them that our FIN was sent to before, a bit each
 * @epoch: of the table when they were taken
 * @entry: the entries; not to be followed without the lock, and only if the
 *	table has the same epoch
 * @copy: a copy of each, that the act works on
 * @outcome: what became of each, enum tcp_reaper_outcome
 */
struct tcp_reaper_doomed {
	int nr;
	bool evicted;
	u8 finished;
	u32 epoch;
	struct tcp_reaper_entry *entry[TCP_REAPER_BATCH];
	struct tcp_reaper_entry copy[TCP_REAPER_BATCH];
	u8 outcome[TCP_REAPER_BATCH];
};

void tcp_reaper_doomed_note(struct tcp_reaper_net *rn,
			    struct tcp_reaper_doomed *doomed);
void tcp_reaper_doomed_reap(struct tcp_reaper_net *rn,
			    struct tcp_reaper_doomed *doomed);

#endif
