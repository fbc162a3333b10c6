// SPDX-License-Identifier: GPL-2.0-only
/*
 * seekers: many threads that read a file of /proc/net where it has no more
 * bytes: lseek() and pread() far out, for which a seq_file has to produce all
 * that comes before. Each thread has a file of its own. Beside them connections
 * get stuck for a while, one after the other: for as long as the module can't
 * see to those, whoever waits for the same lock waits behind them.
 *
 * Prints "ready threads=N" when each has been there once, and by SIGTERM, at
 * its end, "seekers calls=N".
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sock.h"

#define FAR_OUT 1099511627776LL
/* So many are stuck at a time. */
#define STUCK 64

static const char *path = "/proc/self/net/reaper/sockets";
static long threads = 50;
static long stick_ms = 50;
static long ready;
static long calls;

static void usage(void)
{
	fprintf(stderr,
		"usage: seekers [-t THREADS] [-i MS] [-f FILE]\n"
		"  -t  how many (50)\n"
		"  -i  time from one connection that gets stuck to the next (50)\n"
		"  -f  what they read (/proc/self/net/reaper/sockets)\n");
	exit(2);
}

/* What comes of it is the file's to say: here the way counts. */
static void *seek(void *unused)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool first = true;
	char c;

	if (fd < 0)
		die("%s", path);
	for (;;) {
		if (lseek(fd, FAR_OUT, SEEK_SET) == FAR_OUT)
			lseek(fd, 0, SEEK_SET);
		if (pread(fd, &c, 1, FAR_OUT) > 0)
			die("%s is endless", path);
		__atomic_add_fetch(&calls, 2, __ATOMIC_RELAXED);
		if (first)
			__atomic_add_fetch(&ready, 1, __ATOMIC_RELAXED);
		first = false;
	}
	return unused;
}

/* The oldest of them go. */
static void *stick(void *unused)
{
	static int owners[STUCK], peers[STUCK];
	struct endpoint ep;
	long n;

	endpoint_init(&ep);
	endpoint_listen(&ep, 16, false);
	for (n = 0;; n++) {
		int *owner = &owners[n % STUCK], *peer = &peers[n % STUCK];

		if (n >= STUCK) {
			close(*owner);
			close(*peer);
		}
		*peer = endpoint_connect(&ep, false);
		*owner = endpoint_accept(&ep);
		if (shutdown(*peer, SHUT_WR))
			die("shutdown");
		usleep(stick_ms * 1000);
	}
	return unused;
}

int main(int argc, char **argv)
{
	pthread_t thread;
	sigset_t set;
	int opt, signal;
	long i;

	while ((opt = getopt(argc, argv, "t:i:f:")) != -1) {
		if (opt == 't')
			threads = number(optarg, 1, 1000);
		else if (opt == 'i')
			stick_ms = number(optarg, 1, 60000);
		else if (opt == 'f')
			path = optarg;
		else
			usage();
	}
	if (optind != argc)
		usage();
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		die("sigprocmask");
	for (i = 0; i < threads; i++)
		if (pthread_create(&thread, NULL, seek, NULL))
			die("thread");
	if (pthread_create(&thread, NULL, stick, NULL))
		die("thread");
	while (__atomic_load_n(&ready, __ATOMIC_RELAXED) < threads)
		usleep(10000);
	say("ready threads=%ld", threads);
	if (sigwait(&set, &signal))
		die("sigwait");
	say("seekers calls=%ld", __atomic_load_n(&calls, __ATOMIC_RELAXED));
	_exit(0);
}
