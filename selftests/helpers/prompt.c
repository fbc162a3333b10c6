// SPDX-License-Identifier: GPL-2.0-only
/*
 * prompt: how promptly something happens, again and again, while others do
 * their worst. Started by "chrt -f 1" it measures the kernel, and not how long
 * a program waits for a CPU.
 *
 *	prompt track	a connection's owner is left in CLOSE_WAIT: the time
 *			from the FIN until the gauge close_wait_tracked of this
 *			namespace rises. All of them stay until the end, so
 *			that the gauge only rises.
 *	prompt unshare	the time that unshare(CLONE_NEWNET) takes
 *
 * Prints "prompt WHAT n=N late=N median_ms=X max_ms=X"; the first that comes
 * too late is the last.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sock.h"

#define GAUGE "close_wait_tracked "
/* Between two looks at the gauge, which is the error of what is measured. */
#define LOOK_US 2000

static const char *const words[] = { "track", "unshare" };
static long times = 5;
static long rest_ms = 150;
static long limit_ms = 20000;
static struct endpoint ep;
static int stats;

static void usage(void)
{
	fprintf(stderr,
		"usage: prompt track|unshare [-n TIMES] [-i MS] [-w MS]\n"
		"  -i  rest before each (150)\n"
		"  -w  what takes longer is late (20000)\n");
	exit(2);
}

static long gauge(void)
{
	static char buf[65536];
	ssize_t n = pread(stats, buf, sizeof(buf) - 1, 0);
	char *at;

	if (n <= 0)
		die("stats");
	buf[n] = 0;
	at = strstr(buf, GAUGE);
	if (!at)
		die("stats without " GAUGE);
	return atol(at + strlen(GAUGE));
}

/* Descriptors stay open on purpose. */
static double track(void)
{
	int peer = endpoint_connect(&ep, false);
	struct pollfd owner = { .fd = endpoint_accept(&ep),
				.events = POLLRDHUP };
	long before = gauge();
	long long start;

	start = now_us();
	if (shutdown(peer, SHUT_WR) || poll(&owner, 1, 10000) != 1)
		die("no FIN within 10 s");
	while (gauge() <= before && ms_between(start, now_us()) <= limit_ms)
		usleep(LOOK_US);
	return ms_between(start, now_us());
}

static double leave(void)
{
	long long start = now_us();

	if (unshare(CLONE_NEWNET))
		die("unshare");
	return ms_between(start, now_us());
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	double *took;
	int opt, what, n = 0, late = 0;

	if (argc < 2)
		usage();
	what = word(argv[1], words, 2);
	while ((opt = getopt(argc - 1, argv + 1, "n:i:w:")) != -1) {
		if (opt == 'n')
			times = number(optarg, 1, 10000);
		else if (opt == 'i')
			rest_ms = number(optarg, 0, 60000);
		else if (opt == 'w')
			limit_ms = number(optarg, 1, 600000);
		else
			usage();
	}
	if (what == 2 || optind != argc - 1)
		usage();
	took = calloc(times, sizeof(*took));
	if (!took)
		die("calloc");
	if (!what) {
		raise_nofile();
		stats = open("/proc/self/net/reaper/stats",
			     O_RDONLY | O_CLOEXEC);
		if (stats < 0)
			die("stats");
		endpoint_init(&ep);
		endpoint_listen(&ep, 16, false);
	}
	while (n < times && !late) {
		usleep(rest_ms * 1000);
		took[n] = what ? leave() : track();
		late = took[n++] > limit_ms;
	}
	qsort(took, n, sizeof(*took), by_size);
	say("prompt %s n=%d late=%d median_ms=%.1f max_ms=%.1f", words[what], n,
	    late, took[n / 2], took[n - 1]);
	return 0;
}
