// SPDX-License-Identifier: GPL-2.0-only
/*
 * halfclose: connections that are half-closed for a good reason. The peer has
 * sent all it had and goes on reading; the owner, in CLOSE_WAIT, sends a byte
 * now and then until the time is up, then closes.
 *
 * Exit status 0: every byte arrived, each connection ended by the owner's FIN,
 * and nothing failed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "sock.h"

static struct endpoint ep;
static int count = 20;
static long seconds = 20;
static long interval_ms = 500;
static long long sent, received, ended, failed;
static struct pollfd *readers;
static int *owners;

static void usage(void)
{
	fprintf(stderr,
		"usage: halfclose [-46m] [-n N] [-s SECONDS] [-i INTERVAL_MS] [-p PORT] [-a ADDR] [-N NETNS]\n");
	exit(2);
}

static void failure(const char *what, int i)
{
	say("connection %d: %s: %s", i, what, error_name(errno));
	failed++;
}

static void send_all(void)
{
	int i;

	for (i = 0; i < count; i++) {
		if (send(owners[i], "x", 1, MSG_NOSIGNAL) == 1)
			sent++;
		else
			failure("send", i);
	}
}

static void receive(int timeout_ms)
{
	char buf[256];
	int i;

	if (poll(readers, count, timeout_ms) < 0)
		die("poll");
	for (i = 0; i < count; i++) {
		ssize_t n;

		if (!readers[i].revents)
			continue;
		n = recv(readers[i].fd, buf, sizeof(buf), MSG_DONTWAIT);
		if (n > 0) {
			received += n;
			continue;
		}
		if (n < 0)
			failure("receive", i);
		else
			ended++;
		close(readers[i].fd);
		readers[i].fd = -1;
	}
}

static void receive_until(long long until_us)
{
	long long left;

	while ((left = until_us - now_us()) > 0)
		receive((left + 999) / 1000);
}

static void setup(void)
{
	int i;

	raise_nofile();
	owners = calloc(count, sizeof(*owners));
	readers = calloc(count, sizeof(*readers));
	if (!owners || !readers)
		die("calloc");
	endpoint_listen(&ep, 128, false);
	for (i = 0; i < count; i++) {
		struct pollfd fin = { .events = POLLRDHUP };

		readers[i].fd = endpoint_connect(&ep, true);
		readers[i].events = POLLIN;
		owners[i] = endpoint_accept(&ep);
		set_int(owners[i], IPPROTO_TCP, TCP_NODELAY, 1);
		if (shutdown(readers[i].fd, SHUT_WR))
			die("shutdown");
		fin.fd = owners[i];
		if (poll(&fin, 1, 10000) != 1)
			die("no FIN within 10 s");
	}
}

int main(int argc, char **argv)
{
	long long start, tick;
	int opt, i;

	endpoint_init(&ep);
	while ((opt = getopt(argc, argv, ENDPOINT_OPTIONS "n:s:i:")) != -1) {
		if (opt == 'n')
			count = number(optarg, 1, 100000);
		else if (opt == 's')
			seconds = number(optarg, 1, 86400);
		else if (opt == 'i')
			interval_ms = number(optarg, 1, 3600000);
		else if (!endpoint_option(&ep, opt, optarg))
			usage();
	}
	if (optind != argc)
		usage();

	setup();
	say("ready n=%d family=%s port=%d pid=%d", count, endpoint_name(&ep),
	    ep.port, getpid());
	start = now_us();
	for (tick = 1; tick * interval_ms <= seconds * 1000; tick++) {
		send_all();
		receive_until(start + tick * interval_ms * 1000);
	}
	for (i = 0; i < count; i++)
		close(owners[i]);
	for (tick = now_us() + 5000000;
	     ended + failed < count && now_us() < tick;)
		receive(100);
	say("halfclose n=%d sent=%lld received=%lld ended=%lld failed=%lld",
	    count, sent, received, ended, failed);
	return failed || received != sent || ended != count || !sent;
}
