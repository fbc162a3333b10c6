// SPDX-License-Identifier: GPL-2.0-only
/*
 * reconnect: a client with a source port of its own that resets its connection
 * (SO_LINGER 0) and connects again at once, over and over. The next socket gets
 * the memory of the one before, its four-tuple and so its hash: nothing but its
 * sequence numbers tells it from its predecessor.
 *
 * Prints "ready" once it is connected, and by SIGTERM, at its end, "reconnect
 * n=N": how often.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "sock.h"

static struct endpoint ep;
static long rest_ms = 400;
static long source = 4711;

static void usage(void)
{
	fprintf(stderr, "usage: reconnect [-i MS] [-s PORT]\n"
			"  -i  from one reset to the next (400)\n"
			"  -s  the source port (4711)\n");
	exit(2);
}

static int client(void)
{
	struct sockaddr_in from = { .sin_family = AF_INET,
				    .sin_port = htons(source),
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in to = from;
	struct linger now = { .l_onoff = 1, .l_linger = 0 };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	to.sin_port = htons(ep.port);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now)))
		die("socket");
	set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (bind(fd, (void *)&from, sizeof(from)) ||
	    connect(fd, (void *)&to, sizeof(to)))
		die("connect from port %ld", source);
	return fd;
}

int main(int argc, char **argv)
{
	struct timespec rest;
	int opt, fd, accepted, next;
	sigset_t set;
	long n = 0;

	while ((opt = getopt(argc, argv, "i:s:")) != -1) {
		if (opt == 'i')
			rest_ms = number(optarg, 1, 60000);
		else if (opt == 's')
			source = number(optarg, 1024, 65535);
		else
			usage();
	}
	if (optind != argc)
		usage();
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		die("sigprocmask");
	rest = (struct timespec){ .tv_sec = rest_ms / 1000,
				  .tv_nsec = rest_ms % 1000 * 1000000 };
	endpoint_init(&ep);
	endpoint_listen(&ep, 16, false);
	fd = client();
	accepted = endpoint_accept(&ep);
	say("ready");
	/* The server's end goes last: it must not free memory in between. */
	while (sigtimedwait(&set, NULL, &rest) < 0) {
		if (errno != EAGAIN && errno != EINTR)
			die("sigtimedwait");
		close(fd);
		fd = client();
		next = endpoint_accept(&ep);
		close(accepted);
		accepted = next;
		n++;
	}
	say("reconnect n=%ld", n);
	return 0;
}
