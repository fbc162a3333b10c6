// SPDX-License-Identifier: GPL-2.0-only
/*
 * The decision on any policy, rule and facts. What must hold whatever they are:
 * who is to be left alone is; nothing is due before its time, or at a timeout
 * of 0; an act is one that its class knows; and a verdict stands for as long as
 * it says, if only time goes by.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../module/shared/policy.h"
#include "../../module/shared/rule.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool so, const char *what)
{
	if (so)
		return;
	fprintf(stderr, "broken: %s\n", what);
	abort();
}

struct input {
	struct tcp_reaper_policy policy;
	uint32_t timeout_ms[TCP_REAPER_RULE_NR_TIMEOUTS];
	uint32_t age_ms;
	uint32_t idle_ms;
	uint32_t later_ms;
	uint16_t bits;
	uint8_t class;
	uint8_t timeouts;
	uint8_t action;
};

static bool bit(const struct input *in, int n)
{
	return in->bits >> n & 1;
}

static void test_acts(const struct tcp_reaper_facts *f,
		      struct tcp_reaper_decision d, uint64_t timeout_ms)
{
	uint64_t clock_ms = f->age_ms > f->idle_ms ? f->age_ms : f->idle_ms;

	must(!f->mptcp && !f->repair, "MPTCP and TCP_REPAIR are let alone");
	must(!f->held, "an owner inside close() is let alone");
	must(!f->probed || d.action != TCP_REAPER_PROBE,
	     "one that is probed is not probed again");
	must(timeout_ms, "0 is never");
	must(clock_ms >= timeout_ms, "never before its time");
	must(d.wait_ms == 0, "due is now");
	must(d.action != TCP_REAPER_FIN ||
		     (f->class == TCP_REAPER_CLOSE_WAIT && !f->ulp),
	     "a FIN only in CLOSE_WAIT, and not from under a ULP");
	must(d.action != TCP_REAPER_PROBE || f->class == TCP_REAPER_ESTABLISHED,
	     "a probe only in ESTABLISHED");
	must((d.action == TCP_REAPER_LINGER) == f->fin,
	     "a linger's end only after a FIN");
	must(d.action != TCP_REAPER_EVICT, "one socket is not too many");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tcp_reaper_rule rule = { .match = 0 };
	struct tcp_reaper_decision d, again;
	struct tcp_reaper_facts f;
	struct input in;
	uint64_t timeout_ms;

	if (size < sizeof(in))
		return 0;
	memcpy(&in, data, sizeof(in));
	in.policy.close_wait_action %= 2;
	in.policy.established_action %= 2;
	f = (struct tcp_reaper_facts){
		.class = in.class % (TCP_REAPER_NR_CLASSES + 1),
		.held = bit(&in, 0),
		.kernel = bit(&in, 1),
		.mptcp = bit(&in, 2),
		.repair = bit(&in, 3),
		.ulp = bit(&in, 4),
		.unread = bit(&in, 5),
		.fin = bit(&in, 6) && in.class % (TCP_REAPER_NR_CLASSES + 1) ==
					      TCP_REAPER_CLOSE_WAIT,
		.probed = bit(&in, 7),
		.keepalive = bit(&in, 10),
		.user_timeout = bit(&in, 11),
		.age_ms = in.age_ms,
		.idle_ms = in.idle_ms < in.age_ms ? in.idle_ms : in.age_ms,
	};
	rule.exempt = bit(&in, 8);
	rule.timeouts = in.timeouts & 15;
	memcpy(rule.timeout_ms, in.timeout_ms, sizeof(rule.timeout_ms));
	rule.action = in.action % 3;

	d = tcp_reaper_decide(&in.policy, bit(&in, 9) ? &rule : NULL, &f);
	must(d.verdict < TCP_REAPER_NR_VERDICTS, "a verdict there is");
	timeout_ms = f.fin ? in.policy.close_wait_linger_ms
			   : tcp_reaper_timeout_ms(&in.policy,
						   bit(&in, 9) ? &rule : NULL,
						   f.class);
	if (d.verdict == TCP_REAPER_DUE) {
		test_acts(&f, d, timeout_ms);
		must(!(bit(&in, 9) && rule.exempt), "exempt is let alone");
		must(!f.kernel || (f.class == TCP_REAPER_ORPHAN &&
				   in.policy.orphan_kernel_sockets),
		     "kernel sockets are let alone unless asked for");
		must(f.class != TCP_REAPER_ESTABLISHED || !f.keepalive ||
			     f.probed || in.policy.established_keepalive,
		     "an owner's keepalive is, too");
		must(d.action != TCP_REAPER_PROBE || !f.user_timeout ||
			     f.keepalive,
		     "no probe that need not be answered twice");
	} else {
		must(d.wait_ms > 0, "what is not due waits");
	}

	/* Only time goes by, and not as much as it waits. */
	if (d.wait_ms > 1) {
		uint64_t later =
			in.later_ms %
			(d.wait_ms < UINT32_MAX ? d.wait_ms : UINT32_MAX);

		f.age_ms += later;
		f.idle_ms += later;
		again = tcp_reaper_decide(&in.policy,
					  bit(&in, 9) ? &rule : NULL, &f);
		must(again.verdict != TCP_REAPER_DUE ||
			     d.verdict == TCP_REAPER_DUE,
		     "a verdict stands for as long as it says");
		must(d.wait_ms == TCP_REAPER_NEVER ||
			     again.wait_ms == d.wait_ms - later,
		     "and its end does not move");
	}
	return 0;
}
