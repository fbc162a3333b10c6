// SPDX-License-Identifier: GPL-2.0
/*
 * From a socket to a verdict: the rule that matches it, if any, and then the
 * decision, which knows of no sockets (policy.c).
 */
#include "judge.h"
#include "netns.h"

/**
 * tcp_reaper_judge - what its namespace's policy and rules say about a socket
 * @rn: the namespace
 * @policy: its policy, or a snapshot of it
 * @sk: the socket, pinned
 * @facts: what is known of it
 * @count: count the hit of a rule
 *
 * Context: any in which RCU may be read.
 * Return: the decision.
 */
struct tcp_reaper_decision
tcp_reaper_judge(struct tcp_reaper_net *rn,
		 const struct tcp_reaper_policy *policy, const struct sock *sk,
		 const struct tcp_reaper_facts *facts, bool count)
{
	return tcp_reaper_decide(policy, NULL, facts);
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
	u32 timeout_ms = tcp_reaper_timeout_ms(&rn->policy, NULL,
					       TCP_REAPER_ESTABLISHED);

	return timeout_ms && idle_ms >= timeout_ms;
}
