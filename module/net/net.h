/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_NET_H
#define TCP_REAPER_NET_H

#include <linux/cache.h>
#include <linux/llist.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>

#include "shared/brake.h"
#include "shared/policy.h"
#include "show/log.h"
#include "show/stats.h"
#include "track/evict.h"
#include "track/owner.h"
#include "track/place.h"
#include "track/table.h"

struct ctl_table_header;
struct tcp_reaper_rules;
struct tcp_reaper_sysfs;

/**
 * struct tcp_reaper_trial - values that go back by themselves
 * @knobs: which do, a bit each by their place in the policy; 0: no trial
 * @due: when, by tcp_reaper_now()
 * @was: what they were
 *
 * Protected by struct tcp_reaper_net.lock; whether there is one may be asked
 * without.
 */
struct tcp_reaper_trial {
	u32 knobs;
	u64 due;
	struct tcp_reaper_policy was;
};

/**
 * struct tcp_reaper_net - what we keep of one network namespace
 * @asks: its transitions are noted. Written under @lock, and cleared for good
 *	by pre_exit; read by probe handlers without a lock.
 * @policy: the knobs. Written under @lock, word by word; readers take
 *	tcp_reaper_policy_snapshot().
 * @rules: exceptions from it (decide/rules.h); NULL for none
 * @net: the namespace. Not pinned: valid until our exit_batch, which ends
 *	everybody who would use it.
 * @id: its place among all of them, for the census
 * @excused_until: censuses up to this number (census.c) find what no hook could
 *	have seen; written and read without a lock
 * @lock: protects @table, @evict, @acting, @finished, writes to @policy, and
 *	@closing. Held for a few looks at a time, and never while a socket's
 *lock is waited for. Processes of anybody's take it by tcp_reaper_hold().
 * @closing: no new entries any more
 * @trial: values of @policy that go back by themselves; under @lock
 * @rules_number: of the last list of rules; under @lock
 * @table: the tracked sockets
 * @evict: those of them that are too many
 * @brake: how many were reaped in this second; the worker's, under @lock
 * @acting: those of them that are being acted on, by class, but for those of
 *	@finished
 * @finished: those of them that our FIN was sent to, by class: they are counted
 *	as reaped already
 * @handed: sockets that hook and census hand over (handover.c), newest first
 * @incoming: those of them that the worker took, oldest first; the worker's
 *	alone, or of who buries the namespace
 * @census: the last census that asked for a walk through the hash of sockets,
 *	if that is the namespace's own
 * @walked: the last census whose walk was made; the worker's alone
 * @walk: the walk that goes on, if its census is not @walked; likewise
 * @turn: when it is served
 * @log: what was done
 * @files: its files are there; who takes this bit removes them
 * @sysfs: /sys/class/tcp_reaper/self of this namespace
 * @ctl: /proc/sys/net/tcp_reaper of this namespace
 * @stats: counters
 */
struct tcp_reaper_net {
	bool asks;
	struct tcp_reaper_policy policy;
	struct tcp_reaper_rules __rcu *rules;
	struct net *net;

	u32 id ____cacheline_aligned_in_smp;
	u32 excused_until;
	struct mutex lock; /* see above */
	bool closing;
	struct tcp_reaper_trial trial;
	u8 rules_number;
	struct tcp_reaper_table table;
	struct tcp_reaper_evict evict;
	struct tcp_reaper_brake brake;
	u32 acting[TCP_REAPER_NR_CLASSES];
	u32 finished[TCP_REAPER_NR_CLASSES];
	struct llist_head handed;
	struct llist_node *incoming;
	u32 census;
	u32 walked;
	struct tcp_reaper_place walk;
	struct tcp_reaper_turn turn;
	struct tcp_reaper_log log;
	unsigned long files;
	struct tcp_reaper_sysfs *sysfs;
	struct ctl_table_header *ctl;
	struct tcp_reaper_stats stats;
};

extern unsigned int tcp_reaper_net_id;
extern bool tcp_reaper_netns_admin;

/**
 * tcp_reaper_net - our part of a namespace
 * @net: the namespace, alive for as long as the caller looks
 *
 * Context: any but a probe handler.
 * Return: NULL only before our init of that namespace.
 */
static inline struct tcp_reaper_net *tcp_reaper_net(const struct net *net)
{
	return net_generic(net, tcp_reaper_net_id);
}

/**
 * tcp_reaper_net_notrace - the same for probe handlers
 * @net: the namespace of a living socket
 *
 * As net_generic(), without its rcu_read_lock(), which may be traced.
 *
 * Context: preemption off, which is as good.
 * Return: as tcp_reaper_net().
 */
static __always_inline struct tcp_reaper_net *
tcp_reaper_net_notrace(const struct net *net)
{
	const struct net_generic *gen = rcu_dereference_raw(net->gen);

	return gen->ptr[tcp_reaper_net_id];
}

static inline struct tcp_reaper_share *
tcp_reaper_net_share(struct tcp_reaper_net *rn)
{
	return tcp_reaper_owner_share(rn->turn.owner);
}

bool tcp_reaper_hold(struct tcp_reaper_net *rn, bool (*stop)(void));
void tcp_reaper_let_go(struct tcp_reaper_net *rn);
void tcp_reaper_policy_snapshot(const struct tcp_reaper_net *rn,
				struct tcp_reaper_policy *policy);
u32 tcp_reaper_shortest_ms(struct tcp_reaper_net *rn,
			   enum tcp_reaper_class class);
bool tcp_reaper_wants(struct tcp_reaper_net *rn, enum tcp_reaper_class class);
bool tcp_reaper_is_host(void);
bool tcp_reaper_may_change(const struct net *net);

#endif
