/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_LOG_H
#define TCP_REAPER_LOG_H

#include <linux/proc_fs.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/uidgid.h>
#include <linux/wait.h>

#include "sock/flow.h"

struct net;
struct sock;
struct tcp_reaper_facts;

/* The last 256 actions of a namespace. */
#define TCP_REAPER_LOG_LINES 256

/**
 * struct tcp_reaper_log_line - one action
 * @time_ms: when, CLOCK_REALTIME
 * @age_ms: of the socket in its class
 * @idle_ms: since its last progress
 * @inode: its owner's inode, 0 for none
 * @uid: its owner's
 * @class: enum tcp_reaper_class
 * @state: TCP state in which it was
 * @action: enum tcp_reaper_action
 * @done: false if the protocol would not
 * @ends: of the connection
 */
struct tcp_reaper_log_line {
	u64 time_ms;
	u64 age_ms;
	u64 idle_ms;
	u64 inode;
	kuid_t uid;
	u8 class;
	u8 state;
	u8 action;
	bool done;
	struct tcp_reaper_ends ends;
};

/**
 * struct tcp_reaper_log - what was done in a namespace
 * @net: whose log it is
 * @lock: protects @lines and @next. Raw: any reader takes it, and with
 *	PREEMPT_RT could else be left without a CPU while it has it.
 * @lines: a ring; NULL until the first action
 * @next: number of the next line, from 0; line n is at n % TCP_REAPER_LOG_LINES
 * @waiters: who polls for it; may live on for a while (log.c)
 */
struct tcp_reaper_log {
	struct net *net;
	raw_spinlock_t lock; /* see above */
	struct tcp_reaper_log_line *lines;
	u64 next;
	struct tcp_reaper_log_waiters *waiters;
};

extern const struct proc_ops tcp_reaper_log_proc_ops;

int tcp_reaper_log_setup(struct tcp_reaper_log *log, struct net *net);
void tcp_reaper_log_teardown(struct tcp_reaper_log *log);
void tcp_reaper_log_quiesce(void);
void tcp_reaper_log_prepare(struct tcp_reaper_log_line *line, struct sock *sk,
			    const struct tcp_reaper_facts *facts, u8 action);
void tcp_reaper_log(struct tcp_reaper_log *log,
		    const struct tcp_reaper_log_line *line);
void tcp_reaper_log_wake(struct tcp_reaper_log *log);

#endif
