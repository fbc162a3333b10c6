// SPDX-License-Identifier: GPL-2.0
/*
 * What each network namespace has of its own: policy, counters, table, files.
 */
#include <linux/capability.h>
#include <linux/err.h>
#include <linux/string.h>
#include <net/net_namespace.h>

#include "askers.h"
#include "census.h"
#include "knobs.h"
#include "netns.h"
#include "nursery.h"
#include "params.h"
#include "procfs.h"
#include "rules.h"
#include "sysctl.h"
#include "sysfs.h"
#include "watch.h"

unsigned int tcp_reaper_net_id;
LIST_HEAD(tcp_reaper_nets);
/* Protects the list, and what the census keeps of each namespace. */
DEFINE_MUTEX(tcp_reaper_net_lock);

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
 * tcp_reaper_wants - is a class looked for in a namespace
 * @rn: the namespace
 * @class: the class
 *
 * Return: false for one that only a census finds, while neither the policy nor
 * a rule has a timeout for it.
 */
bool tcp_reaper_wants(struct tcp_reaper_net *rn, enum tcp_reaper_class class)
{
	if (class == TCP_REAPER_CLOSE_WAIT || class == TCP_REAPER_ORPHAN)
		return true;
	/* The rules' order of the classes is ours: see rules.c. */
	return tcp_reaper_timeout_ms(&rn->policy, NULL, class) ||
	       tcp_reaper_rules_time(&rn->rules, (int)class);
}

/* The classes looked for, a bit each. */
static u32 wanted_classes(struct tcp_reaper_net *rn)
{
	u32 wanted = 0;
	int c;

	for (c = 0; c < TCP_REAPER_NR_CLASSES; c++)
		wanted |= tcp_reaper_wants(rn, c) << c;
	return wanted;
}

/**
 * tcp_reaper_policy_set - change one knob, for tracked sockets too
 * @rn: the namespace
 * @offset: of the knob in struct tcp_reaper_policy
 * @value: checked by the caller
 *
 * Context: process context, sleeps.
 */
void tcp_reaper_policy_set(struct tcp_reaper_net *rn, size_t offset, u32 value)
{
	u32 *at = (u32 *)((char *)&rn->policy + offset);
	u32 before, wanted, wants;
	bool begins = false;

	mutex_lock(&rn->lock);
	before = *at;
	wanted = wanted_classes(rn);
	WRITE_ONCE(*at, value);
	wants = wanted_classes(rn);
	if (at == &rn->policy.mode && !rn->closing) {
		begins = before == TCP_REAPER_OFF && value != TCP_REAPER_OFF;
		tcp_reaper_ask(rn, value != TCP_REAPER_OFF);
	}
	if (before != value)
		tcp_reaper_watch_again(rn);
	mutex_unlock(&rn->lock);
	if (begins)
		tcp_reaper_census_adopt(rn);
	else if (wants & ~wanted)
		tcp_reaper_census_request();
}

/**
 * tcp_reaper_rules_set - replace a namespace's rules, for tracked sockets too
 * @rn: the namespace
 * @text: the list
 * @len: of @text
 *
 * Context: process context, sleeps.
 * Return: 0; -EPERM; or as tcp_reaper_rules_make(). An error changes
 * nothing.
 */
int tcp_reaper_rules_set(struct tcp_reaper_net *rn, const char *text,
			 size_t len)
{
	struct tcp_reaper_rules *rules;
	u32 wanted, wants;

	if (!tcp_reaper_may_change(rn->net))
		return -EPERM;
	/* Before the lock, for which nursery and census may wait. */
	rules = tcp_reaper_rules_make(text, len);
	if (IS_ERR(rules))
		return PTR_ERR(rules);
	mutex_lock(&rn->lock);
	wanted = wanted_classes(rn);
	tcp_reaper_rules_replace(&rn->rules, rules);
	wants = wanted_classes(rn);
	tcp_reaper_watch_again(rn);
	mutex_unlock(&rn->lock);
	if (wants & ~wanted)
		tcp_reaper_census_request();
	return 0;
}

/**
 * tcp_reaper_may_change - may the current process change a namespace's policy
 * @net: the namespace
 *
 * Return: true if it has CAP_NET_ADMIN over it or, with netns_admin=N, over
 * the initial one.
 */
bool tcp_reaper_may_change(const struct net *net)
{
	if (READ_ONCE(tcp_reaper_netns_admin))
		return ns_capable(net->user_ns, CAP_NET_ADMIN);
	return capable(CAP_NET_ADMIN);
}

static int __net_init net_start(struct net *net)
{
	struct tcp_reaper_net *rn = tcp_reaper_net(net);
	static u64 seqno;
	int err;

	rn->net = net;
	rn->table.guest = !net_eq(net, &init_net);
	mutex_init(&rn->lock);
	INIT_LIST_HEAD(&rn->list);
	tcp_reaper_params_template(&rn->policy);
	tcp_reaper_watch_start(rn);

	err = tcp_reaper_log_setup(&rn->log);
	if (err)
		return err;
	err = tcp_reaper_sysfs_add(rn);
	if (err)
		goto err_log;
	err = tcp_reaper_sysctl_add(rn);
	if (err)
		goto err_sysfs;
	err = tcp_reaper_procfs_add(net);
	if (err)
		goto err_sysctl;

	mutex_lock(&tcp_reaper_net_lock);
	rn->seqno = seqno++;
	list_add_tail(&rn->list, &tcp_reaper_nets);
	mutex_unlock(&tcp_reaper_net_lock);
	/* A write to the mode may have come first. */
	mutex_lock(&rn->lock);
	tcp_reaper_ask(rn, rn->policy.mode != TCP_REAPER_OFF);
	mutex_unlock(&rn->lock);
	return 0;

err_sysctl:
	tcp_reaper_sysctl_del(rn);
err_sysfs:
	tcp_reaper_sysfs_del(rn);
err_log:
	tcp_reaper_log_teardown(&rn->log);
	return err;
}

/* RCU passes between this and net_stop(): no handler notes it any more. */
static void __net_exit net_pre_stop(struct net *net)
{
	struct tcp_reaper_net *rn = tcp_reaper_net(net);

	mutex_lock(&rn->lock);
	rn->closing = true;
	tcp_reaper_ask(rn, false);
	mutex_unlock(&rn->lock);
}

static void __net_exit net_stop(struct list_head *nets)
{
	struct tcp_reaper_net *rn;
	struct net *net;

	/* First those who could change it, then those who look at it. */
	list_for_each_entry(net, nets, exit_list) {
		rn = tcp_reaper_net(net);
		tcp_reaper_procfs_del(net);
		tcp_reaper_sysctl_del(rn);
		tcp_reaper_sysfs_del(rn);
		mutex_lock(&tcp_reaper_net_lock);
		list_del_init(&rn->list);
		mutex_unlock(&tcp_reaper_net_lock);
	}
	tcp_reaper_nursery_purge();
	list_for_each_entry(net, nets, exit_list) {
		rn = tcp_reaper_net(net);
		tcp_reaper_watch_stop(rn);
		tcp_reaper_log_teardown(&rn->log);
		tcp_reaper_rules_free(&rn->rules);
	}
}

static struct pernet_operations net_ops = {
	.init = net_start,
	.pre_exit = net_pre_stop,
	.exit_batch = net_stop,
	.id = &tcp_reaper_net_id,
	.size = sizeof(struct tcp_reaper_net),
};

/**
 * tcp_reaper_netns_init - take on every namespace, and those to come
 *
 * Return: 0 or a negative errno.
 */
int tcp_reaper_netns_init(void)
{
	int err = register_pernet_subsys(&net_ops);

	if (err)
		tcp_reaper_log_quiesce();
	return err;
}

/** tcp_reaper_netns_exit - let go of every namespace */
void tcp_reaper_netns_exit(void)
{
	unregister_pernet_subsys(&net_ops);
	tcp_reaper_log_quiesce();
}
