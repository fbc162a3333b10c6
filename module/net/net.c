// SPDX-License-Identifier: GPL-2.0-only
/*
 * Questions about one network namespace that change nothing, and its lock.
 */
#include <linux/capability.h>
#include <linux/compiler.h>
#include <linux/delay.h>
#include <linux/kernel.h>
#include <linux/mutex.h>
#include <linux/nsproxy.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <net/net_namespace.h>

#include "decide/rules.h"
#include "net.h"

/* Whoever has the lock has it for some tens of microseconds. */
#define RETRY_US_MIN 20
#define RETRY_US_MAX 200

unsigned int tcp_reaper_net_id;
bool tcp_reaper_netns_admin = true;

/**
 * tcp_reaper_hold - take a namespace's lock in a process of somebody's
 * @rn: the namespace
 * @stop: gives up when this says so; NULL for never
 *
 * Anybody may read, and a tenant's root may write, also one who gets next to no
 * CPU: with SCHED_IDLE beside busy threads, or in a cgroup that used up its
 * quota. Such a one must not have the lock while it waits for its CPU: the
 * owner's worker would wait for it, and for that the end of every namespace.
 * So it is had with preemption off, and not queued for: who queues for a mutex
 * may be handed it while asleep. The kernel's own workers queue for it.
 *
 * Context: process context, sleeps. Until tcp_reaper_let_go() preemption is
 * off: nothing that sleeps, or frees (PREEMPT_RT), is to be done.
 * Return: false if @stop said so, and the lock is not held.
 */
bool tcp_reaper_hold(struct tcp_reaper_net *rn, bool (*stop)(void))
{
	if (current->flags & PF_KTHREAD) {
		mutex_lock(&rn->lock);
		preempt_disable();
		return true;
	}
	for (;;) {
		preempt_disable();
		if (mutex_trylock(&rn->lock))
			return true;
		preempt_enable();
		if (stop && stop())
			return false;
		usleep_range(RETRY_US_MIN, RETRY_US_MAX);
	}
}

/**
 * tcp_reaper_let_go - undo tcp_reaper_hold()
 * @rn: the namespace
 */
void tcp_reaper_let_go(struct tcp_reaper_net *rn)
{
	mutex_unlock(&rn->lock);
	preempt_enable();
}

/**
 * tcp_reaper_policy_snapshot - the policy in force
 * @rn: the namespace
 * @policy: where to
 *
 * Context: any. Each knob is whole; two knobs written one after the other may
 * be seen as before and after.
 */
void tcp_reaper_policy_snapshot(const struct tcp_reaper_net *rn,
				struct tcp_reaper_policy *policy)
{
	const u32 *from = (const u32 *)&rn->policy;
	u32 *to = (u32 *)policy;
	size_t i;

	for (i = 0; i < sizeof(*policy) / sizeof(u32); i++)
		to[i] = READ_ONCE(from[i]);
}

/**
 * tcp_reaper_shortest_ms - the shortest timeout that any socket may have
 * @rn: the namespace
 * @class: the class
 *
 * Costs the same however many rules there are.
 *
 * Context: any.
 * Return: milliseconds; 0 if neither the policy nor a rule has one.
 */
u32 tcp_reaper_shortest_ms(struct tcp_reaper_net *rn,
			   enum tcp_reaper_class class)
{
	struct tcp_reaper_policy policy;
	u32 general, special;

	tcp_reaper_policy_snapshot(rn, &policy);
	general = tcp_reaper_timeout_ms(&policy, NULL, class);
	/* The rules' order of the classes is ours: see rules.c. */
	special = tcp_reaper_rules_shortest_ms(&rn->rules, (int)class);
	return general && special ? min(general, special) : general ?: special;
}

/**
 * tcp_reaper_wants - is a class looked for in a namespace
 * @rn: the namespace
 * @class: the class
 *
 * Context: any.
 * Return: false for one that only a census finds, while neither the policy nor
 * a rule has a timeout for it.
 */
bool tcp_reaper_wants(struct tcp_reaper_net *rn, enum tcp_reaper_class class)
{
	return class == TCP_REAPER_CLOSE_WAIT || class == TCP_REAPER_ORPHAN ||
	       tcp_reaper_shortest_ms(rn, class);
}

/**
 * tcp_reaper_is_host - is the current process one of the host's operators
 *
 * Root in a container without a user namespace is in the initial user
 * namespace, and has its capabilities: what tells it is its network namespace.
 *
 * Return: true if it is in the initial network namespace, with CAP_NET_ADMIN in
 * the initial user namespace.
 */
bool tcp_reaper_is_host(void)
{
	/* As io_uring's workers were, for whomever they work. */
	return !(current->flags & PF_KTHREAD) &&
	       net_eq(current->nsproxy->net_ns, &init_net) &&
	       capable(CAP_NET_ADMIN);
}

/**
 * tcp_reaper_may_change - may the current process change a namespace's policy
 * @net: the namespace
 *
 * Return: true if it has CAP_NET_ADMIN over it or, with netns_admin=N, is one
 * of the host's operators.
 */
bool tcp_reaper_may_change(const struct net *net)
{
	if (READ_ONCE(tcp_reaper_netns_admin))
		return ns_capable(net->user_ns, CAP_NET_ADMIN);
	return tcp_reaper_is_host();
}
