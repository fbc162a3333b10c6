// SPDX-License-Identifier: GPL-2.0-only
/*
 * web: both ends of a web site behind a proxy, the worst and the simplest.
 *	web serve		answers each request, and keeps each connection
 *				after its peer's end: a descriptor leak
 *	web load PORT MS	asks again and again, a connection a request
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sock.h"

static const char answer[] =
	"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n";

static struct sockaddr_in address = {
	.sin_family = AF_INET,
};

static void watch(int loop, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	if (epoll_ctl(loop, EPOLL_CTL_ADD, fd, &event))
		die("epoll_ctl");
}

/* A request is whatever comes at once: proxies send theirs in one piece. */
static void serve_one(int loop, int fd)
{
	char buf[4096];
	ssize_t n = read(fd, buf, sizeof(buf));

	if (n > 0) {
		if (write(fd, answer, sizeof(answer) - 1) < 0 &&
		    errno != EPIPE && errno != ECONNRESET)
			die("write");
		return;
	}
	/* The bug: here it should be closed. A reset one is. */
	epoll_ctl(loop, EPOLL_CTL_DEL, fd, NULL);
	if (n < 0)
		close(fd);
}

static void serve(void)
{
	socklen_t len = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int loop = epoll_create1(EPOLL_CLOEXEC);

	if (listener < 0 || loop < 0 ||
	    bind(listener, (struct sockaddr *)&address, sizeof(address)) ||
	    listen(listener, 1024) ||
	    getsockname(listener, (struct sockaddr *)&address, &len))
		die("cannot listen");
	watch(loop, listener);
	say("ready port=%d pid=%d", ntohs(address.sin_port), getpid());
	for (;;) {
		struct epoll_event events[64];
		int n = epoll_wait(loop, events, 64, -1);
		int i;

		if (n < 0 && errno != EINTR)
			die("epoll_wait");
		for (i = 0; i < n; i++) {
			int fd = events[i].data.fd;

			if (fd != listener) {
				serve_one(loop, fd);
				continue;
			}
			fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
			if (fd < 0)
				die("accept");
			watch(loop, fd);
		}
	}
}

/* Return: whether the whole answer came, and then the end. */
static bool ask(void)
{
	static const char request[] =
		"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char buf[4096];
	size_t len = 0;
	ssize_t n = -1;

	if (fd < 0)
		die("socket");
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) ||
	    write(fd, request, sizeof(request) - 1) < 0)
		goto out;
	while ((n = read(fd, buf + len, sizeof(buf) - 1 - len)) > 0)
		len += n;
out:
	close(fd);
	buf[len] = '\0';
	return !n && len > 4 && !strncmp(buf, "HTTP/1.1 200", 12) &&
	       !strcmp(buf + len - 3, "ok\n");
}

static void load(int port, long ms)
{
	long long end = now_us() + ms * 1000LL;
	unsigned long good = 0, bad = 0;

	address.sin_port = htons(port);
	while (now_us() < end) {
		if (ask())
			good++;
		else
			bad++;
	}
	say("load port=%d good=%lu bad=%lu", port, good, bad);
}

int main(int argc, char **argv)
{
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	raise_nofile();
	if (argc == 2 && !strcmp(argv[1], "serve"))
		serve();
	if (argc == 4 && !strcmp(argv[1], "load")) {
		load(number(argv[2], 1, 65535), number(argv[3], 1, 3600000));
		return 0;
	}
	fprintf(stderr, "usage: web serve | web load PORT MS\n");
	return 2;
}
