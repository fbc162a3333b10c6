// SPDX-License-Identifier: GPL-2.0-only
#include "policy.h"
#include "rule.h"

/**
 * tcp_reaper_timeout_ms - the timeout that holds for a socket
 * @policy: the policy of its namespace
 * @rule: the first that matches it, or NULL
 * @class: its class
 *
 * Return: milliseconds; 0 for none.
 */
u32 tcp_reaper_timeout_ms(const struct tcp_reaper_policy *policy,
			  const struct tcp_reaper_rule *rule,
			  enum tcp_reaper_class class)
{
	if (class >= TCP_REAPER_NR_CLASSES)
		return 0;
	if (rule && rule->timeouts & 1 << class)
		return rule->timeout_ms[class];
	switch (class) {
	case TCP_REAPER_CLOSE_WAIT:
		return policy->close_wait_timeout_ms;
	case TCP_REAPER_ORPHAN:
		return policy->orphan_timeout_ms;
	case TCP_REAPER_FIN_WAIT2:
		return policy->fin_wait2_timeout_ms;
	default:
		return policy->established_timeout_ms;
	}
}

static u8 action_of(const struct tcp_reaper_policy *policy,
		    const struct tcp_reaper_rule *rule,
		    enum tcp_reaper_class class)
{
	u8 said = rule ? rule->action : TCP_REAPER_RULE_NO_ACTION;

	switch (class) {
	case TCP_REAPER_CLOSE_WAIT:
		if (said == TCP_REAPER_RULE_FIN)
			return TCP_REAPER_FIN;
		if (said == TCP_REAPER_RULE_RESET)
			return TCP_REAPER_RESET;
		return policy->close_wait_action;
	case TCP_REAPER_ESTABLISHED:
		/* A FIN is not for one whose peer has not finished. */
		if (said != TCP_REAPER_RULE_RESET &&
		    policy->established_action == TCP_REAPER_ESTABLISHED_PROBE)
			return TCP_REAPER_PROBE;
		return TCP_REAPER_RESET;
	default:
		return TCP_REAPER_RESET;
	}
}

/* Returns the reason to leave this socket alone, or TCP_REAPER_WAIT. */
static u8 hands_off(const struct tcp_reaper_policy *policy,
		    const struct tcp_reaper_rule *rule,
		    const struct tcp_reaper_facts *facts)
{
	/* A subflow is kernel-owned too: name the narrower reason. */
	if (facts->mptcp)
		return TCP_REAPER_SPARED_MPTCP;
	if (facts->kernel && !(policy->orphan_kernel_sockets &&
			       facts->class == TCP_REAPER_ORPHAN))
		return TCP_REAPER_SPARED_KERNEL;
	if (facts->repair)
		return TCP_REAPER_SPARED_REPAIR;
	if (rule && rule->exempt)
		return TCP_REAPER_SPARED_RULE;
	return TCP_REAPER_WAIT;
}

/**
 * tcp_reaper_decide - what a policy says about a socket
 * @policy: the policy of the socket's namespace
 * @rule: the first that matches it, or NULL
 * @facts: the socket, as it is now
 *
 * A pure function: no state, no clock, no locks. The mode is not looked at;
 * it says what is done about a verdict, not what the verdict is.
 *
 * Context: any.
 * Return: the verdict, and for how long it stands.
 */
struct tcp_reaper_decision
tcp_reaper_decide(const struct tcp_reaper_policy *policy,
		  const struct tcp_reaper_rule *rule,
		  const struct tcp_reaper_facts *facts)
{
	struct tcp_reaper_decision d = {
		.verdict = hands_off(policy, rule, facts),
		.action = action_of(policy, rule, facts->class),
		.wait_ms = TCP_REAPER_NEVER,
	};
	u64 timeout_ms, clock_ms = facts->idle_ms;

	/* accept() warns of one that is past our FIN. */
	if (facts->queued && d.action == TCP_REAPER_FIN) {
		d.action = TCP_REAPER_RESET;
		d.keep_unread = true;
	}
	if (d.verdict != TCP_REAPER_WAIT)
		return d;
	/* The owner is still inside close(). */
	if (facts->held)
		return d;
	if (facts->class == TCP_REAPER_ESTABLISHED) {
		/* An owner's own keepalive finds a dead peer by itself. */
		if (facts->keepalive && !facts->probed &&
		    !policy->established_keepalive)
			return d;
		/* The kernel probes the peer, as it was to. */
		if (facts->probed && d.action == TCP_REAPER_PROBE)
			return d;
		/*
		 * With the option the kernel gives up after a single probe,
		 * which may be lost. With keepalive its owner wanted that.
		 */
		if (facts->user_timeout && !facts->keepalive &&
		    d.action == TCP_REAPER_PROBE)
			return d;
	}

	timeout_ms = tcp_reaper_timeout_ms(policy, rule, facts->class);
	if (facts->fin) {
		timeout_ms = policy->close_wait_linger_ms;
		d.action = TCP_REAPER_LINGER;
	} else if (facts->class == TCP_REAPER_CLOSE_WAIT &&
		   !policy->close_wait_spare_active) {
		clock_ms = facts->age_ms;
	}

	d.timeout_ms = timeout_ms;
	if (!timeout_ms) {
		d.endless = true;
		return d;
	}
	if (clock_ms < timeout_ms) {
		if (facts->age_ms >= timeout_ms && !facts->fin)
			d.verdict = TCP_REAPER_SPARED_ACTIVE;
		d.wait_ms = timeout_ms - clock_ms;
	} else if (facts->class == TCP_REAPER_CLOSE_WAIT && !facts->fin &&
		   policy->close_wait_spare_unread &&
		   (facts->unread || facts->ulp)) {
		/* What an upper layer protocol holds is not to be seen. */
		d.verdict = TCP_REAPER_SPARED_UNREAD;
	} else if (d.action == TCP_REAPER_FIN && facts->ulp) {
		d.verdict = TCP_REAPER_SPARED_ULP;
	} else {
		d.verdict = TCP_REAPER_DUE;
		d.wait_ms = 0;
	}
	return d;
}
