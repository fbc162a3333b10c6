// SPDX-License-Identifier: GPL-2.0-only
/*
 * held: sockets in CLOSE_WAIT whose owners keep their locks for as long as they
 * like: a sendmsg() of a page that never comes (userfaultfd). Each is in a
 * network namespace of its own, of which only its owner knows.
 *
 * Each owner first tries to get hold of the lock in the very moment in which a
 * worker of the module has begun with its socket: two threads take the lock and
 * let it go again and again, while the socket is due, with so much to read that
 * it takes a while to take it away. When the "sockets" file has nothing to read
 * any more and the lock is the owner's, a worker is waiting for it, and then it
 * keeps it: "caught". When the socket was reset, it tries with another one; and
 * when its time is up, it keeps the lock of one that is not due yet.
 *
 * Prints "held N of N" as it goes, and "ready n=N caught=N resets=N" when all
 * are held. Exit status 4 if the kernel has no userfaultfd. Whoever ends it
 * lets them all go.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fault.h"
#include "sock.h"

#define SYSCTL "/proc/sys/net/tcp_reaper/"
/* When a socket that is just held comes due. */
#define DUE_MS "1000"
/* To read: a few times as much is far from the kernel's memory for TCP. */
#define MUCH (2 << 20)
/* Threads of an owner. */
#define THREADS 2

/**
 * struct held - one of them
 * @owner: in CLOSE_WAIT
 * @peer: has shut its side down
 * @sockets: the module's file of the namespace
 * @keep: the next time that the lock is taken it is kept
 * @held: it is, for good
 * @caught: a worker waits for it
 * @resets: how often the module was faster
 */
struct held {
	int owner;
	int peer;
	int sockets;
	volatile bool keep;
	volatile bool held;
	volatile bool caught;
	int resets;
};

static long count = 1;
static long together = 4;
static long try_ms = 2000;
static struct held *all;
static char *pages; /* one each, not there */
static long page_size;
static int faults;

static void usage(void)
{
	fprintf(stderr,
		"usage: held [-n N] [-j N] [-w MS]\n"
		"  -n  sockets, and namespaces (1)\n"
		"  -j  so many try at the same time (4)\n"
		"  -w  how long each tries to catch a worker; 0: not at all (2000)\n");
	exit(2);
}

static void write_file(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		die("%s", path);
	close(fd);
}

static void put(const char *knob, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), SYSCTL "%s", knob);
	write_file(path, value);
}

static void loopback_up(void)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &ifr))
		die("loopback");
	close(fd);
}

/* With much to read. */
static void make(struct held *h)
{
	static const char much[MUCH];
	struct pollfd p = { .events = POLLRDHUP };
	struct endpoint ep;

	endpoint_init(&ep);
	/* Of another thread, who knows; there is only one namespace here. */
	close(ep.home);
	endpoint_listen(&ep, 1, false);
	h->peer = endpoint_connect(&ep, false);
	h->owner = endpoint_accept(&ep);
	close(ep.listener);
	if (send(h->peer, much, MUCH, MSG_NOSIGNAL) != MUCH ||
	    shutdown(h->peer, SHUT_WR))
		die("the peer");
	p.fd = h->owner;
	if (poll(&p, 1, 60000) != 1 || !(p.revents & POLLRDHUP))
		die("no FIN within 60 s");
}

static void drop(struct held *h)
{
	close(h->owner);
	close(h->peer);
}

/* One byte, which is not there: the lock is ours until it comes. */
static bool take_lock(struct held *h, int thread)
{
	char *page = pages + ((h - all) * THREADS + thread) * page_size;
	ssize_t n;

	if (madvise(page, page_size, MADV_DONTNEED))
		die("MADV_DONTNEED");
	n = send(h->owner, page, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	return n == 1 || errno == EAGAIN;
}

static void *rival(void *arg)
{
	while (take_lock(arg, 1))
		;
	return NULL;
}

/* Due all the time. Comes back only when it is to keep one that is not. */
static void try_to_catch(struct held *h)
{
	pthread_t thread;

	put("close_wait_timeout_ms", "1");
	put("mode", "enforce");
	while (!h->keep) {
		make(h);
		if (pthread_create(&thread, NULL, rival, h))
			die("thread");
		while (take_lock(h, 0))
			;
		if (pthread_join(thread, NULL))
			die("pthread_join");
		h->resets++;
		drop(h);
	}
	put("mode", "observe");
}

static void *own(void *arg)
{
	struct held *h = arg;

	if (unshare(CLONE_NEWNET))
		die("unshare");
	loopback_up();
	write_file("/proc/sys/net/ipv4/tcp_rmem", "4096 33554432 33554432");
	h->sockets = open("/proc/thread-self/net/reaper/sockets",
			  O_RDONLY | O_CLOEXEC);
	if (h->sockets < 0)
		die("sockets");
	/* What it sends itself is no progress here. */
	put("close_wait_spare_active", "0");
	if (try_ms)
		try_to_catch(h);
	put("close_wait_timeout_ms", DUE_MS);
	h->keep = true;
	put("mode", "enforce");
	for (;;) {
		make(h);
		if (take_lock(h, 0))
			break;
		drop(h);
	}
	die("a page came that never should");
}

/* The lock is held: is there nothing to read any more? */
static bool emptied(struct held *h)
{
	char buf[1024], *line;
	ssize_t n = pread(h->sockets, buf, sizeof(buf) - 1, 0);
	long rxq;

	if (n <= 0)
		return false;
	buf[n] = 0;
	line = strstr(buf, "\nclose_wait ");
	return line &&
	       sscanf(line, "%*s %*s %*s %*s %*s %*s %*s %*s %ld", &rxq) == 1 &&
	       !rxq;
}

static void *serve(void *unused)
{
	for (;;) {
		char *page = fault_next(faults);
		struct held *h = &all[(page - pages) / (THREADS * page_size)];

		if (!h->keep && emptied(h)) {
			h->caught = true;
			h->keep = true;
		}
		if (h->keep)
			h->held = true;
		else
			fault_end(faults, page);
	}
	return unused;
}

static void setup(void)
{
	pthread_t thread;

	page_size = sysconf(_SC_PAGESIZE);
	all = calloc(count, sizeof(*all));
	pages = fault_pages(count * THREADS * page_size, &faults);
	if (!all || pthread_create(&thread, NULL, serve, NULL))
		die("setup");
}

/* The next few, all at once; those that catch nobody are held all the same. */
static void hold(struct held *from, struct held *to)
{
	long long end = now_us() + try_ms * 1000;
	pthread_t thread;
	struct held *h;

	for (h = from; h < to; h++)
		if (pthread_create(&thread, NULL, own, h))
			die("thread");
	for (h = from; h < to; h++) {
		while (!h->held) {
			if (now_us() > end)
				h->keep = true;
			usleep(1000);
		}
		close(h->sockets);
	}
}

int main(int argc, char **argv)
{
	int opt, caught = 0, resets = 0;
	long i;

	while ((opt = getopt(argc, argv, "n:j:w:")) != -1) {
		if (opt == 'n')
			count = number(optarg, 1, 10000);
		else if (opt == 'j')
			together = number(optarg, 1, 100);
		else if (opt == 'w')
			try_ms = number(optarg, 0, 60000);
		else
			usage();
	}
	if (optind != argc)
		usage();
	raise_nofile();
	setup();
	for (i = 0; i < count; i += together) {
		long next = i + together < count ? i + together : count;

		hold(&all[i], &all[next]);
		say("held %ld of %ld", next, count);
	}
	for (i = 0; i < count; i++) {
		caught += all[i].caught;
		resets += all[i].resets;
	}
	say("ready n=%ld caught=%d resets=%d", count, caught, resets);
	pause();
	return 0;
}
