// SPDX-License-Identifier: GPL-2.0-only
/*
 * Times in which a machine stood still, and what they make of a moment of the
 * past. module/shared/standstills.c is compiled into this program from the
 * module's own source. TAP on stdout; exit 1 if something is wrong.
 */
#include <stdbool.h>
#include <stdio.h>

#include "../../module/shared/standstills.h"

static unsigned int nr, failed;

static void is(const char *what, unsigned long long want,
	       unsigned long long got)
{
	bool ok = want == got;

	failed += !ok;
	printf("%sok %u standstills: %s\n", ok ? "" : "not ", ++nr, what);
	if (!ok)
		printf("# %llu, not %llu\n", got, want);
}

int main(void)
{
	struct tcp_reaper_standstills stills = { 0 };
	unsigned int i;

	printf("TAP version 13\n1..14\n");
	is("none ended", 0, tcp_reaper_standstills_end(&stills));
	is("none moves a moment", 5000,
	   tcp_reaper_standstills_at(&stills, 5000));

	tcp_reaper_standstills_add(&stills, 1000, 1800);
	tcp_reaper_standstills_add(&stills, 2000, 2100);
	is("the last one's end", 2100, tcp_reaper_standstills_end(&stills));
	is("all are lost by now", 900, stills.lost);
	is("before both", 900, tcp_reaper_standstills_at(&stills, 900));
	is("in the first", 1000, tcp_reaper_standstills_at(&stills, 1500));
	is("at its end", 1000, tcp_reaper_standstills_at(&stills, 1800));
	is("between them", 1100, tcp_reaper_standstills_at(&stills, 1900));
	is("in the second", 1200, tcp_reaper_standstills_at(&stills, 2050));
	is("after both", 1300, tcp_reaper_standstills_at(&stills, 2200));

	/* Five more than are known, of 10 in each 100. */
	stills = (struct tcp_reaper_standstills){ 0 };
	for (i = 1; i <= TCP_REAPER_STANDSTILLS + 5; i++)
		tcp_reaper_standstills_add(&stills, 100 * i, 100 * i + 10);
	is("after very many", 100 * i - 10 * (i - 1),
	   tcp_reaper_standstills_at(&stills, 100 * i));
	is("after all that are forgotten", 550 - 50,
	   tcp_reaper_standstills_at(&stills, 550));
	is("a moment among them is told older by them", 150 - 50,
	   tcp_reaper_standstills_at(&stills, 150));
	is("and is not before the beginning", 0,
	   tcp_reaper_standstills_at(&stills, 40));
	return !!failed;
}
