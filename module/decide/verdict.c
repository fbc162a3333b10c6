// SPDX-License-Identifier: GPL-2.0
/*
 * From a socket to a verdict: the rule that matches it, if any, and then the
 * decision, which knows of no sockets (shared/policy.c).
 */
#include <linux/rcupdate.h>
#include <net/sock.h>

#include "net/net.h"
#include "rules.h"
#include "sock/flow.h"
#include "verdict.h"

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
	const struct tcp_reaper_rule *rule = NULL;
	struct tcp_reaper_decision d;
	struct tcp_reaper_rules *rules;
	struct tcp_reaper_flow flow;

	rcu_read_lock();
	rules = rcu_dereference(rn->rules);
	if (rules) {
		tcp_reaper_flow_read(sk, &flow);
		rule = tcp_reaper_rules_find(rules, &flow, count);
	}
	d = tcp_reaper_decide(policy, rule, facts);
	rcu_read_unlock();
	return d;
}
