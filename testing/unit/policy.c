// SPDX-License-Identifier: GPL-2.0-only
/*
 * The decision, row by row: module/shared/policy.c is compiled into this
 * program from the module's own source. KTAP on stdout; exit 1 if a row is
 * wrong.
 */
#include <stdio.h>
#include <string.h>

#include "../../module/shared/policy.h"
#include "../../module/shared/rule.h"

#define NEVER TCP_REAPER_NEVER

static const struct tcp_reaper_policy usual = {
	.mode = TCP_REAPER_ENFORCE,
	.close_wait_timeout_ms = 1000,
	.close_wait_spare_active = 1,
	.orphan_timeout_ms = 500,
};

static const struct tcp_reaper_policy never = {
	.mode = TCP_REAPER_ENFORCE,
	.close_wait_spare_active = 1,
};

static const struct tcp_reaper_policy by_age = {
	.mode = TCP_REAPER_ENFORCE,
	.close_wait_timeout_ms = 1000,
};

static const struct tcp_reaper_policy longest = {
	.close_wait_timeout_ms = UINT32_MAX,
	.orphan_timeout_ms = UINT32_MAX,
};

static const struct tcp_reaper_policy graceful = {
	.close_wait_timeout_ms = 1000,
	.close_wait_action = TCP_REAPER_FIN,
	.close_wait_linger_ms = 300,
	.close_wait_spare_active = 1,
};

static const struct tcp_reaper_policy patient = {
	.close_wait_timeout_ms = 1000,
	.close_wait_action = TCP_REAPER_FIN,
};

static const struct tcp_reaper_policy careful = {
	.close_wait_timeout_ms = 1000,
	.close_wait_spare_unread = 1,
};

static const struct tcp_reaper_policy keepalives_too = {
	.established_timeout_ms = 2000,
	.established_action = TCP_REAPER_ESTABLISHED_PROBE,
	.established_keepalive = 1,
};

static const struct tcp_reaper_policy all = {
	.close_wait_timeout_ms = 1000,
	.orphan_timeout_ms = 500,
	.orphan_kernel_sockets = 1,
	.fin_wait2_timeout_ms = 700,
	.established_timeout_ms = 2000,
	.established_action = TCP_REAPER_ESTABLISHED_PROBE,
};

static const struct tcp_reaper_policy harsh = {
	.established_timeout_ms = 2000,
	.established_action = TCP_REAPER_ESTABLISHED_RESET,
};

static const struct tcp_reaper_rule exempt = { .exempt = true };
static const struct tcp_reaper_rule sooner = {
	.timeouts = 15,
	.timeout_ms = { 10, 20, 30, 40 },
};
static const struct tcp_reaper_rule not_ever = { .timeouts = 15 };
static const struct tcp_reaper_rule says_fin = {
	.action = TCP_REAPER_RULE_FIN,
};
static const struct tcp_reaper_rule says_reset = {
	.action = TCP_REAPER_RULE_RESET,
};

#define CW .class = TCP_REAPER_CLOSE_WAIT
#define ORPHAN .class = TCP_REAPER_ORPHAN
#define FW2 .class = TCP_REAPER_FIN_WAIT2
#define EST .class = TCP_REAPER_ESTABLISHED
/* Old enough for any timeout here. */
#define OLD .age_ms = 9000, .idle_ms = 9000
#define SAYS(v, w) \
	{ \
		.verdict = TCP_REAPER_##v, .wait_ms = (w) \
	}
#define NO_TIMEOUT \
	{ \
		.verdict = TCP_REAPER_WAIT, .wait_ms = NEVER, .endless = true \
	}
#define DOES(a) \
	{ \
		.verdict = TCP_REAPER_DUE, .action = TCP_REAPER_##a \
	}

static const struct row {
	const char *what;
	const struct tcp_reaper_policy *policy;
	struct tcp_reaper_facts facts;
	struct tcp_reaper_decision says;
	const struct tcp_reaper_rule *rule;
} rows[] = {
	{ "young close_wait",
	  &usual,
	  { CW, .age_ms = 10, .idle_ms = 10 },
	  SAYS(WAIT, 990) },
	{ "a millisecond early",
	  &usual,
	  { CW, .age_ms = 999, .idle_ms = 999 },
	  SAYS(WAIT, 1) },
	{ "on time",
	  &usual,
	  { CW, .age_ms = 1000, .idle_ms = 1000 },
	  SAYS(DUE, 0) },
	{ "long overdue",
	  &usual,
	  { CW, .age_ms = 1ULL << 40, .idle_ms = 1ULL << 40 },
	  SAYS(DUE, 0) },
	{ "progress restarts the clock",
	  &usual,
	  { CW, .age_ms = 5000, .idle_ms = 300 },
	  SAYS(SPARED_ACTIVE, 700) },
	{ "progress long ago",
	  &usual,
	  { CW, .age_ms = 5000, .idle_ms = 1000 },
	  SAYS(DUE, 0) },
	{ "progress does not count",
	  &by_age,
	  { CW, .age_ms = 5000, .idle_ms = 0 },
	  SAYS(DUE, 0) },
	{ "age alone, early",
	  &by_age,
	  { CW, .age_ms = 400, .idle_ms = 0 },
	  SAYS(WAIT, 600) },
	{ "timeout 0 is never",
	  &never,
	  { CW, .age_ms = 1ULL << 40, .idle_ms = 1ULL << 40 },
	  NO_TIMEOUT },
	{ "timeout 0 is never for orphans",
	  &never,
	  { ORPHAN, .age_ms = 1ULL << 40, .idle_ms = 1ULL << 40 },
	  NO_TIMEOUT },
	{ "young orphan",
	  &usual,
	  { ORPHAN, .age_ms = 100, .idle_ms = 100 },
	  SAYS(WAIT, 400) },
	{ "orphan on time",
	  &usual,
	  { ORPHAN, .age_ms = 500, .idle_ms = 500 },
	  SAYS(DUE, 0) },
	{ "orphan still sending to a live peer",
	  &usual,
	  { ORPHAN, .age_ms = 900, .idle_ms = 20 },
	  SAYS(SPARED_ACTIVE, 480) },
	{ "orphan-to-be, owner lingers in close()",
	  &usual,
	  { ORPHAN, .held = true, .age_ms = 900, .idle_ms = 900 },
	  SAYS(WAIT, NEVER) },
	{ "kernel socket",
	  &usual,
	  { CW, .kernel = true, .age_ms = 9000, .idle_ms = 9000 },
	  SAYS(SPARED_KERNEL, NEVER) },
	{ "kernel orphan",
	  &usual,
	  { ORPHAN, .kernel = true, .age_ms = 9000, .idle_ms = 9000 },
	  SAYS(SPARED_KERNEL, NEVER) },
	{ "MPTCP subflow",
	  &usual,
	  { CW, .mptcp = true, .age_ms = 9000, .idle_ms = 9000 },
	  SAYS(SPARED_MPTCP, NEVER) },
	{ "MPTCP subflow is kernel-owned, and named MPTCP",
	  &usual,
	  { CW, .mptcp = true, .kernel = true, .age_ms = 9000,
	    .idle_ms = 9000 },
	  SAYS(SPARED_MPTCP, NEVER) },
	{ "TCP_REPAIR",
	  &usual,
	  { CW, .repair = true, .age_ms = 9000, .idle_ms = 9000 },
	  SAYS(SPARED_REPAIR, NEVER) },
	{ "no class",
	  &usual,
	  { .class = TCP_REAPER_NO_CLASS, .age_ms = 9000, .idle_ms = 9000 },
	  NO_TIMEOUT },
	/* FIN, and the time after it. */
	{ "fin when it is due", &graceful, { CW, OLD }, DOES(FIN) },
	{ "fin is none for one that nobody accepted",
	  &graceful,
	  { CW, .queued = true, OLD },
	  DOES(RESET) },
	{ "fin, early",
	  &graceful,
	  { CW, .age_ms = 10, .idle_ms = 10 },
	  SAYS(WAIT, 990) },
	{ "fin sent, lingers",
	  &graceful,
	  { CW, .fin = true, .age_ms = 9000, .idle_ms = 100 },
	  SAYS(WAIT, 200) },
	{ "fin sent, lingered long enough",
	  &graceful,
	  { CW, .fin = true, .age_ms = 9000, .idle_ms = 300 },
	  DOES(LINGER) },
	{ "linger 0 is never", &patient, { CW, .fin = true, OLD }, NO_TIMEOUT },
	{ "no fin from under a ULP",
	  &graceful,
	  { CW, .ulp = true, OLD },
	  SAYS(SPARED_ULP, NEVER) },
	{ "reset from under a ULP",
	  &usual,
	  { CW, .ulp = true, OLD },
	  DOES(RESET) },
	/* Unread bytes. */
	{ "unread is spared",
	  &careful,
	  { CW, .unread = true, OLD },
	  SAYS(SPARED_UNREAD, NEVER) },
	{ "unread, early",
	  &careful,
	  { CW, .unread = true, .age_ms = 1 },
	  SAYS(WAIT, 999) },
	{ "read", &careful, { CW, OLD }, DOES(RESET) },
	{ "a ULP may hold some",
	  &careful,
	  { CW, .ulp = true, OLD },
	  SAYS(SPARED_UNREAD, NEVER) },
	{ "unread does not matter",
	  &usual,
	  { CW, .unread = true, OLD },
	  DOES(RESET) },
	/* The other classes. */
	{ "kernel orphan, asked for",
	  &all,
	  { ORPHAN, .kernel = true, OLD },
	  DOES(RESET) },
	{ "kernel close_wait, orphans asked for",
	  &all,
	  { CW, .kernel = true, OLD },
	  SAYS(SPARED_KERNEL, NEVER) },
	{ "fin_wait2", &all, { FW2, OLD }, DOES(RESET) },
	{ "fin_wait2, early",
	  &all,
	  { FW2, .age_ms = 200, .idle_ms = 200 },
	  SAYS(WAIT, 500) },
	{ "fin_wait2, data still comes",
	  &all,
	  { FW2, .age_ms = 900, .idle_ms = 100 },
	  SAYS(SPARED_ACTIVE, 600) },
	{ "fin_wait2, off", &usual, { FW2, OLD }, NO_TIMEOUT },
	{ "established, idle", &all, { EST, OLD }, DOES(PROBE) },
	{ "established, idle, reset", &harsh, { EST, OLD }, DOES(RESET) },
	{ "established, not idle for long",
	  &all,
	  { EST, .age_ms = 500, .idle_ms = 500 },
	  SAYS(WAIT, 1500) },
	{ "established, being probed",
	  &all,
	  { EST, .keepalive = true, .probed = true, OLD },
	  SAYS(WAIT, NEVER) },
	{ "established, probed, and then to be reset",
	  &harsh,
	  { EST, .keepalive = true, .probed = true, OLD },
	  DOES(RESET) },
	{ "established, its owner's own keepalive",
	  &harsh,
	  { EST, .keepalive = true, OLD },
	  SAYS(WAIT, NEVER) },
	{ "established, its owner's own keepalive counts for nothing",
	  &keepalives_too,
	  { EST, .keepalive = true, OLD },
	  DOES(PROBE) },
	{ "established, one lost probe would end it",
	  &all,
	  { EST, .user_timeout = true, OLD },
	  SAYS(WAIT, NEVER) },
	{ "established, as its owner wanted it",
	  &keepalives_too,
	  { EST, .keepalive = true, .user_timeout = true, OLD },
	  DOES(PROBE) },
	{ "established, a reset asks for no probe",
	  &harsh,
	  { EST, .user_timeout = true, OLD },
	  DOES(RESET) },
	{ "established, off", &usual, { EST, OLD }, NO_TIMEOUT },
	/* Rules. */
	{ "exempt close_wait",
	  &usual,
	  { CW, OLD },
	  SAYS(SPARED_RULE, NEVER),
	  &exempt },
	{ "exempt orphan",
	  &usual,
	  { ORPHAN, OLD },
	  SAYS(SPARED_RULE, NEVER),
	  &exempt },
	{ "exempt MPTCP is named MPTCP",
	  &usual,
	  { CW, .mptcp = true, OLD },
	  SAYS(SPARED_MPTCP, NEVER),
	  &exempt },
	{ "rule: close_wait_ms",
	  &usual,
	  { CW, .age_ms = 10, .idle_ms = 10 },
	  DOES(RESET),
	  &sooner },
	{ "rule: orphan_ms",
	  &usual,
	  { ORPHAN, .age_ms = 5, .idle_ms = 5 },
	  SAYS(WAIT, 15),
	  &sooner },
	{ "rule: fin_wait2_ms",
	  &usual,
	  { FW2, .age_ms = 5, .idle_ms = 5 },
	  SAYS(WAIT, 25),
	  &sooner },
	{ "rule: established_ms",
	  &usual,
	  { EST, .age_ms = 5, .idle_ms = 5 },
	  SAYS(WAIT, 35),
	  &sooner },
	{ "rule: 0 is never", &usual, { CW, OLD }, NO_TIMEOUT, &not_ever },
	{ "rule: action fin", &usual, { CW, OLD }, DOES(FIN), &says_fin },
	{ "rule: action reset",
	  &graceful,
	  { CW, OLD },
	  DOES(RESET),
	  &says_reset },
	{ "rule: action reset, established",
	  &all,
	  { EST, OLD },
	  DOES(RESET),
	  &says_reset },
	{ "rule: action fin is none for established",
	  &all,
	  { EST, OLD },
	  DOES(PROBE),
	  &says_fin },
	{ "rule: action fin is none for an orphan",
	  &all,
	  { ORPHAN, OLD },
	  DOES(RESET),
	  &says_fin },
	{ "longest timeout, early",
	  &longest,
	  { ORPHAN, .age_ms = 1, .idle_ms = 1 },
	  SAYS(WAIT, UINT32_MAX - 1ULL) },
	{ "longest timeout, on time",
	  &longest,
	  { ORPHAN, .age_ms = UINT32_MAX, .idle_ms = UINT32_MAX },
	  SAYS(DUE, 0) },
};

int main(void)
{
	unsigned int i, n = sizeof(rows) / sizeof(rows[0]), failed = 0;
	bool reached[TCP_REAPER_NR_VERDICTS] = { false };

	printf("TAP version 13\n1..%u\n", n + 1);
	for (i = 0; i < n; i++) {
		struct tcp_reaper_decision d =
			tcp_reaper_decide(rows[i].policy, rows[i].rule,
					  &rows[i].facts);
		bool ok = d.verdict == rows[i].says.verdict &&
			  d.wait_ms == rows[i].says.wait_ms &&
			  d.endless == rows[i].says.endless &&
			  (d.verdict != TCP_REAPER_DUE ||
			   d.action == rows[i].says.action);

		reached[d.verdict] = true;
		failed += !ok;
		printf("%sok %u policy: %s\n", ok ? "" : "not ", i + 1,
		       rows[i].what);
		if (!ok)
			printf("# verdict %d, action %d, wait %llu, endless %d\n",
			       d.verdict, d.action,
			       (unsigned long long)d.wait_ms, d.endless);
	}
	/* The table must grow with the verdicts. */
	for (i = 0; i < TCP_REAPER_NR_VERDICTS && reached[i]; i++)
		;
	failed += i != TCP_REAPER_NR_VERDICTS;
	printf("%sok %u policy: every verdict is reached\n",
	       i == TCP_REAPER_NR_VERDICTS ? "" : "not ", n + 1);
	return !!failed;
}
