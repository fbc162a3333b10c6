// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a decision by rules costs: the time to find out that none of 1,024 rules
 * matches, for each kind of rule. rules [KIND] times one kind; under callgrind,
 * which counts instructions, it looks once.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../module/shared/rule.h"

#define RULES 1024

/* Each misses the socket below, and as late as a rule of its kind can. Paths
 * are different ones, which are looked through before the rules.
 */
static const struct {
	const char *kind;
	const char *line;
} kinds[] = {
	{ "lport", "lport 1-79 exempt" },
	{ "uid", "uid 1001 exempt" },
	{ "raddr-v4", "raddr 192.0.2.2 exempt" },
	{ "raddr-v6", "raddr 2001:db8::/64 exempt" },
	{ "cgroup", "cgroup 78 exempt" },
	{ "path", "cgroup /system.slice/orders-%04d.service exempt" },
	{ "all",
	  "lport 80 rport 1-65535 uid 1000 mark 1/1 cgroup 77 laddr 0.0.0.0/0 raddr 192.0.2.2 exempt" },
};

static struct tcp_reaper_rule rules[RULES];
static char lines[RULES][256];
static struct tcp_reaper_dir dirs[RULES];
static unsigned int ndirs;

static __attribute__((noinline)) int look(struct tcp_reaper_flow *flow)
{
	static const char *const names[] = { "system.slice",
					     "orders-0512x.service" };
	int i;

	/* As the module does: none has a directory 1 here. */
	flow->dir = 1;
	if (ndirs && tcp_reaper_dirs_find(dirs, ndirs, names, 2))
		return 0;
	for (i = 0; i < RULES; i++)
		if (tcp_reaper_rule_match(&rules[i], flow))
			return i;
	return -1;
}

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

static void time_kind(const char *kind, const char *line, int looks)
{
	struct tcp_reaper_flow flow = {
		.lport = 80,
		.rport = 40000,
		.uid = 1000,
		.mark = 1,
		.cgroup = 77,
		.laddr = { [10] = 0xff, 0xff, 127, 0, 0, 1 },
		.raddr = { [10] = 0xff, 0xff, 192, 0, 2, 1 },
	};
	struct tcp_reaper_rule_error err;
	double start;
	int i;

	ndirs = 0;
	for (i = 0; i < RULES; i++) {
		snprintf(lines[i], sizeof(lines[i]), line, i);
		if (tcp_reaper_rule_parse(lines[i], strlen(lines[i]), &rules[i],
					  &err) != 1)
			exit(1);
		if (rules[i].cgroup.path)
			dirs[ndirs++] =
				(struct tcp_reaper_dir){ rules[i].cgroup.path,
							 rules[i].cgroup.len };
	}
	ndirs = tcp_reaper_dirs_link(dirs, ndirs);
	start = now_ns();
	for (i = 0; i < looks; i++)
		if (look(&flow) != -1)
			exit(1);
	if (looks > 1)
		printf("%-10s %6.2f ns a rule, %7.1f us a decision over %d\n",
		       kind, (now_ns() - start) / looks / RULES,
		       (now_ns() - start) / looks / 1000, RULES);
}

int main(int argc, char **argv)
{
	const char *looks = getenv("LOOKS");
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (argc < 2 || !strcmp(argv[1], kinds[i].kind))
			time_kind(kinds[i].kind, kinds[i].line,
				  looks ? atoi(looks) : 20000);
	return 0;
}
