// SPDX-License-Identifier: GPL-2.0-only
/*
 * logwatch: reads a file of /proc/net/reaper to its end and waits for more,
 * until there is no more to come. Each thing that happens is a line:
 *
 *	line TEXT	a whole line was read
 *	waiting		all is read, and the kernel was asked to wake us
 *	woke EVENTS	it did
 *	gone ERROR	reading failed: the file is no more
 *	refused		it was not to wait: too many do
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "sock.h"

#define WAITS_MAX 1024

static const char *name = "log";
static bool by_epoll;
static size_t piece = 65536;
static size_t waits = 1;

static void usage(void)
{
	fprintf(stderr,
		"usage: logwatch [-e] [-b BYTES] [-f FILE] [-n TIMES] [-N NETNS]\n"
		"  -e  wait by epoll, not by poll\n"
		"  -b  read so much at a time\n"
		"  -f  file of /proc/net/reaper (log)\n"
		"  -n  wait so many times at once, by poll (1)\n"
		"  -N  file of the namespace it is in; we don't stay there\n");
	exit(2);
}

/* We hold the file, but not the namespace. */
static int open_in(const char *netns)
{
	int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	int there, fd;
	char path[256];

	if (home < 0)
		die("/proc/self/ns/net");
	if (netns) {
		there = open(netns, O_RDONLY | O_CLOEXEC);
		if (there < 0 || setns(there, CLONE_NEWNET))
			die("%s", netns);
		close(there);
	}
	snprintf(path, sizeof(path), "/proc/self/net/reaper/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		die("%s", path);
	if (netns && setns(home, CLONE_NEWNET))
		die("setns");
	close(home);
	return fd;
}

static void print_lines(const char *bytes, size_t n)
{
	static char line[8192];
	static size_t len;

	for (; n; n--, bytes++) {
		if (*bytes != '\n') {
			if (len == sizeof(line) - 1)
				die("a line without end");
			line[len++] = *bytes;
			continue;
		}
		line[len] = 0;
		len = 0;
		say("line %s", line);
	}
}

/* Returns false once the file is gone. */
static bool read_all(int fd)
{
	static char buf[65536];
	ssize_t n;

	while ((n = read(fd, buf, piece)) > 0)
		print_lines(buf, n);
	if (!n)
		return true;
	say("gone %s", errno == EIO ? "EIO" : strerror(errno));
	return false;
}

static unsigned int wait_for_more(int fd, int epoll)
{
	static struct pollfd p[WAITS_MAX];
	struct epoll_event event = { 0 };
	size_t i;
	int n;

	for (i = 0; i < waits; i++)
		p[i] = (struct pollfd){ .fd = fd, .events = POLLIN };
	do {
		n = epoll < 0 ? poll(p, waits, -1)
			      : epoll_wait(epoll, &event, 1, -1);
	} while (n < 0 && errno == EINTR);
	if (n < 1)
		die("poll");
	for (i = 0; i < waits; i++)
		event.events |= (unsigned short)p[i].revents;
	return event.events;
}

int main(int argc, char **argv)
{
	struct epoll_event event = { .events = EPOLLIN };
	const char *netns = NULL;
	int opt, fd, epoll = -1;

	while ((opt = getopt(argc, argv, "eb:f:n:N:")) != -1) {
		if (opt == 'e')
			by_epoll = true;
		else if (opt == 'b')
			piece = number(optarg, 1, 65536);
		else if (opt == 'f')
			name = optarg;
		else if (opt == 'n')
			waits = number(optarg, 1, WAITS_MAX);
		else if (opt == 'N')
			netns = optarg;
		else
			usage();
	}
	if (optind != argc)
		usage();
	fd = open_in(netns);
	if (by_epoll) {
		epoll = epoll_create1(EPOLL_CLOEXEC);
		if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event))
			die("epoll");
	}
	while (read_all(fd)) {
		unsigned int events;

		say("waiting");
		events = wait_for_more(fd, epoll);
		if (events == POLLERR) {
			say("refused");
			break;
		}
		say("woke %#x", events);
	}
	/* Until we are told to, we keep what is left of it. */
	pause();
	return 0;
}
