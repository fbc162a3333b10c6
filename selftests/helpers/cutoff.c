// SPDX-License-Identifier: GPL-2.0-only
/*
 * cutoff: owners that look at their socket at the very moment at which it is
 * reaped. Each socket has bytes to read and the peer's FIN behind them, so that
 * an owner who is told of an end before it had all bytes takes a stream that
 * was cut for a whole one.
 *
 * One thread makes the sockets, one after the other, and the others use them:
 *
 *	peek	ask without rest what there is to read, and leave it there
 *	read	read a byte at a time, without rest
 *	epoll	sleep in epoll_wait(), and read once it tells of an error
 *	block	sleep in send(), a thread a socket, as the peer takes nothing
 *
 * Prints "cutoff kind=K n=N aborted=N ends=N whole=N other=N left=N": how many
 * owners were first told of ECONNABORTED, of an end before its time, of the end
 * after the last byte, and of something else; "again" is how many were told of
 * an abort twice.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "sock.h"

/* Sockets that are there at a time, at most. */
#define AT_ONCE 1000
/* How many of its sockets the one racer that goes through many looks at. */
#define WINDOW 16
#define RACERS 2
#define MAX_BLOCKED 64
/* Time between two looks of a racer: else its socket were locked half the time.
 */
#define REST_US 5

enum kind {
	PEEK,
	READ,
	EPOLL,
	BLOCK,
	KINDS
};

static const char *const kinds[KINDS] = { "peek", "read", "epoll", "block" };

/**
 * struct victim - a connection that is to be reaped
 * @owner: the end in CLOSE_WAIT
 * @peer: the other one, which has sent all and its FIN
 * @got: bytes the owner read
 * @error: what it was told first, an errno value; 0 is an end of file
 * @over: it was told something
 */
struct victim {
	int owner;
	int peer;
	long got;
	int error;
	bool over;
};

static struct endpoint ep;
static enum kind kind;
static int count = 1000;
static long bytes = 1000;
static long wait_ms = 60000;
static struct victim *victims;
static long long last_us;
/* Of the victims, in the order in which they are made. */
static int made, over, again;

static void usage(void)
{
	fprintf(stderr,
		"usage: cutoff [-46m] -k KIND [-n N] [-b BYTES] [-w MS]\n"
		"  -k  peek read epoll block\n"
		"  -b  bytes to read in each (1000)\n"
		"  -w  wait so long for the last to be reaped (60000)\n");
	exit(2);
}

static bool in_time(void)
{
	long long last = __atomic_load_n(&last_us, __ATOMIC_ACQUIRE);

	return !last || now_us() - last < wait_ms * 1000;
}

static void await_fin(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLRDHUP };

	if (poll(&p, 1, 10000) != 1)
		die("no FIN within 10 s");
}

static void make(struct victim *v)
{
	static char data[1 << 20];
	long left = bytes;

	v->peer = endpoint_connect(&ep, false);
	v->owner = endpoint_accept(&ep);
	while (left) {
		ssize_t n = send(v->peer, data, left, MSG_NOSIGNAL);

		if (n < 0)
			die("send");
		left -= n;
	}
	if (shutdown(v->peer, SHUT_WR))
		die("shutdown");
	await_fin(v->owner);
	set_blocking(v->owner, kind == BLOCK);
}

static void is_over(struct victim *v, int error)
{
	char c;

	/* Twice would be one too many. */
	if (error == ECONNABORTED && recv(v->owner, &c, 1, MSG_DONTWAIT) < 0 &&
	    errno == ECONNABORTED)
		__atomic_add_fetch(&again, 1, __ATOMIC_RELAXED);
	v->error = error;
	close(v->owner);
	close(v->peer);
	__atomic_store_n(&v->over, true, __ATOMIC_RELEASE);
	__atomic_add_fetch(&over, 1, __ATOMIC_RELEASE);
}

/* Returns false once it is over. */
static bool look(struct victim *v)
{
	char buf[16];
	ssize_t n = kind == PEEK ? recv(v->owner, buf, sizeof(buf), MSG_PEEK)
				 : recv(v->owner, buf, 1, 0);

	if (n > 0) {
		if (kind != PEEK)
			v->got += n;
		return true;
	}
	if (n < 0 && errno == EAGAIN)
		return true;
	is_over(v, n ? errno : 0);
	return false;
}

static void rest(void)
{
	long long end = now_us() + REST_US;

	while (now_us() < end)
		;
}

/*
 * The reaper goes from the oldest to the youngest, and so do the racers: one
 * always stares at its oldest, another goes round among its oldest few.
 */
static void *race(void *arg)
{
	int me = (long)arg, next = me, width = me ? WINDOW : 1;

	while (next < count && in_time()) {
		int ready = __atomic_load_n(&made, __ATOMIC_ACQUIRE);
		int i, end = next + width * RACERS;

		if (next >= ready) {
			sched_yield();
			continue;
		}
		for (i = next; i < end && i < ready; i += RACERS) {
			if (victims[i].over)
				continue;
			look(&victims[i]);
			rest();
		}
		while (next < ready && victims[next].over)
			next += RACERS;
	}
	return NULL;
}

static void *sleep_in_epoll(void *arg)
{
	int me = (long)arg, next = me, left = 0;
	struct epoll_event e[64];
	int epfd = epoll_create1(0);

	if (epfd < 0)
		die("epoll_create1");
	while ((left || next < count) && in_time()) {
		int ready = __atomic_load_n(&made, __ATOMIC_ACQUIRE), i, n;

		for (; next < ready; next += RACERS, left++) {
			struct epoll_event new = {
				.events = EPOLLIN | EPOLLRDHUP | EPOLLET,
				.data.ptr = &victims[next],
			};

			if (epoll_ctl(epfd, EPOLL_CTL_ADD, victims[next].owner,
				      &new))
				die("EPOLL_CTL_ADD");
		}
		n = epoll_wait(epfd, e, 64, 10);
		for (i = 0; i < n; i++) {
			struct victim *v = e[i].data.ptr;

			/* The first event tells of what there is to read. */
			if (e[i].events & (EPOLLERR | EPOLLHUP))
				while (look(v))
					;
			left -= v->over;
		}
	}
	close(epfd);
	return NULL;
}

static void *sleep_in_send(void *arg)
{
	static const char block[4096];
	int me = (long)arg, i;

	for (i = me; i < count && in_time(); i += MAX_BLOCKED) {
		while (i >= __atomic_load_n(&made, __ATOMIC_ACQUIRE)) {
			if (!in_time())
				return NULL;
			usleep(1000);
		}
		while (send(victims[i].owner, block, sizeof(block),
			    MSG_NOSIGNAL) > 0)
			;
		is_over(&victims[i], errno);
	}
	return NULL;
}

static void make_all(void)
{
	int at_once = kind == BLOCK ? MAX_BLOCKED : AT_ONCE, i;

	for (i = 0; i < count; i++) {
		while (i - __atomic_load_n(&over, __ATOMIC_ACQUIRE) >= at_once)
			usleep(1000);
		make(&victims[i]);
		__atomic_store_n(&made, i + 1, __ATOMIC_RELEASE);
	}
	__atomic_store_n(&last_us, now_us(), __ATOMIC_RELEASE);
}

static void report(void)
{
	int i, aborted = 0, ends = 0, whole = 0, other = 0, left = 0;

	for (i = 0; i < count; i++) {
		const struct victim *v = &victims[i];

		if (!v->over)
			left++;
		else if (v->error == ECONNABORTED)
			aborted++;
		else if (v->error)
			other++;
		else if (v->got == bytes)
			whole++;
		else
			ends++;
	}
	say("cutoff kind=%s family=%s n=%d aborted=%d ends=%d whole=%d other=%d again=%d left=%d",
	    kinds[kind], endpoint_name(&ep), count, aborted, ends, whole, other,
	    again, left);
}

int main(int argc, char **argv)
{
	void *(*const work[KINDS])(void *) = { race, race, sleep_in_epoll,
					       sleep_in_send };
	pthread_t threads[MAX_BLOCKED];
	int opt, i, n;

	endpoint_init(&ep);
	kind = KINDS;
	while ((opt = getopt(argc, argv, ENDPOINT_OPTIONS "k:n:b:w:")) != -1) {
		switch (opt) {
		case 'k':
			kind = word(optarg, kinds, KINDS);
			break;
		case 'n':
			count = number(optarg, 1, 1000000);
			break;
		case 'b':
			bytes = number(optarg, 1, 1 << 20);
			break;
		case 'w':
			wait_ms = number(optarg, 1, 3600000);
			break;
		default:
			if (!endpoint_option(&ep, opt, optarg))
				usage();
		}
	}
	if (optind != argc || kind == KINDS)
		usage();
	raise_nofile();
	victims = calloc(count, sizeof(*victims));
	if (!victims)
		die("calloc");
	endpoint_listen(&ep, 128, false);
	if (kind == BLOCK) {
		set_int(ep.listener, SOL_SOCKET, SO_SNDBUF, 8192);
		set_int(ep.listener, SOL_SOCKET, SO_RCVBUF, 65536);
	}
	n = kind == BLOCK ? MAX_BLOCKED : RACERS;
	for (i = 0; i < n; i++) {
		errno = pthread_create(&threads[i], NULL, work[kind],
				       (void *)(long)i);
		if (errno)
			die("pthread_create");
	}
	make_all();
	/* Some threads of "block" may sleep for good. */
	while (kind == BLOCK && over < count && in_time())
		usleep(1000);
	for (i = 0; i < n && kind != BLOCK; i++)
		pthread_join(threads[i], NULL);
	report();
	return 0;
}
