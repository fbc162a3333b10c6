// SPDX-License-Identifier: GPL-2.0-only
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

/*
 * One in ESTABLISHED that is not idle for its timeout is tracked for a moment,
 * again and again: it is none that a rule decided about.
 */
static bool lingers(const struct tcp_reaper_facts *facts, u8 verdict)
{
	return facts->class != TCP_REAPER_ESTABLISHED || facts->probed ||
	       (verdict != TCP_REAPER_WAIT &&
		verdict != TCP_REAPER_SPARED_ACTIVE);
}

/**
 * tcp_reaper_judge - what its namespace's policy and rules say about a socket
 * @rn: the namespace
 * @policy: its policy, or a snapshot of it
 * @sk: the socket, pinned
 * @facts: what is known of it
 * @counted: what is tracked of it, to count it as a hit of its rule; NULL: it
 *	is no decision, only a look
 *
 * Context: any in which RCU may be read.
 * Return: the decision.
 */
struct tcp_reaper_decision
tcp_reaper_judge(struct tcp_reaper_net *rn,
		 const struct tcp_reaper_policy *policy, const struct sock *sk,
		 const struct tcp_reaper_facts *facts,
		 struct tcp_reaper_entry *counted)
{
	const struct tcp_reaper_rule *rule = NULL;
	struct tcp_reaper_decision d;
	struct tcp_reaper_rules *rules;
	struct tcp_reaper_flow flow;

	rcu_read_lock();
	rules = rcu_dereference(rn->rules);
	if (rules) {
		tcp_reaper_flow_read(sk, &flow);
		flow.dir = tcp_reaper_rules_dir(rules, sk);
		rule = tcp_reaper_rules_find(rules, &flow);
	}
	d = tcp_reaper_decide(policy, rule, facts);
	d.rule = rule ? tcp_reaper_rules_place(rules, rule) : 0;
	if (rule && counted && lingers(facts, d.verdict))
		tcp_reaper_rules_hit(rules, rule, counted);
	rcu_read_unlock();
	return d;
}
