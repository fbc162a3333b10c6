// SPDX-License-Identifier: GPL-2.0-only
/*
 * leak: connections whose owner never closes after the peer's FIN. Both ends
 * live in this one process, so that the FIN, the owner's wake-up and what the
 * peer sees are measured by one clock.
 *
 * Prints "ready ..." once all of them are in CLOSE_WAIT; on SIGUSR1, or at the
 * end of -w, a line a socket and a "report ..." line.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "sock.h"

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

enum kind {
	UNREAD,
	SEEN,
	WRITER,
	BACKLOG,
	QUEUED,
	REPAIR,
	MPTCP,
	KINDS
};

static const char *const kinds[KINDS] = {
	[UNREAD] = "unread",   [SEEN] = "eof",	    [WRITER] = "write",
	[BACKLOG] = "backlog", [QUEUED] = "queued", [REPAIR] = "repair",
	[MPTCP] = "mptcp",
};

/**
 * struct leaked - one leaked connection
 * @owner: the end that got the FIN and stays; -1 if never accepted
 * @peer: the end that sent the FIN; -1 once it is closed
 * @fin_us: just before the FIN was sent
 * @owner_us: when epoll woke for an error of @owner, 0 if it did not
 * @peer_us: when @peer saw the connection end, 0 if it did not
 * @revents: what woke the owner
 * @owner_error: what read() on the owner ended with, -1 if it was not asked
 * @peer_error: what @peer saw: ECONNRESET for a RST, 0 for a FIN, -1 for
 * nothing
 * @bytes: what the owner could still read
 * @eofs: how often read() said 0 before it said @owner_error
 */
struct leaked {
	int owner;
	int peer;
	long long fin_us;
	long long owner_us;
	long long peer_us;
	short revents;
	int owner_error;
	int peer_error;
	int bytes;
	int eofs;
};

static struct endpoint ep;
static enum kind kind = SEEN;
static struct leaked *all;
static int epfd; /* every end that is open, and the signals */
static int signals;
static int unseen; /* ends that nothing has been heard of */
static int count = 1;
static int mark;
static bool full_close;
static long wait_ms;

static void usage(void)
{
	fprintf(stderr,
		"usage: leak [-46m] [-k KIND] [-n N] [-p PORT] [-a ADDR] [-N NETNS] [-M MARK] [-c] [-w MS]\n"
		"  -k  eof unread write backlog queued repair mptcp\n"
		"  -m  dual-stack listener, IPv4 clients\n"
		"  -N  file of the peers' network namespace; -a is then the owners' address\n"
		"  -M  SO_MARK of the owners\n"
		"  -c  the peers close for good instead of shutting down their side\n"
		"  -w  report and end once all woke, or after so many ms\n");
	exit(2);
}

static void options(int argc, char **argv)
{
	int opt, i;

	endpoint_init(&ep);
	while ((opt = getopt(argc, argv, ENDPOINT_OPTIONS "k:n:M:cw:")) != -1) {
		switch (opt) {
		case 'k':
			i = word(optarg, kinds, KINDS);
			if (i == KINDS)
				usage();
			kind = i;
			break;
		case 'n':
			count = number(optarg, 1, 1000000);
			break;
		case 'M':
			mark = number(optarg, 1, INT_MAX);
			break;
		case 'c':
			full_close = true;
			break;
		case 'w':
			wait_ms = number(optarg, 1, 3600000);
			break;
		default:
			if (!endpoint_option(&ep, opt, optarg))
				usage();
		}
	}
	if (optind != argc)
		usage();
}

/*
 * The side that connects is the peer, except for MPTCP: only a connecting MPTCP
 * socket keeps a subflow when the other end speaks plain TCP, and only such a
 * subflow gets a plain FIN.
 */
static void make(struct leaked *l)
{
	bool owner_connects = kind == MPTCP;
	int fd = endpoint_connect(&ep, !owner_connects);

	l->owner = kind == BACKLOG ? -1 : endpoint_accept(&ep);
	l->peer = fd;
	l->owner_error = -1;
	l->peer_error = -1;
	if (owner_connects) {
		l->peer = l->owner;
		l->owner = fd;
	}
	if (mark && l->owner >= 0)
		set_int(l->owner, SOL_SOCKET, SO_MARK, mark);
}

static void prepare(struct leaked *l)
{
	static const char data[100];

	switch (kind) {
	case UNREAD:
	case BACKLOG:
		if (send(l->peer, data, sizeof(data), 0) != sizeof(data))
			die("send");
		break;
	case WRITER:
		if (send(l->owner, data, sizeof(data), 0) != sizeof(data))
			die("send");
		break;
	case QUEUED:
		set_int(l->owner, SOL_SOCKET, SO_SNDBUF, 8192);
		set_int(l->peer, SOL_SOCKET, SO_RCVBUF, 4096);
		fill(l->owner);
		break;
	default:
		break;
	}
}

static void finish(struct leaked *l)
{
	l->fin_us = now_us();
	if (full_close) {
		close(l->peer);
		l->peer = -1;
	} else if (shutdown(l->peer, SHUT_WR)) {
		die("shutdown");
	}
}

/*
 * The FIN has to be there before we say so: the owner sees its peer's side shut
 * down. Where thousands are sent on a slow machine some are lost, and sent
 * again.
 */
static void settle(struct leaked *l)
{
	struct pollfd p = { .fd = l->owner, .events = POLLRDHUP };
	char c;

	if (kind == BACKLOG)
		return;
	if (poll(&p, 1, 60000) != 1 || !(p.revents & POLLRDHUP))
		die("no FIN within 60 s");
	if (kind == SEEN || kind == REPAIR || kind == MPTCP) {
		if (read(l->owner, &c, 1) != 0)
			die("no end of file where one is due");
	}
	if (kind == REPAIR)
		set_int(l->owner, IPPROTO_TCP, TCP_REPAIR, 1);
}

static int reason(int fd)
{
	int error = 0;
	socklen_t len = sizeof(error);

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len))
		die("SO_ERROR");
	return error;
}

/* What is known of an end in epoll: the socket it belongs to, and which one. */
#define OWNER(i) (2UL * (i))
#define PEER(i) (2UL * (i) + 1)
#define SIGNALS (2UL * count)

static void heard(uint64_t end, uint32_t events)
{
	struct leaked *l = &all[end / 2];
	bool owner = end == OWNER(end / 2);

	if (owner) {
		l->owner_us = now_us();
		l->revents = events;
	} else {
		l->peer_us = now_us();
		l->peer_error = reason(l->peer);
	}
	if (epoll_ctl(epfd, EPOLL_CTL_DEL, owner ? l->owner : l->peer, NULL))
		die("EPOLL_CTL_DEL");
	unseen--;
}

/* Returns true if there is a signal to be read. */
static bool watch(int timeout_ms)
{
	struct epoll_event events[64];
	int i, n = epoll_wait(epfd, events, 64, timeout_ms);
	bool signal = false;

	if (n < 0 && errno != EINTR)
		die("epoll_wait");
	for (i = 0; i < n; i++) {
		if (events[i].data.u64 == SIGNALS)
			signal = true;
		else
			heard(events[i].data.u64, events[i].events);
	}
	return signal;
}

static void ask(struct leaked *l)
{
	char buf[4096];

	if (l->owner < 0 || l->owner_error >= 0)
		return;
	for (l->eofs = 0; l->eofs < 3;) {
		ssize_t n = recv(l->owner, buf, sizeof(buf), MSG_DONTWAIT);

		if (n < 0) {
			l->owner_error = errno;
			return;
		}
		l->bytes += n;
		l->eofs += !n;
	}
	l->owner_error = 0;
}

/*
 * Sockets never accepted have no poll of their own: their peers tell when they
 * went, accept() tells what their owner would see.
 */
static void take_backlog(void)
{
	int i;

	if (kind != BACKLOG)
		return;
	for (i = 0; i < count; i++) {
		if (!all[i].peer_us || all[i].owner >= 0)
			continue;
		all[i].owner = endpoint_accept(&ep);
		all[i].owner_us = all[i].peer_us;
		all[i].revents = POLLERR;
	}
}

/* A socket that was left alone still carries data. */
static bool alive(const struct leaked *l)
{
	struct pollfd p = { .fd = l->peer, .events = POLLIN };
	char rest[100], c = 'x';

	if (l->owner < 0 || l->peer < 0 || l->owner_us || kind == QUEUED)
		return false;
	if (kind == REPAIR)
		set_int(l->owner, IPPROTO_TCP, TCP_REPAIR, 0);
	while (recv(l->peer, rest, sizeof(rest), MSG_DONTWAIT) > 0)
		;
	if (send(l->owner, &c, 1, MSG_NOSIGNAL) != 1)
		return false;
	return poll(&p, 1, 5000) == 1 &&
	       recv(l->peer, &c, 1, MSG_DONTWAIT) == 1 && c == 'x';
}

static void report(bool probe)
{
	int i, woken = 0, aborted = 0, rst = 0, fin = 0, living = 0, eofs = 0;
	double least = -1, most = -1;

	take_backlog();
	for (i = 0; i < count; i++) {
		struct leaked *l = &all[i];
		double age = ms_between(l->fin_us, l->owner_us);

		if (l->owner_us)
			ask(l);
		else if (probe)
			living += alive(l);
		say("socket %d revents=%#x bytes=%d eofs=%d read=%s age_ms=%.3f peer=%s peer_ms=%.3f",
		    i, l->revents, l->bytes, l->eofs,
		    l->owner_error < 0 ? "none" : error_name(l->owner_error),
		    age,
		    l->peer_error < 0		  ? "none"
		    : l->peer_error == ECONNRESET ? "RST"
		    : l->peer_error		  ? "?"
						  : "FIN",
		    ms_between(l->fin_us, l->peer_us));
		woken += !!l->owner_us;
		aborted += l->owner_error == ECONNABORTED;
		rst += l->peer_error == ECONNRESET;
		fin += !l->peer_error;
		if (l->eofs > eofs)
			eofs = l->eofs;
		if (age >= 0 && (least < 0 || age < least))
			least = age;
		if (age > most)
			most = age;
	}
	say("report kind=%s family=%s n=%d woken=%d aborted=%d rst=%d fin=%d alive=%d eofs=%d min_ms=%.3f max_ms=%.3f",
	    kinds[kind], endpoint_name(&ep), count, woken, aborted, rst, fin,
	    living, eofs, least, most);
}

/*
 * Errors and hang-ups are reported without being asked for; everything else is
 * true all the time after a FIN.
 */
static void add(int fd, uint64_t end, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.u64 = end };

	if (fd < 0)
		return;
	if (epoll_ctl(epfd, EPOLL_CTL_ADD, fd, &event))
		die("EPOLL_CTL_ADD");
	unseen += end != SIGNALS;
}

static void watch_setup(void)
{
	sigset_t set;
	int i;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		die("sigprocmask");
	signals = signalfd(-1, &set, SFD_CLOEXEC);
	epfd = epoll_create1(EPOLL_CLOEXEC);
	if (signals < 0 || epfd < 0)
		die("signalfd, epoll_create1");
	for (i = 0; i < count; i++) {
		add(all[i].owner, OWNER(i), 0);
		add(all[i].peer, PEER(i), 0);
	}
	add(signals, SIGNALS, EPOLLIN);
}

int main(int argc, char **argv)
{
	struct signalfd_siginfo signal;
	long long end;
	int i;

	options(argc, argv);
	raise_nofile();
	all = calloc(count, sizeof(*all));
	if (!all)
		die("calloc");
	if (kind == MPTCP)
		ep.protocol = IPPROTO_MPTCP;
	endpoint_listen(&ep, kind == BACKLOG ? count : 128, kind == MPTCP);
	for (i = 0; i < count; i++) {
		make(&all[i]);
		prepare(&all[i]);
	}
	for (i = 0; i < count; i++)
		finish(&all[i]);
	watch_setup();
	for (i = 0; i < count; i++)
		settle(&all[i]);
	say("ready kind=%s family=%s n=%d port=%d pid=%d at_ms=%lld",
	    kinds[kind], endpoint_name(&ep), count, ep.port, getpid(),
	    all[0].fin_us / 1000);

	end = now_us() + wait_ms * 1000;
	for (;;) {
		long long left = (end - now_us() + 999) / 1000;

		if (wait_ms && (left <= 0 || !unseen))
			break;
		if (!watch(wait_ms ? left : -1))
			continue;
		if (read(signals, &signal, sizeof(signal)) != sizeof(signal))
			die("signalfd");
		if (signal.ssi_signo == SIGTERM)
			return 0;
		report(false);
	}
	report(true);
	return 0;
}
