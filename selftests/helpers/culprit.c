// SPDX-License-Identifier: GPL-2.0-only
/*
 * culprit: a server with a bug, a different one each time, whose sockets stay.
 * Its clients are a process of their own, so that it holds nothing but its own
 * end of each connection. Prints "ready ..." once every client has done its
 * part. At SIGUSR1 it closes what it has, and prints "closed"; it ends with its
 * clients at SIGTERM. "takes PID" has no bug: it takes whatever descriptors
 * that process has, as a service does that a user hands some.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sock.h"

#define TICK_MS 200

static const char data[100];
static int count = 1;
static int listener;
static struct sockaddr_in address = {
	.sin_family = AF_INET,
};
static int *conns;
static volatile sig_atomic_t mended;

static void mend(int sig)
{
	(void)sig;
	mended = 1;
}

static void close_all(void)
{
	int i;

	for (i = 0; i < count; i++)
		close(conns[i]);
	mended = 0;
	say("closed n=%d", count);
}

static int take(void)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		die("accept");
	return fd;
}

static void take_all(void)
{
	int i;

	for (i = 0; i < count; i++)
		conns[i] = take();
}

static void wait_for_end(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLRDHUP };

	if (poll(&p, 1, 10000) != 1)
		die("no FIN within 10 s");
}

static void read_to_end(int fd)
{
	char buf[4096];
	ssize_t n;

	do {
		n = read(fd, buf, sizeof(buf));
	} while (n > 0);
	if (n)
		die("read");
}

/* Never looks at what it accepted. */
static void unread(void)
{
	take_all();
}

/* Reads to the end, and then forgets to close. */
static void leaked(void)
{
	int i;

	take_all();
	for (i = 0; i < count; i++)
		read_to_end(conns[i]);
}

/* Takes a connection out of its event loop at the end, and keeps it. */
static void forgotten(void)
{
	int loop = epoll_create1(EPOLL_CLOEXEC);
	int i;

	take_all();
	for (i = 0; i < count; i++) {
		struct epoll_event event = { .events = EPOLLIN };

		if (epoll_ctl(loop, EPOLL_CTL_ADD, conns[i], &event))
			die("epoll_ctl");
	}
	for (i = 0; i < count; i++) {
		wait_for_end(conns[i]);
		read_to_end(conns[i]);
		if (epoll_ctl(loop, EPOLL_CTL_DEL, conns[i], NULL))
			die("epoll_ctl");
	}
}

/* Its event loop waits for room to write, and nothing is to be written. */
static void deaf(void)
{
	int loop = epoll_create1(EPOLL_CLOEXEC);
	int i;

	take_all();
	for (i = 0; i < count; i++) {
		struct epoll_event event = { .events = EPOLLOUT | EPOLLET };

		if (epoll_ctl(loop, EPOLL_CTL_ADD, conns[i], &event))
			die("epoll_ctl");
	}
}

static void send_on(void)
{
	int i;

	for (i = 0; i < count; i++) {
		if (write(conns[i], data, 1) != 1)
			die("write");
	}
}

static void write_only(void)
{
	take_all();
}

static void half_closed(void)
{
	leaked();
}

/* Takes no connection. */
static void backlog(void)
{
}

static void blocked(void)
{
	int i;

	take_all();
	for (i = 0; i < count; i++) {
		set_int(conns[i], SOL_SOCKET, SO_SNDBUF, 8192);
		set_blocking(conns[i], false);
		fill(conns[i]);
		set_blocking(conns[i], true);
	}
}

static void block(void)
{
	/* Not before a signal. */
	if (write(conns[0], data, sizeof(data)) < 0 && errno != EINTR)
		die("write");
}

static void stopped(void)
{
	take_all();
}

static void shut(void)
{
	int i;

	take_all();
	for (i = 0; i < count; i++) {
		if (shutdown(conns[i], SHUT_WR))
			die("shutdown");
	}
}

static void orphan(void)
{
	int i;

	blocked();
	for (i = 0; i < count; i++)
		close(conns[i]);
}

enum client {
	ENDS, /* shuts its side down */
	STAYS, /* and does nothing */
};

static const struct bug {
	const char *name;
	enum client client;
	void (*serve)(void);
	void (*then)(void); /* again and again */
} bugs[] = {
	{ "unread", ENDS, unread, NULL },
	{ "leaked", ENDS, leaked, NULL },
	{ "forgotten", ENDS, forgotten, NULL },
	{ "deaf", ENDS, deaf, NULL },
	{ "write_only", ENDS, write_only, send_on },
	{ "half_closed", ENDS, half_closed, send_on },
	{ "backlog", ENDS, backlog, NULL },
	{ "blocked", ENDS, blocked, block },
	{ "stopped", ENDS, stopped, NULL },
	{ "fin_wait2", STAYS, shut, NULL },
	{ "idle", STAYS, unread, NULL },
	{ "orphan", STAYS, orphan, NULL },
};

#define BUGS (sizeof(bugs) / sizeof(bugs[0]))

static int connect_one(bool small)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		die("socket");
	if (small)
		set_int(fd, SOL_SOCKET, SO_RCVBUF, 4096);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)))
		die("connect");
	return fd;
}

/* The clients read what comes, but for those that are to block the server. */
static void clients(const struct bug *bug, int ready)
{
	bool deaf_peer = bug->serve == blocked || bug->serve == orphan;
	struct pollfd *polled = calloc(count, sizeof(*polled));
	int i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* Not the same program, so that they are told apart. */
	prctl(PR_SET_NAME, "clients");
	close(listener);
	if (!polled)
		die("calloc");
	for (i = 0; i < count; i++) {
		polled[i].fd = connect_one(deaf_peer);
		polled[i].events = POLLIN;
		if (bug->client == STAYS)
			continue;
		if (bug->serve != blocked &&
		    send(polled[i].fd, data, sizeof(data), 0) != sizeof(data))
			die("send");
		if (shutdown(polled[i].fd, SHUT_WR))
			die("shutdown");
	}
	if (write(ready, "", 1) != 1)
		die("pipe");
	for (;;) {
		char buf[4096];

		if (poll(polled, deaf_peer ? 0 : count, -1) < 0)
			die("poll");
		for (i = 0; i < count; i++) {
			if (polled[i].revents &&
			    read(polled[i].fd, buf, sizeof(buf)) <= 0)
				polled[i].fd = -1;
		}
	}
}

static void open_listener(void)
{
	socklen_t len = sizeof(address);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listener < 0 ||
	    bind(listener, (struct sockaddr *)&address, sizeof(address)) ||
	    listen(listener, count) ||
	    getsockname(listener, (struct sockaddr *)&address, &len))
		die("cannot listen");
}

static const struct bug *find_bug(const char *name)
{
	size_t i;

	for (i = 0; i < BUGS; i++) {
		if (!strcmp(bugs[i].name, name))
			return &bugs[i];
	}
	fprintf(stderr, "usage: culprit BUG [N]\nBUG is one of");
	for (i = 0; i < BUGS; i++)
		fprintf(stderr, " %s", bugs[i].name);
	fprintf(stderr, "\n");
	exit(2);
}

static void take_from(pid_t pid)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	int taken = 0;
	int fd;

	if (pidfd < 0)
		die("pidfd_open");
	for (fd = 3; fd < 1000; fd++)
		taken += syscall(SYS_pidfd_getfd, pidfd, fd, 0) >= 0;
	say("ready taken=%d pid=%d", taken, getpid());
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	const struct bug *bug;
	int ready[2];
	char c;

	if (argc > 2 && !strcmp(argv[1], "takes"))
		take_from((pid_t)number(argv[2], 1, INT_MAX));
	bug = find_bug(argc > 1 ? argv[1] : "");
	if (argc > 2)
		count = (int)number(argv[2], 1, 100000);
	raise_nofile();
	signal(SIGPIPE, SIG_IGN);
	signal(SIGUSR1, mend);
	conns = calloc(count, sizeof(*conns));
	if (!conns || pipe(ready))
		die("pipe");
	open_listener();
	if (!fork())
		clients(bug, ready[1]);
	bug->serve();
	if (read(ready[0], &c, 1) != 1)
		die("the clients have ended");
	close(ready[0]);
	close(ready[1]);
	say("ready bug=%s n=%d port=%d pid=%d", bug->name, count,
	    ntohs(address.sin_port), getpid());
	if (bug->serve == stopped)
		raise(SIGSTOP);
	for (;;) {
		if (bug->then)
			bug->then();
		poll(NULL, 0, bug->then ? TICK_MS : -1);
		if (mended)
			close_all();
	}
}
