// SPDX-License-Identifier: GPL-2.0
/*
 * The decision, row by row: module/policy.c is compiled into this program from
 * the module's own source. KTAP on stdout; exit 1 if a row is wrong.
 */
#include <stdio.h>
#include <string.h>

#include "../../module/policy.h"

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

#define CW .class = TCP_REAPER_CLOSE_WAIT
#define ORPHAN .class = TCP_REAPER_ORPHAN
#define SAYS(v, w) { .verdict = TCP_REAPER_##v, .wait_ms = (w) }

static const struct row {
	const char *what;
	const struct tcp_reaper_policy *policy;
	struct tcp_reaper_facts facts;
	struct tcp_reaper_decision says;
} rows[] = {
	{ "young close_wait", &usual, { CW, .age_ms = 10, .idle_ms = 10 },
	  SAYS(WAIT, 990) },
	{ "a millisecond early", &usual, { CW, .age_ms = 999, .idle_ms = 999 },
	  SAYS(WAIT, 1) },
	{ "on time", &usual, { CW, .age_ms = 1000, .idle_ms = 1000 },
	  SAYS(DUE, 0) },
	{ "long overdue", &usual, { CW, .age_ms = 1ULL << 40, .idle_ms = 1ULL << 40 },
	  SAYS(DUE, 0) },
	{ "progress restarts the clock", &usual,
	  { CW, .age_ms = 5000, .idle_ms = 300 }, SAYS(SPARED_ACTIVE, 700) },
	{ "progress long ago", &usual, { CW, .age_ms = 5000, .idle_ms = 1000 },
	  SAYS(DUE, 0) },
	{ "progress does not count", &by_age,
	  { CW, .age_ms = 5000, .idle_ms = 0 }, SAYS(DUE, 0) },
	{ "age alone, early", &by_age, { CW, .age_ms = 400, .idle_ms = 0 },
	  SAYS(WAIT, 600) },
	{ "timeout 0 is never", &never,
	  { CW, .age_ms = 1ULL << 40, .idle_ms = 1ULL << 40 }, SAYS(WAIT, NEVER) },
	{ "timeout 0 is never for orphans", &never,
	  { ORPHAN, .age_ms = 1ULL << 40, .idle_ms = 1ULL << 40 },
	  SAYS(WAIT, NEVER) },
	{ "young orphan", &usual, { ORPHAN, .age_ms = 100, .idle_ms = 100 },
	  SAYS(WAIT, 400) },
	{ "orphan on time", &usual, { ORPHAN, .age_ms = 500, .idle_ms = 500 },
	  SAYS(DUE, 0) },
	{ "orphan still sending to a live peer", &usual,
	  { ORPHAN, .age_ms = 900, .idle_ms = 20 }, SAYS(SPARED_ACTIVE, 480) },
	{ "orphan-to-be, owner lingers in close()", &usual,
	  { ORPHAN, .held = true, .age_ms = 900, .idle_ms = 900 },
	  SAYS(WAIT, NEVER) },
	{ "kernel socket", &usual,
	  { CW, .kernel = true, .age_ms = 9000, .idle_ms = 9000 },
	  SAYS(SPARED_KERNEL, NEVER) },
	{ "kernel orphan", &usual,
	  { ORPHAN, .kernel = true, .age_ms = 9000, .idle_ms = 9000 },
	  SAYS(SPARED_KERNEL, NEVER) },
	{ "MPTCP subflow", &usual,
	  { CW, .mptcp = true, .age_ms = 9000, .idle_ms = 9000 },
	  SAYS(SPARED_MPTCP, NEVER) },
	{ "MPTCP subflow is kernel-owned, and named MPTCP", &usual,
	  { CW, .mptcp = true, .kernel = true, .age_ms = 9000, .idle_ms = 9000 },
	  SAYS(SPARED_MPTCP, NEVER) },
	{ "TCP_REPAIR", &usual,
	  { CW, .repair = true, .age_ms = 9000, .idle_ms = 9000 },
	  SAYS(SPARED_REPAIR, NEVER) },
	{ "no class", &usual,
	  { .class = TCP_REAPER_NO_CLASS, .age_ms = 9000, .idle_ms = 9000 },
	  SAYS(WAIT, NEVER) },
	{ "longest timeout, early", &longest,
	  { ORPHAN, .age_ms = 1, .idle_ms = 1 }, SAYS(WAIT, UINT32_MAX - 1ULL) },
	{ "longest timeout, on time", &longest,
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
			tcp_reaper_decide(rows[i].policy, &rows[i].facts);
		bool ok = d.verdict == rows[i].says.verdict &&
			  d.wait_ms == rows[i].says.wait_ms &&
			  d.action == TCP_REAPER_RESET;

		reached[d.verdict] = true;
		failed += !ok;
		printf("%sok %u policy: %s\n", ok ? "" : "not ", i + 1,
		       rows[i].what);
		if (!ok)
			printf("# verdict %d, wait %llu\n", d.verdict,
			       (unsigned long long)d.wait_ms);
	}
	/* The table must grow with the verdicts. */
	for (i = 0; i < TCP_REAPER_NR_VERDICTS && reached[i]; i++)
		;
	failed += i != TCP_REAPER_NR_VERDICTS;
	printf("%sok %u policy: every verdict is reached\n",
	       i == TCP_REAPER_NR_VERDICTS ? "" : "not ", n + 1);
	return !!failed;
}
