// SPDX-License-Identifier: GPL-2.0
#include "policy.h"

/**
 * tcp_reaper_decide - what a policy says about a socket
 * @policy: the policy of the socket's namespace
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
		  const struct tcp_reaper_facts *facts)
{
	struct tcp_reaper_decision d = {
		.verdict = TCP_REAPER_WAIT,
		.action = TCP_REAPER_RESET,
		.wait_ms = TCP_REAPER_NEVER,
	};
	u64 timeout_ms = 0, clock_ms = facts->idle_ms;

	/* A subflow is kernel-owned too: name the narrower reason. */
	if (facts->mptcp) {
		d.verdict = TCP_REAPER_SPARED_MPTCP;
		return d;
	}
	if (facts->kernel) {
		d.verdict = TCP_REAPER_SPARED_KERNEL;
		return d;
	}
	if (facts->repair) {
		d.verdict = TCP_REAPER_SPARED_REPAIR;
		return d;
	}

	switch (facts->class) {
	case TCP_REAPER_CLOSE_WAIT:
		timeout_ms = policy->close_wait_timeout_ms;
		d.action = policy->close_wait_action;
		if (!policy->close_wait_spare_active)
			clock_ms = facts->age_ms;
		break;
	case TCP_REAPER_ORPHAN:
		/* The owner is still inside close(): SO_LINGER. */
		if (facts->held)
			return d;
		timeout_ms = policy->orphan_timeout_ms;
		break;
	}

	if (!timeout_ms)
		return d;
	if (clock_ms >= timeout_ms) {
		d.verdict = TCP_REAPER_DUE;
		d.wait_ms = 0;
		return d;
	}
	if (facts->age_ms >= timeout_ms)
		d.verdict = TCP_REAPER_SPARED_ACTIVE;
	d.wait_ms = timeout_ms - clock_ms;
	return d;
}
