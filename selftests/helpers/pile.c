// SPDX-License-Identifier: GPL-2.0-only
/*
 * pile: orphans, batch upon batch, as a noisy program makes them: sockets in
 * FIN_WAIT1 whose peers have fallen silent.
 *
 * Each batch has a listener of its own: a port that the kernel takes back from
 * an orphan is given to the next connection, and the silent peer still has it.
 *
 * With -c, after each batch it waits until so many are left as may be, and
 * notes how long that took. Then it prints a "ready ..." line; on SIGUSR1, and
 * at the end by SIGTERM, a "pile ..." line that says how many of each batch
 * there still are, the oldest first.
 */
#define _GNU_SOURCE
#include <pthread.h>
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
static int linger_s;
static int *peers;
static int made;
static int nr_batches;
static struct tcp_ends ends[BATCHES];
static int left[BATCHES];
static int most_before, most_after;
static double took[BATCHES]; /* those that had to go */
static int nr_took;

static void usage(void)
{
	fprintf(stderr,
		"usage: pile [-46m] [-n N] [-b BATCH] [-c CAP] [-i MS] [-l SECONDS] [-p PORT] [-a ADDR] [-N NETNS]\n"
		"  -b  how many at once (10), %d times at most; each has the next port, if -p is given\n"
		"  -c  after each batch, wait up to 20 s until no more than so many are left\n"
		"  -i  between batches (20)\n"
		"  -l  each by a thread of its own that stays in close() for so long (SO_LINGER)\n",
		BATCHES);
	exit(2);
}

/* Where there are none left, there will be none. */
static int count_left(void)
{
	int i, n = 0;

	for (i = 0; i < nr_batches; i++) {
		if (left[i])
			left[i] = tcp_orphans(&ends[i], TCP_STATE_ANY);
		n += left[i];
	}
	return n;
}

static void settle(void)
{
	long long start = now_us();
	int n, before;

	if (!cap)
		return;
	before = n = count_left();
	if (before > most_before)
		most_before = before;
	while (n > cap && now_us() < start + 20000000) {
		usleep(5000);
		n = count_left();
	}
	if (before > cap)
		took[nr_took++] = ms_between(start, now_us());
	if (n > most_after)
		most_after = n;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void *in_close(void *fd)
{
	close((long)fd);
	return NULL;
}

static void close_slowly(int fd)
{
	struct linger wait = { .l_onoff = 1, .l_linger = linger_s };
	pthread_t thread;

	if (setsockopt(fd, SOL_SOCKET, SO_LINGER, &wait, sizeof(wait)))
		die("SO_LINGER");
	if (pthread_create(&thread, NULL, in_close, (void *)(long)fd) ||
	    pthread_detach(thread))
		die("thread");
}

static void make_batch(void)
{
	struct tcp_ends *these = &ends[nr_batches];
	int owners[10000], i, n = batch;

	if (n > total - made)
		n = total - made;
	endpoint_listen(&ep, 128, true);
	these->family = ep.mapped ? AF_INET : ep.family;
	these->remote = ep.port;
	for (i = 0; i < n; i++) {
		owners[i] = endpoint_connect(&ep, false);
		peers[made] = endpoint_accept(&ep);
		tcp_ends_add_peer(these, peers[made]);
		cut_off(peers[made++], false);
	}
	close(ep.listener);
	for (i = 0; i < n; i++) {
		if (linger_s)
			close_slowly(owners[i]);
		else
			close(owners[i]);
	}
	left[nr_batches++] = n;
}

static void report(void)
{
	char line[BATCHES * 6] = "";
	int i, at = 0, n = count_left();

	for (i = 0; i < nr_batches; i++)
		at += snprintf(line + at, sizeof(line) - at, "%s%d",
			       i ? "," : "", left[i]);
	say("pile n=%d left=%d batches=%s", made, n, line);
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
	int opt, signal, port;

	endpoint_init(&ep);
	while ((opt = getopt(argc, argv, ENDPOINT_OPTIONS "n:b:c:i:l:")) !=
	       -1) {
		if (opt == 'n')
			total = number(optarg, 1, 100000);
		else if (opt == 'b')
			batch = number(optarg, 1, 10000);
		else if (opt == 'c')
			cap = number(optarg, 1, 100000);
		else if (opt == 'i')
			rest_ms = number(optarg, 1, 60000);
		else if (opt == 'l')
			linger_s = number(optarg, 1, 60);
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
	port = ep.port;
	while (made < total) {
		if (made)
			usleep(rest_ms * 1000);
		ep.port = port ? port + nr_batches : 0;
		make_batch();
		settle();
	}
	qsort(took, nr_took, sizeof(*took), by_size);
	say("ready n=%d family=%s most=%d settled=%d median_ms=%.1f slowest_ms=%.1f",
	    made, endpoint_name(&ep), most_before, most_after,
	    took[nr_took / 2], nr_took ? took[nr_took - 1] : 0);
	do {
		if (sigwait(&set, &signal))
			die("sigwait");
		report();
	} while (signal != SIGTERM);
	abort_peers();
	return 0;
}
