// SPDX-License-Identifier: GPL-2.0-only
/*
 * netnses: network namespaces by the hundred, each with stuck sockets of its
 * own, made and let go as fast as it goes. Nothing but the sockets holds them,
 * so closing those ends them.
 *
 * Prints "netnses made=N".
 */
#define _GNU_SOURCE
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "sock.h"

#define MAX_LIVE 4096

/**
 * struct home - one namespace
 * @owner: is in CLOSE_WAIT; -1 for none
 * @peer: has shut its side down
 */
struct home {
	int owner;
	int peer;
};

static struct home homes[MAX_LIVE];

static void usage(void)
{
	fprintf(stderr, "usage: netnses [-n N] [-l LIVE] [-w]\n"
			"  -n  how many\n"
			"  -l  how many at the same time\n"
			"  -w  with those of the end still there, print "
			"\"ready\" and wait for the end of stdin\n");
	exit(2);
}

static void loopback_up(void)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &ifr))
		die("loopback");
	close(fd);
}

static void leave(struct home *home)
{
	if (home->owner < 0)
		return;
	close(home->owner);
	close(home->peer);
	home->owner = -1;
}

static void settle_in(struct home *home)
{
	struct endpoint ep;
	char c;

	if (unshare(CLONE_NEWNET))
		die("unshare");
	loopback_up();
	endpoint_init(&ep);
	endpoint_listen(&ep, 1, false);
	home->peer = endpoint_connect(&ep, false);
	home->owner = endpoint_accept(&ep);
	if (shutdown(home->peer, SHUT_WR) || read(home->owner, &c, 1))
		die("no end of file where one is due");
	close(ep.listener);
	/* It holds the namespace that it was opened in. */
	close(ep.home);
}

int main(int argc, char **argv)
{
	long n = 1, live = 1, i;
	bool wait = false;
	int opt;
	char c;

	while ((opt = getopt(argc, argv, "n:l:w")) != -1) {
		switch (opt) {
		case 'n':
			n = number(optarg, 1, 1000000);
			break;
		case 'l':
			live = number(optarg, 1, MAX_LIVE);
			break;
		case 'w':
			wait = true;
			break;
		default:
			usage();
		}
	}
	if (optind != argc)
		usage();
	raise_nofile();
	for (i = 0; i < live; i++)
		homes[i].owner = -1;
	for (i = 0; i < n; i++) {
		leave(&homes[i % live]);
		settle_in(&homes[i % live]);
	}
	if (wait) {
		say("ready");
		if (read(STDIN_FILENO, &c, 1) < 0)
			die("stdin");
	}
	for (i = 0; i < live; i++)
		leave(&homes[i]);
	say("netnses made=%ld", n);
	return 0;
}
