// SPDX-License-Identifier: GPL-2.0
/*
 * pile: orphans, batch upon batch, as a noisy program makes them: sockets in
 * FIN_WAIT1 whose peers have fallen silent.
 *
 * After each batch it waits until so many are left as may be, and notes how
 * long that took. Then it prints a "ready ..." line; on SIGUSR1, and at the
 * end by SIGTERM, a "pile ..." line that says how many of each batch there
 * still are, the oldest first.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proctcp.h"
#include "sock.h"

#define BATCHES 64

static struct endpoint ep;
static int total = 100;
static int batch = 10;
static int cap;
static long rest_ms = 20;
static int *peers;
static int made;
static int nr_batches;
static struct tcp_ends all, ends[BATCHES];
static int most_before, most_after;
static double slowest;

static void usage(void)
{
	fprintf(stderr,
		"usage: pile [-46m] [-n N] [-b BATCH] [-c CAP] [-i MS] [-p PORT] [-a ADDR] [-N NETNS]\n"
		"  -b  how many at once (10), %d times at most\n"
		"  -c  after each batch, wait up to 5 s until no more than so many are left\n"
		"  -i  between batches (20)\n",
		BATCHES);
	exit(2);
}

static void begin(struct tcp_ends *these)
{
	these->family = ep.mapped ? AF_INET : ep.family;
	these->remote = ep.port;
}

static void settle(void)
{
	long long start = now_us();
	int n = tcp_orphans(&all, TCP_STATE_ANY);
	double ms;

	if (n > most_before)
		most_before = n;
	while (cap && n > cap && now_us() < start + 5000000) {
		usleep(5000);
		n = tcp_orphans(&all, TCP_STATE_ANY);
	}
	ms = ms_between(start, now_us());
	if (cap && ms > slowest)
		slowest = ms;
	if (n > most_after)
		most_after = n;
}

static void make_batch(struct tcp_ends *these)
{
	int owners[10000], i, n = batch;

	if (n > total - made)
		n = total - made;
	for (i = 0; i < n; i++) {
		owners[i] = endpoint_connect(&ep, false);
		peers[made] = endpoint_accept(&ep);
		tcp_ends_add_peer(these, peers[made]);
		tcp_ends_add_peer(&all, peers[made]);
		cut_off(peers[made++]);
	}
	for (i = 0; i < n; i++)
		close(owners[i]);
}

static void report(void)
{
	char line[BATCHES * 6] = "";
	int i, at = 0;

	for (i = 0; i < nr_batches; i++)
		at += snprintf(line + at, sizeof(line) - at, "%s%d",
			       i ? "," : "",
			       tcp_orphans(&ends[i], TCP_STATE_ANY));
	say("pile n=%d left=%d batches=%s", made,
	    tcp_orphans(&all, TCP_STATE_ANY), line);
}

/* Closed the usual way, they would become orphans themselves, being deaf. */
static void abort_peers(void)
{
	struct linger now = { .l_onoff = 1, .l_linger = 0 };
	int i;

	for (i = 0; i < made; i++) {
		if (setsockopt(peers[i], SOL_SOCKET, SO_LINGER, &now,
			       sizeof(now)))
			die("SO_LINGER");
		close(peers[i]);
	}
}

int main(int argc, char **argv)
{
	sigset_t set;
	int opt, signal;

	endpoint_init(&ep);
	while ((opt = getopt(argc, argv, ENDPOINT_OPTIONS "n:b:c:i:")) != -1) {
		if (opt == 'n')
			total = number(optarg, 1, 100000);
		else if (opt == 'b')
			batch = number(optarg, 1, 10000);
		else if (opt == 'c')
			cap = number(optarg, 1, 100000);
		else if (opt == 'i')
			rest_ms = number(optarg, 1, 60000);
		else if (!endpoint_option(&ep, opt, optarg))
			usage();
	}
	if (optind != argc || (total - 1) / batch >= BATCHES)
		usage();

	raise_nofile();
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		die("sigprocmask");
	peers = calloc(total, sizeof(*peers));
	if (!peers)
		die("calloc");
	endpoint_listen(&ep, 128, true);
	begin(&all);
	while (made < total) {
		if (made)
			usleep(rest_ms * 1000);
		begin(&ends[nr_batches]);
		make_batch(&ends[nr_batches++]);
		settle();
	}
	say("ready n=%d family=%s port=%d most=%d settled=%d slowest_ms=%.1f",
	    made, endpoint_name(&ep), ep.port, most_before, most_after,
	    slowest);
	do {
		if (sigwait(&set, &signal))
			die("sigwait");
		report();
	} while (signal != SIGTERM);
	abort_peers();
	return 0;
}
