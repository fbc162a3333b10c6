/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_OWNER_H
#define TCP_REAPER_OWNER_H

#include <linux/list.h>
#include <linux/llist.h>
#include <linux/types.h>

#include "share.h"

struct net;
struct tcp_reaper_owner;

/** TCP_REAPER_NOT_DUE - a time that does not come */
#define TCP_REAPER_NOT_DUE (~0ULL)

/**
 * struct tcp_reaper_turn - a namespace's place among those of its owner
 * @owner: whose; set by tcp_reaper_owner_join()
 * @joining: on its way into that list
 * @list: in the owner's list of turns; under its lock of the worker
 * @due: when it wants to be served, by tcp_reaper_now(). Under the owner's
 *	spinlock.
 * @serve: do what is due for a few milliseconds at most, and sleep for nobody;
 *	@end is when to stop (ktime_get_ns()). Returns when it is due again.
 */
struct tcp_reaper_turn {
	struct tcp_reaper_owner *owner;
	struct llist_node joining;
	struct list_head list;
	u64 due;
	u64 (*serve)(struct tcp_reaper_turn *turn, u64 end);
};

int tcp_reaper_owner_setup(void);
void tcp_reaper_owner_halt(void);
void tcp_reaper_owner_teardown(void);

int tcp_reaper_owner_join(struct tcp_reaper_turn *turn, const struct net *net);
void tcp_reaper_owner_quiet(struct tcp_reaper_turn *turn);
void tcp_reaper_owner_leave(struct tcp_reaper_turn *turn);
void tcp_reaper_owner_call(struct tcp_reaper_turn *turn, u64 due);
bool tcp_reaper_owner_halted(void);
struct tcp_reaper_share *tcp_reaper_owner_share(struct tcp_reaper_owner *owner);

#endif
