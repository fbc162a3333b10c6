// SPDX-License-Identifier: GPL-2.0-only
/*
 * orphans: connections whose owner is gone while the peer cannot, or will not,
 * let them end. The owner is a child process that dies in the way asked for;
 * this process keeps the peers, and watches /proc/net/tcp for what the owner
 * left behind, and what the peers are told of its end.
 *
 * Prints "ready ..." once all of them are orphans in the state asked for, and
 * an "orphans ..." line at the end of -w or on SIGTERM.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proctcp.h"
#include "sock.h"

enum death {
	BY_EXIT,
	BY_CLOSE,
	BY_TERM,
	BY_KILL,
	BY_SEGV,
	DEATHS
};

static const char *const deaths[DEATHS] = { "exit", "close", "term", "kill",
					    "segv" };

static struct endpoint ep;
static enum tcp_state state = TCP_STATE_FIN_WAIT1;
static enum death death = BY_KILL;
static int count = 1;
static long queued_bytes;
static bool zero_window;
static long read_ms;
static const char *interface;
static long wait_ms;
static int *peers;
static bool *told;
static bool rst_passes;
static struct tcp_ends ends;
static int to_owner[2], from_owner[2];
static long reads;
static volatile sig_atomic_t stopped;

static void usage(void)
{
	fprintf(stderr,
		"usage: orphans [-46m] [-s STATE] [-d DEATH] [-n N] [-q BYTES | -z | -r MS] [-i IFNAME | -e] [-p PORT] [-a ADDR] [-N NETNS] [-w MS]\n"
		"  -s  fin_wait1 fin_wait2 closing last_ack\n"
		"  -d  exit close term kill segv\n"
		"  -q  bytes queued to send when the owner dies\n"
		"  -z  the peers stay reachable but do not read: queued data before a zero window\n"
		"  -r  as -z, but they read 4096 bytes every so many ms\n"
		"  -i  cut the peers off by taking down this interface of theirs, not by a filter\n"
		"  -e  cut the peers off from all but a RST, and wait for one at each\n"
		"  -N  file of the peers' network namespace; -a is then the peers' address\n"
		"  -w  watch until all are gone, or for so many ms\n");
	exit(2);
}

static int index_of(const char *word, const char *const *words, int n)
{
	int i;

	for (i = 0; i < n; i++)
		if (words[i] && !strcmp(word, words[i]))
			return i;
	usage();
	return -1;
}

static void options(int argc, char **argv)
{
	int opt;

	endpoint_init(&ep);
	while ((opt = getopt(argc, argv,
			     ENDPOINT_OPTIONS "s:d:n:q:zr:i:ew:")) != -1) {
		switch (opt) {
		case 's':
			state = index_of(optarg, tcp_state_words, TCP_STATES);
			break;
		case 'd':
			death = index_of(optarg, deaths, DEATHS);
			break;
		case 'n':
			count = number(optarg, 1, 10000);
			break;
		case 'q':
			queued_bytes = number(optarg, 1, 1 << 20);
			break;
		case 'z':
			zero_window = true;
			break;
		case 'r':
			zero_window = true;
			read_ms = number(optarg, 1, 3600000);
			break;
		case 'i':
			interface = optarg;
			break;
		case 'e':
			rst_passes = true;
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
	errno = 0;
	if (zero_window && (queued_bytes || (state != TCP_STATE_FIN_WAIT1 &&
					     state != TCP_STATE_LAST_ACK)))
		die("a zero window goes with fin_wait1 and last_ack, and without -q");
	if (queued_bytes && state == TCP_STATE_FIN_WAIT2)
		die("nothing can be queued in fin_wait2");
	if (interface && state == TCP_STATE_CLOSING)
		die("closing needs segments from the peer after it was cut off: not with -i");
	if (rst_passes && (interface || zero_window))
		die("-e is a way to cut off: not with -i, -z or -r");
}

static void tell(int fd)
{
	if (write(fd, "x", 1) != 1)
		die("the other process is gone");
}

static void hear(int fd)
{
	char c;

	errno = 0;
	if (read(fd, &c, 1) != 1)
		die("the other process is gone");
}

/* The owner's life, in a process of its own; it never returns. */
static void own(void)
{
	static char data[1 << 20];
	int *fds = calloc(count, sizeof(*fds));
	int i;

	if (!fds)
		die("calloc");
	if (prctl(PR_SET_PDEATHSIG, SIGKILL))
		die("PR_SET_PDEATHSIG");
	for (i = 0; i < count; i++) {
		fds[i] = endpoint_connect(&ep, false);
		if (state == TCP_STATE_FIN_WAIT2)
			set_int(fds[i], IPPROTO_TCP, TCP_LINGER2, 120);
		if (zero_window || queued_bytes)
			set_int(fds[i], SOL_SOCKET, SO_SNDBUF,
				read_ms ? 1 << 20 : 2 * queued_bytes + 8192);
		tell(from_owner[1]);
		hear(to_owner[0]);
	}
	if (state == TCP_STATE_LAST_ACK) {
		hear(to_owner[0]);
		for (i = 0; i < count; i++) {
			struct pollfd fin = { .fd = fds[i],
					      .events = POLLRDHUP };

			if (poll(&fin, 1, 10000) != 1)
				die("no FIN within 10 s");
		}
		tell(from_owner[1]);
	}
	hear(to_owner[0]);
	for (i = 0; i < count; i++) {
		if (zero_window)
			fill(fds[i]);
		if (queued_bytes &&
		    send(fds[i], data, queued_bytes,
			 MSG_NOSIGNAL | MSG_DONTWAIT) != queued_bytes)
			die("cannot queue %ld bytes", queued_bytes);
	}
	tell(from_owner[1]);
	if (death == BY_TERM || death == BY_KILL)
		for (;;)
			pause();
	hear(to_owner[0]);
	if (death == BY_EXIT)
		_exit(0);
	if (death == BY_SEGV)
		*(volatile char *)NULL = 0;
	for (i = 0; i < count; i++)
		close(fds[i]);
	for (;;)
		pause();
}

static void cut_all(void)
{
	struct ifreq request = { .ifr_flags = 0 };
	int i;

	if (zero_window)
		return;
	if (!interface) {
		for (i = 0; i < count; i++)
			cut_off(peers[i], rst_passes);
		return;
	}
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", interface);
	if (ioctl(ep.listener, SIOCSIFFLAGS, &request))
		die("cannot take %s down", interface);
}

static void shut_peers(void)
{
	int i;

	for (i = 0; i < count; i++)
		if (shutdown(peers[i], SHUT_WR))
			die("shutdown");
}

/*
 * "close" leaves the owner alive without its sockets, so there the process ends
 * only with this one.
 */
static void kill_owner(pid_t owner)
{
	int status;

	if (death == BY_TERM || death == BY_KILL) {
		if (kill(owner, death == BY_TERM ? SIGTERM : SIGKILL))
			die("kill");
	} else {
		tell(to_owner[1]);
	}
	if (death == BY_CLOSE)
		return;
	if (waitpid(owner, &status, 0) != owner)
		die("waitpid");
	errno = 0;
	if (death == BY_EXIT
		    ? status
		    : WTERMSIG(status) != (death == BY_TERM   ? SIGTERM
					   : death == BY_KILL ? SIGKILL
							      : SIGSEGV))
		die("the owner ended with wait status %#x", status);
}

static int await_state(enum tcp_state wanted)
{
	long long end = now_us() + 3000000;
	int n;

	while ((n = tcp_orphans(&ends, wanted)) < count && now_us() < end)
		usleep(5000);
	return n;
}

static pid_t setup(void)
{
	struct rlimit none = { 0, 0 };
	pid_t owner;
	int i;

	raise_nofile();
	if (setrlimit(RLIMIT_CORE, &none))
		die("RLIMIT_CORE");
	peers = calloc(count, sizeof(*peers));
	told = calloc(count, sizeof(*told));
	if (!peers || !told || pipe(to_owner) || pipe(from_owner))
		die("setup");
	endpoint_listen(&ep, 128, true);
	ends.family = ep.mapped ? AF_INET : ep.family;
	ends.remote = ep.port;
	if (read_ms)
		set_int(ep.listener, SOL_SOCKET, SO_RCVBUF, 8192);
	owner = fork();
	if (owner < 0)
		die("fork");
	if (!owner)
		own();
	close(from_owner[1]);
	for (i = 0; i < count; i++) {
		hear(from_owner[0]);
		peers[i] = endpoint_accept(&ep);
		tcp_ends_add_peer(&ends, peers[i]);
		tell(to_owner[1]);
	}
	if (state == TCP_STATE_LAST_ACK) {
		shut_peers();
		tell(to_owner[1]);
		hear(from_owner[0]);
	}
	if (state != TCP_STATE_FIN_WAIT2)
		cut_all();
	tell(to_owner[1]);
	hear(from_owner[0]);
	return owner;
}

/* Closed the usual way, they would become orphans themselves, being deaf. */
static void abort_peers(void)
{
	struct linger now = { .l_onoff = 1, .l_linger = 0 };
	int i;

	for (i = 0; i < count; i++) {
		if (setsockopt(peers[i], SOL_SOCKET, SO_LINGER, &now,
			       sizeof(now)))
			die("SO_LINGER");
		close(peers[i]);
	}
}

/* Lets a little through when it is time to. */
static void read_some(void)
{
	static long long next_us;
	char buf[4096];
	int i;

	if (!read_ms || now_us() < next_us)
		return;
	next_us = now_us() + read_ms * 1000;
	for (i = 0; i < count; i++)
		if (recv(peers[i], buf, sizeof(buf), MSG_DONTWAIT) > 0)
			reads++;
}

/*
 * Counts the peers that were told by now that their connection is over. A RST
 * is EPIPE for one that had the owner's FIN before.
 */
static int listen_to_end(int *resets)
{
	int i, n = 0, error;
	socklen_t len = sizeof(error);

	for (i = 0; i < count; i++) {
		struct pollfd p = { .fd = peers[i] };

		if (!told[i] && poll(&p, 1, 0) == 1 && p.revents & POLLERR) {
			if (getsockopt(p.fd, SOL_SOCKET, SO_ERROR, &error,
				       &len))
				die("SO_ERROR");
			told[i] = true;
			*resets += error == ECONNRESET || error == EPIPE;
		}
		n += told[i];
	}
	return n;
}

static void on_signal(int signal)
{
	(void)signal;
	stopped = 1;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = on_signal };
	long long dead_us, first_us = 0, last_us = 0, told_us = 0;
	int left = 0, resets = 0;
	pid_t owner;

	options(argc, argv);
	owner = setup();
	dead_us = now_us();
	kill_owner(owner);
	if (state == TCP_STATE_CLOSING) {
		if (await_state(TCP_STATE_FIN_WAIT1) < count)
			die("no %d orphans in fin_wait1 on the way to closing",
			    count);
		shut_peers();
	}
	left = await_state(state);
	errno = 0;
	if (left < count)
		die("%d orphans in %s, not %d", left, tcp_state_words[state],
		    count);
	if (state == TCP_STATE_FIN_WAIT2)
		cut_all();
	say("ready state=%s death=%s family=%s n=%d port=%d pid=%d at_ms=%lld",
	    tcp_state_words[state], deaths[death], endpoint_name(&ep), count,
	    ep.port, getpid(), dead_us / 1000);

	sigaction(SIGTERM, &action, NULL);
	while (!stopped && !(wait_ms && now_us() - dead_us > wait_ms * 1000)) {
		read_some();
		left = tcp_orphans(&ends, TCP_STATE_ANY);
		if (left < count && !first_us)
			first_us = now_us();
		if (!left && !last_us)
			last_us = now_us();
		if (!told_us && listen_to_end(&resets) == count)
			told_us = now_us();
		if (wait_ms && !left && (!rst_passes || told_us))
			break;
		usleep(10000);
	}
	if (death == BY_CLOSE)
		kill(owner, SIGKILL);
	say("orphans state=%s death=%s n=%d left=%d reads=%ld first_ms=%.1f last_ms=%.1f rst=%d told_ms=%.1f",
	    tcp_state_words[state], deaths[death], count, left, reads,
	    ms_between(dead_us, first_us), ms_between(dead_us, last_us), resets,
	    ms_between(dead_us, told_us));
	abort_peers();
	return 0;
}
