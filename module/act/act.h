/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_ACT_H
#define TCP_REAPER_ACT_H

#include <linux/types.h>

struct tcp_reaper_entry;
struct tcp_reaper_net;

/**
 * enum tcp_reaper_outcome - what became of an attempt to reap
 * @TCP_REAPER_REAPED: it is ended
 * @TCP_REAPER_BEGUN: it is on its way to end by itself
 * @TCP_REAPER_RACED_GONE: it ended, or left its class, by itself
 * @TCP_REAPER_RACED_CHANGED: it is there, but no longer to be reaped
 * @TCP_REAPER_LOCKED: its owner is inside a system call on it: try again
 * @TCP_REAPER_FAILED: the protocol would not
 * @TCP_REAPER_PUT_OFF: there was no time for it, and nothing was tried
 */
enum tcp_reaper_outcome {
	TCP_REAPER_REAPED,
	TCP_REAPER_BEGUN,
	TCP_REAPER_RACED_GONE,
	TCP_REAPER_RACED_CHANGED,
	TCP_REAPER_LOCKED,
	TCP_REAPER_FAILED,
	TCP_REAPER_PUT_OFF,
};

enum tcp_reaper_outcome tcp_reaper_act(struct tcp_reaper_net *rn,
				       struct tcp_reaper_entry *entry,
				       bool evict);

#endif
