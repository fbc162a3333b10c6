// SPDX-License-Identifier: GPL-2.0-only
/*
 * conn: connections over loopback, opened and closed one after the other, both
 * ends in this one thread; the client closes first. Prints how long one took,
 * in nanoseconds, by the clock, and of the processor; where QEMU counts
 * instructions (-icount shift=0), that is how many they were.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "sock.h"

static int port; /* the next client's; 0: the kernel chooses */
static struct timespec pause_after;

static void usage(void)
{
	fprintf(stderr,
		"usage: conn [-n CONNECTIONS] [-w WARM_UP] [-b PORT] [-p MS]\n"
		"  -b  the clients' ports are this one and those that follow, so that\n"
		"      each run meets the same places of the kernel's hashes\n"
		"  -p  a pause after each, that the time printed has in it\n");
	exit(2);
}

static int connect_from(const struct endpoint *ep)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(ep->port),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in from = to;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	from.sin_port = htons(port++);
	if (fd < 0 || bind(fd, (void *)&from, sizeof(from)) ||
	    connect(fd, (void *)&to, sizeof(to)))
		die("no connection from port %d", port - 1);
	return fd;
}

static void open_and_close(const struct endpoint *ep, long n)
{
	while (n--) {
		int client = port ? connect_from(ep)
				  : endpoint_connect(ep, false);
		int server = endpoint_accept(ep);

		if (close(client) || close(server))
			die("close");
		if (pause_after.tv_sec || pause_after.tv_nsec)
			nanosleep(&pause_after, NULL);
	}
}

static double now_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

int main(int argc, char **argv)
{
	long n = 10000, warm_up = 1000;
	double start, start_cpu;
	struct endpoint ep;
	int opt;

	endpoint_init(&ep);
	while ((opt = getopt(argc, argv, "n:w:b:p:")) != -1) {
		switch (opt) {
		case 'n':
			n = number(optarg, 1, 1000000000);
			break;
		case 'w':
			warm_up = number(optarg, 0, 1000000000);
			break;
		case 'b':
			port = number(optarg, 1024, 65535);
			ep.port = port++;
			break;
		case 'p':
			opt = number(optarg, 1, 1000000);
			pause_after.tv_sec = opt / 1000;
			pause_after.tv_nsec = opt % 1000 * 1000000L;
			break;
		default:
			usage();
		}
	}
	if (optind != argc || (port && port + n + warm_up > 65536))
		usage();
	endpoint_listen(&ep, 8, false);
	open_and_close(&ep, warm_up);
	start = now_ns(CLOCK_MONOTONIC);
	start_cpu = now_ns(CLOCK_PROCESS_CPUTIME_ID);
	open_and_close(&ep, n);
	say("%.1f %.1f", (now_ns(CLOCK_MONOTONIC) - start) / n,
	    (now_ns(CLOCK_PROCESS_CPUTIME_ID) - start_cpu) / n);
	return 0;
}
