// SPDX-License-Identifier: GPL-2.0-only
/*
 * How many may be reaped in a second, and how long the others wait.
 * module/shared/brake.c is compiled into this program from the module's own
 * source. TAP on stdout; exit 1 if something is wrong.
 */
#include <stdbool.h>
#include <stdio.h>

#include "../../module/shared/brake.h"

static unsigned int nr, failed;

static void is(const char *what, unsigned long long want,
	       unsigned long long got)
{
	bool ok = want == got;

	failed += !ok;
	printf("%sok %u brake: %s\n", ok ? "" : "not ", ++nr, what);
	if (!ok)
		printf("# %llu, not %llu\n", got, want);
}

/* How many of @n that all ask at @now_ms may go. */
static unsigned int go(struct tcp_reaper_brake *brake, u32 per_s, u64 now_ms,
		       unsigned int n)
{
	unsigned int gone = 0;

	while (n--) {
		if (tcp_reaper_brake_wait(brake, per_s, 0, now_ms))
			continue;
		tcp_reaper_brake_done(brake, now_ms);
		gone++;
	}
	return gone;
}

int main(void)
{
	struct tcp_reaper_brake brake = { 0 };

	printf("TAP version 13\n1..13\n");
	is("0 is no brake", 100000, go(&brake, 0, 5000, 100000));
	brake = (struct tcp_reaper_brake){ 0 };
	is("so many go in a second", 10, go(&brake, 10, 5000, 15));
	is("and no more in the same", 0, go(&brake, 10, 5999, 1));
	is("nor at any rate less", 0, go(&brake, 5, 5999, 1));
	is("but at a higher one", 3, go(&brake, 13, 5999, 9));
	is("in the next as many", 10, go(&brake, 10, 6000, 30));
	is("and in one much later", 10, go(&brake, 10, 1ULL << 50, 30));

	brake = (struct tcp_reaper_brake){ 0 };
	is("those that were picked count", 1,
	   !tcp_reaper_brake_wait(&brake, 2, 1, 7000) &&
		   tcp_reaper_brake_wait(&brake, 2, 2, 7000));
	brake = (struct tcp_reaper_brake){ 0 };
	go(&brake, 2, 7100, 2);
	is("one too many waits for the next second", 600,
	   tcp_reaper_brake_wait(&brake, 2, 0, 7500));
	is("and a second one", 600, tcp_reaper_brake_wait(&brake, 2, 0, 7500));
	is("a third for the one after that", 1600,
	   tcp_reaper_brake_wait(&brake, 2, 0, 7500));
	brake.waiting = ~0U;
	is("they may be any number", 600 + 4294967295ULL * 1000,
	   tcp_reaper_brake_wait(&brake, 1, 1, 7500));
	brake.done = ~0U;
	tcp_reaper_brake_done(&brake, 7500);
	is("so may those that were reaped", 1,
	   tcp_reaper_brake_wait(&brake, ~0U, 0, 7500) > 0);
	return failed != 0;
}
