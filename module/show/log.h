/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_LOG_H
#define TCP_REAPER_LOG_H

#include <linux/proc_fs.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/uidgid.h>

#include "sock/flow.h"

struct net;
struct sock;
struct tcp_reaper_decision;
struct tcp_reaper_facts;
struct tcp_reaper_pollers;
struct tcp_reaper_share;

/**
 * struct tcp_reaper_log_line - one action; its cgroup's path is behind it
 * @number: of the namespace's actions, from 1 on
 * @time_ms: when, CLOCK_REALTIME
 * @age_ms: of the socket in its class
 * @idle_ms: since its last progress
 * @inode: its owner's inode, 0 for none
 * @uid: its owner's
 * @rule: number of the rule that held for it, from 1 on; 0 for none
 * @path: bytes of the path, from the hierarchy's root; 0 for none
 * @class: enum tcp_reaper_class
 * @state: TCP state in which it was
 * @action: enum tcp_reaper_action
 * @done: false if the protocol would not
 * @ends: of the connection
 */
struct tcp_reaper_log_line {
	u64 number;
	u64 time_ms;
	u64 age_ms;
	u64 idle_ms;
	u64 inode;
	kuid_t uid;
	u16 rule;
	u16 path;
	u8 class;
	u8 state;
	u8 action;
	bool done;
	struct tcp_reaper_ends ends;
};

/**
 * struct tcp_reaper_log - what was done in a namespace
 * @net: whose log it is
 * @lock: protects what is below. Raw: any reader takes it, and with PREEMPT_RT
 *	could else be left without a CPU while it has it. Only the owner's
 *	worker writes.
 * @ring: the lines, each at a multiple of 8 bytes; NULL until the first action
 * @size: of @ring, a power of two
 * @tail: where the oldest line is: byte n of all that was ever written is at
 *	n % @size
 * @head: where the next line will be, likewise
 * @noted: how many actions there were
 * @pollers: who waits for a line; they may outlive it
 */
struct tcp_reaper_log {
	struct net *net;
	raw_spinlock_t lock; /* see above */
	char *ring;
	u32 size;
	u64 tail;
	u64 head;
	u64 noted;
	struct tcp_reaper_pollers *pollers;
};

extern const struct proc_ops tcp_reaper_log_proc_ops;
extern unsigned int tcp_reaper_log_kb;

int tcp_reaper_log_setup(struct tcp_reaper_log *log, struct net *net);
void tcp_reaper_log_teardown(struct tcp_reaper_log *log);
void tcp_reaper_log_grow(struct tcp_reaper_log *log,
			 struct tcp_reaper_share *share);
void tcp_reaper_log_empty(struct tcp_reaper_log *log,
			  struct tcp_reaper_share *share);
void tcp_reaper_log_prepare(struct tcp_reaper_log_line *line, struct sock *sk,
			    const struct tcp_reaper_facts *facts,
			    const struct tcp_reaper_decision *decision);
void tcp_reaper_log(struct tcp_reaper_log *log,
		    struct tcp_reaper_log_line *line, const struct sock *sk);

#endif
