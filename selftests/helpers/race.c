// SPDX-License-Identifier: GPL-2.0-only
/*
 * race: sockets whose owners do something to them at the very moment at which
 * they are reaped. In each round so many become stuck under mode=observe, with
 * a timeout that has passed; then one process switches to enforce, which has
 * all of them reaped at once, while another goes through them as fast as it
 * can, from the far end, so that the two meet.
 *
 * Beside them are healthy connections, which carry data after each round.
 *
 * Prints "race kind=K n=N gone=N acted=N healthy=N/N": what was reaped before
 * it was done, what was done, and how many healthy ones still are.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sock.h"

#define SYS "/sys/class/tcp_reaper/self/"
#define HEALTHY 16

enum kind {
	CLOSE,
	RESET,
	SHUT,
	ACCEPT,
	PASS,
	KILL,
	KINDS
};

static const char *const kinds[KINDS] = { "close",  "reset", "shut",
					  "accept", "pass",  "kill" };

/**
 * struct tally - what came of it, shared between the processes
 * @gone: sockets that were aborted before anything was done to them
 * @acted: sockets to which it was done
 * @go: the round's starting shot
 */
struct tally {
	volatile int go;
	long gone;
	long acted;
};

static struct endpoint ep;
static enum kind kind;
static int count = 100;
static int rounds = 1;
static int *owners, *peers;
static int healthy[2 * HEALTHY];
static struct tally *tally;

static void usage(void)
{
	fprintf(stderr, "usage: race [-46m] -k KIND [-n N] [-r ROUNDS]\n"
			"  -k  close reset shut accept pass kill\n"
			"  -n  sockets a round (100)\n");
	exit(2);
}

static void put(const char *file, const char *value)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		die("%s", file);
	close(fd);
}

static long tracked(void)
{
	char buf[32] = "";
	int fd = open(SYS "stats/close_wait_tracked", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, buf, sizeof(buf) - 1) < 0)
		die("stats");
	close(fd);
	return atol(buf);
}

static void make(int i)
{
	struct pollfd p = { .events = POLLRDHUP };

	peers[i] = endpoint_connect(&ep, false);
	owners[i] = kind == ACCEPT ? -1 : endpoint_accept(&ep);
	if (shutdown(peers[i], SHUT_WR))
		die("shutdown");
	if (kind == ACCEPT)
		return;
	p.fd = owners[i];
	if (poll(&p, 1, 10000) != 1)
		die("no FIN within 10 s");
}

/* Returns whether the reaper was there first, as far as can be seen. */
static bool aborted(int fd)
{
	struct pollfd p = { .fd = fd };

	return poll(&p, 1, 0) == 1 && p.revents & POLLERR;
}

static void pass_on(int fd)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	char c = 'x';
	struct iovec iov = { .iov_base = &c, .iov_len = 1 };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control.buf,
			      .msg_controllen = sizeof(control.buf) };
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		die("socketpair");
	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
	if (sendmsg(pair[0], &msg, 0) != 1)
		die("sendmsg");
	/* For a moment only the message in flight holds it. */
	close(fd);
	if (recvmsg(pair[1], &msg, MSG_CMSG_CLOEXEC) != 1)
		die("recvmsg");
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(fd));
	close(fd);
	close(pair[0]);
	close(pair[1]);
}

static void act(int i)
{
	struct linger now = { .l_onoff = 1, .l_linger = 0 };
	int fd = kind == ACCEPT ? endpoint_accept(&ep) : owners[i];

	if (aborted(fd))
		tally->gone++;
	else
		tally->acted++;
	switch (kind) {
	case RESET:
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
		break;
	case SHUT:
		/* Half of them for good, half of them one side. */
		if (shutdown(fd, i % 2 ? SHUT_RDWR : SHUT_WR) &&
		    errno != ENOTCONN)
			die("shutdown of the owner");
		break;
	case PASS:
		pass_on(fd);
		return;
	case KILL:
		return;
	default:
		break;
	}
	close(fd);
}

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	/* A CPU may be offline: then wherever there is one. */
	if (sched_setaffinity(0, sizeof(set), &set) && errno != EINVAL)
		die("sched_setaffinity");
}

/* The owner, a process of its own. */
static void own(void)
{
	int i;

	pin(1);
	while (!tally->go)
		;
	for (i = count - 1; i >= 0; i--)
		act(i);
	if (kind == KILL)
		raise(SIGKILL);
	_exit(0);
}

static void one_round(void)
{
	int i, status;
	pid_t pid;

	put(SYS "mode", "observe");
	for (i = 0; i < count; i++)
		make(i);
	while (tracked() < count)
		usleep(1000);
	tally->go = 0;
	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid)
		own();
	for (i = 0; i < count && kind != ACCEPT; i++)
		close(owners[i]);
	pin(0);
	tally->go = 1;
	put(SYS "mode", "enforce");
	if (waitpid(pid, &status, 0) != pid ||
	    (kind == KILL ? !WIFSIGNALED(status) : status))
		die("the owner ended with status %#x", status);
	for (i = 0; i < count; i++)
		close(peers[i]);
	while (tracked())
		usleep(1000);
}

static int healthy_ones(void)
{
	int i, n = 0;
	char c = 'x';

	for (i = 0; i < 2 * HEALTHY; i += 2) {
		struct pollfd p = { .fd = healthy[i + 1], .events = POLLIN };

		n += send(healthy[i], &c, 1, MSG_NOSIGNAL) == 1 &&
		     poll(&p, 1, 5000) == 1 && read(p.fd, &c, 1) == 1;
	}
	return n;
}

int main(int argc, char **argv)
{
	int opt, i, n = HEALTHY;

	endpoint_init(&ep);
	kind = KINDS;
	while ((opt = getopt(argc, argv, ENDPOINT_OPTIONS "k:n:r:")) != -1) {
		switch (opt) {
		case 'k':
			kind = word(optarg, kinds, KINDS);
			break;
		case 'n':
			count = number(optarg, 1, 10000);
			break;
		case 'r':
			rounds = number(optarg, 1, 100000);
			break;
		default:
			if (!endpoint_option(&ep, opt, optarg))
				usage();
		}
	}
	if (optind != argc || kind == KINDS)
		usage();
	raise_nofile();
	owners = calloc(count, sizeof(*owners));
	peers = calloc(count, sizeof(*peers));
	tally = shared_memory(sizeof(*tally));
	if (!owners || !peers)
		die("calloc");
	endpoint_listen(&ep, count, false);
	for (i = 0; i < 2 * HEALTHY; i += 2) {
		healthy[i] = endpoint_connect(&ep, false);
		healthy[i + 1] = endpoint_accept(&ep);
	}
	for (i = 0; i < rounds; i++) {
		int left;

		one_round();
		left = healthy_ones();
		n = left < n ? left : n;
	}
	say("race kind=%s n=%d gone=%ld acted=%ld healthy=%d/%d", kinds[kind],
	    rounds * count, tally->gone, tally->acted, n, HEALTHY);
	return n != HEALTHY;
}
