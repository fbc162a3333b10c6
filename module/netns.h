/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TCP_REAPER_NETNS_H
#define TCP_REAPER_NETNS_H

#include <linux/atomic.h>
#include <linux/cache.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/workqueue.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>

#include "evict.h"
#include "log.h"
#include "policy.h"
#include "stats.h"
#include "table.h"

struct ctl_table_header;
struct tcp_reaper_knob;
struct tcp_reaper_rules;
struct tcp_reaper_sysfs;

/**
 * struct tcp_reaper_net - what we keep of one network namespace
 * @asks: its transitions are noted. Written under @lock (tcp_reaper_ask()), and
 *	cleared for good by pre_exit; read by probe handlers without a lock.
 * @policy: the knobs. Written under @lock, word by word; readers take
 *	tcp_reaper_policy_snapshot().
 * @rules: exceptions from it (rules.h); NULL for none
 * @net: the namespace. Not pinned: valid until our exit_batch, which ends
 *	everybody who would use it.
 * @seqno: grows with each namespace; the census resumes by it
 * @adopt_until: censuses up to this number (census.c) find what no hook could
 *	have seen. Protected by tcp_reaper_net_lock.
 * @refused_until: and those up to this one what there was no room for. Written
 *	under @lock, read by the census without it.
 * @list: in tcp_reaper_nets, under tcp_reaper_net_lock
 * @asker: among those that ask (askers.c), while @asks
 * @lock: protects @table, writes to @policy and @closing. Never held while a
 *	socket lock is waited for.
 * @closing: no new entries any more
 * @table: the tracked sockets
 * @evict: those of them that are too many
 * @log: what was done
 * @tick: looks at those whose time has come
 * @tick_by: jiffies64 at which @tick comes at the latest, while it is pending.
 *	Protected by @lock.
 * @sysfs: /sys/class/tcp_reaper/self of this namespace
 * @ctl: /proc/sys/net/tcp_reaper of this namespace
 * @stats: counters; atomic, as readers take no lock
 */
struct tcp_reaper_net {
	bool asks;
	struct tcp_reaper_policy policy;
	struct tcp_reaper_rules __rcu *rules;
	struct net *net;

	u64 seqno ____cacheline_aligned_in_smp;
	u32 adopt_until;
	u32 refused_until;
	struct list_head list;
	struct list_head asker;
	struct mutex lock; /* see above */
	bool closing;
	struct tcp_reaper_table table;
	struct tcp_reaper_evict evict;
	struct tcp_reaper_log log;
	struct delayed_work tick;
	u64 tick_by;
	struct tcp_reaper_sysfs *sysfs;
	struct ctl_table_header *ctl;
	atomic64_t stats[TCP_REAPER_NR_STATS];
};

extern unsigned int tcp_reaper_net_id;
/* All namespaces, oldest first, and the census's place among them. */
extern struct list_head tcp_reaper_nets;
extern struct mutex tcp_reaper_net_lock;

/**
 * tcp_reaper_net - our part of a namespace
 * @net: the namespace, alive for as long as the caller looks
 *
 * As net_generic(), without its rcu_read_lock(): a namespace's array is
 * replaced only while modules come and go, and freed by kfree_rcu(). Callers
 * are probe handlers (preemption off) and readers of a namespace that has had
 * our id from before they could see it.
 *
 * Context: any.
 * Return: never NULL between our registration and exit.
 */
static inline struct tcp_reaper_net *tcp_reaper_net(const struct net *net)
{
	const struct net_generic *gen = rcu_dereference_raw(net->gen);

	return gen->ptr[tcp_reaper_net_id];
}

void tcp_reaper_policy_snapshot(const struct tcp_reaper_net *rn,
				struct tcp_reaper_policy *policy);
void tcp_reaper_policy_set(struct tcp_reaper_net *rn, size_t offset, u32 value);
int tcp_reaper_rules_set(struct tcp_reaper_net *rn, const char *text,
			 size_t len);
bool tcp_reaper_wants(struct tcp_reaper_net *rn, enum tcp_reaper_class class);
bool tcp_reaper_may_change(const struct net *net);

int tcp_reaper_netns_init(void);
void tcp_reaper_netns_exit(void);

#endif
