// SPDX-License-Identifier: GPL-2.0
/*
 * From a socket to a verdict: the rule that matches it, if any, and then the
 * decision, which knows of no sockets (policy.c).
 */
#include <linux/cgroup.h>
#include <linux/ipv6.h>
#include <linux/rcupdate.h>
#include <linux/string.h>
#include <linux/uidgid.h>
#include <net/inet_sock.h>
#include <net/ipv6.h>
#include <net/net_namespace.h>
#include <net/sock.h>

#include "judge.h"
#include "netns.h"
#include "rules.h"

static u64 cgroup_of(const struct sock *sk)
{
#ifdef CONFIG_SOCK_CGROUP_DATA
	struct cgroup *cgroup = sock_cgroup_ptr((void *)&sk->sk_cgrp_data);

	return cgroup ? cgroup_id(cgroup) : 0;
#else
	return 0;
#endif
}

static void flow_of(const struct sock *sk, struct tcp_reaper_flow *flow)
{
	const struct user_namespace *user_ns = sock_net(sk)->user_ns;
	const struct inet_sock *inet = inet_sk(sk);
	struct in6_addr local, remote;

	flow->lport = ntohs(inet->inet_sport);
	flow->rport = ntohs(inet->inet_dport);
	/* As whoever may write a rule counts them. */
	flow->uid = from_kuid_munged((void *)user_ns, READ_ONCE(sk->sk_uid));
	flow->mark = READ_ONCE(sk->sk_mark);
	flow->cgroup = cgroup_of(sk);
	ipv6_addr_set_v4mapped(inet->inet_rcv_saddr, &local);
	ipv6_addr_set_v4mapped(inet->inet_daddr, &remote);
#if IS_ENABLED(CONFIG_IPV6)
	if (sk->sk_family == AF_INET6) {
		local = sk->sk_v6_rcv_saddr;
		remote = sk->sk_v6_daddr;
	}
#endif
	memcpy(flow->laddr, &local, sizeof(flow->laddr));
	memcpy(flow->raddr, &remote, sizeof(flow->raddr));
}

/* Under rcu_read_lock(), as is the use of what it returns. */
static const struct tcp_reaper_rule *rule_of(struct tcp_reaper_net *rn,
					     const struct sock *sk, bool count)
{
	struct tcp_reaper_rules *rules = rcu_dereference(rn->rules);
	struct tcp_reaper_flow flow;

	if (!rules)
		return NULL;
	flow_of(sk, &flow);
	return tcp_reaper_rules_find(rules, &flow, count);
}

/**
 * tcp_reaper_judge - what its namespace's policy and rules say about a socket
 * @rn: the namespace
 * @policy: its policy, or a snapshot of it
 * @sk: the socket, pinned
 * @facts: what is known of it
 * @count: it is a decision, not only a look: count the hit of a rule
 *
 * Context: any in which RCU may be read.
 * Return: the decision.
 */
struct tcp_reaper_decision
tcp_reaper_judge(struct tcp_reaper_net *rn,
		 const struct tcp_reaper_policy *policy, const struct sock *sk,
		 const struct tcp_reaper_facts *facts, bool count)
{
	struct tcp_reaper_decision d;

	rcu_read_lock();
	d = tcp_reaper_decide(policy, rule_of(rn, sk, count), facts);
	rcu_read_unlock();
	return d;
}

/**
 * tcp_reaper_idle_for_long - is it time to track an ESTABLISHED socket
 * @rn: the namespace
 * @sk: the socket, pinned
 * @idle_ms: since data last went either way
 *
 * Return: true if it has been idle for its timeout, and has one.
 */
bool tcp_reaper_idle_for_long(struct tcp_reaper_net *rn, const struct sock *sk,
			      u64 idle_ms)
{
	u32 timeout_ms;

	rcu_read_lock();
	timeout_ms = tcp_reaper_timeout_ms(&rn->policy, rule_of(rn, sk, false),
					   TCP_REAPER_ESTABLISHED);
	rcu_read_unlock();
	return timeout_ms && idle_ms >= timeout_ms;
}
