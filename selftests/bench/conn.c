// SPDX-License-Identifier: GPL-2.0
/*
 * conn: connections over loopback, opened and closed one after the other, both
 * ends in this one thread; the client closes first. Prints how long one took,
 * in nanoseconds: where QEMU counts instructions (-icount shift=0), that is how
 * many they were.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "../sock.h"

static void usage(void)
{
	fprintf(stderr,
		"usage: conn [-46] [-a ADDR] [-n CONNECTIONS] [-w WARM_UP]\n");
	exit(2);
}

static void open_and_close(const struct endpoint *ep, long n)
{
	while (n--) {
		int client = endpoint_connect(ep, false);
		int server = endpoint_accept(ep);

		if (close(client) || close(server))
			die("close");
	}
}

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

int main(int argc, char **argv)
{
	long n = 10000, warm_up = 1000;
	struct endpoint ep;
	double start;
	int opt;

	endpoint_init(&ep);
	while ((opt = getopt(argc, argv, "n:w:" ENDPOINT_OPTIONS)) != -1) {
		switch (opt) {
		case 'n':
			n = number(optarg, 1, 1000000000);
			break;
		case 'w':
			warm_up = number(optarg, 0, 1000000000);
			break;
		default:
			if (!endpoint_option(&ep, opt, optarg))
				usage();
		}
	}
	if (optind != argc)
		usage();
	endpoint_listen(&ep, 8, false);
	open_and_close(&ep, warm_up);
	start = now_ns();
	open_and_close(&ep, n);
	say("%.1f", (now_ns() - start) / n);
	return 0;
}
