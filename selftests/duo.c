// SPDX-License-Identifier: GPL-2.0
/*
 * duo: connections whose two ends do, step by step, what the command line says.
 * "o" is the end that was accepted, the owner; "p" its peer. All connections do
 * a step before the next one begins, and each step prints a line:
 *
 *	o:read bytes=300 EOF=3
 *
 * Bytes are numbered from the start of the connection, and a reader knows what
 * each has to be.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/sockios.h>
#include <linux/tls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "sock.h"

#ifndef SOL_TLS
#define SOL_TLS 282
#endif

#define ERRORS 200
#define POLL_US 2000

/**
 * struct end - one end of a connection
 * @fd: its socket; -1 while nobody has accepted it, and once it is closed
 * @sent: bytes sent from here
 * @received: bytes read here, all of them what they had to be
 */
struct end {
	int fd;
	long sent;
	long received;
};

/**
 * struct tally - what came of a step on all connections
 * @bytes: bytes that went through
 * @wrong: bytes that were not what they had to be
 * @result: how many connections ended the step with an errno value; 0 is an end
 *	of file
 */
struct tally {
	long bytes;
	long wrong;
	int result[ERRORS];
};

enum {
	OWNER,
	PEER,
	SIDES
};

static struct endpoint ep;
static int count = 1;
static bool unaccepted;
static struct end *ends[SIDES];
static long long mark_us;
static volatile sig_atomic_t resumed;

static const char *const states[] = {
	[TCP_ESTABLISHED] = "established", [TCP_FIN_WAIT1] = "fin_wait1",
	[TCP_FIN_WAIT2] = "fin_wait2",	   [TCP_CLOSE] = "close",
	[TCP_CLOSE_WAIT] = "close_wait",   [TCP_LAST_ACK] = "last_ack",
	[TCP_CLOSING] = "closing",	   [TCP_TIME_WAIT] = "time_wait",
};

#define STATES (sizeof(states) / sizeof(states[0]))

static void usage(void)
{
	fprintf(stderr,
		"usage: duo [-46mb] [-n N] [-p PORT] [-a ADDR] [-N NETNS] STEP...\n"
		"  -b  nobody accepts the connections, before the step accept\n"
		"  -N  file of the peers' network namespace; -a is the owners' address\n"
		"steps: pause (until SIGUSR1), mark (times count from here), accept\n"
		"of an end (o:STEP or p:STEP):\n"
		"  send=BYTES           as many of them as it takes at once\n"
		"  push=MS              sends for as long as it takes, up to MS, or to an error\n"
		"  trickle=MS,TIMES     sends a byte every MS\n"
		"  read                 what is there\n"
		"  drain=MS             to the end, or for MS\n"
		"  sip=MS,TIMES         reads a byte every MS\n"
		"  fin                  waits for the other end's FIN\n"
		"  until=STATE,MS       waits until all are in the state; how long, from the mark\n"
		"  acked=MS             waits until all is acknowledged, and marks that moment\n"
		"  state, error         TCP_INFO's state; SO_ERROR\n"
		"  shut, close          its sending side; all\n"
		"  cut, heal            it drops all that comes in; no more\n"
		"  buffers=SEND,RECEIVE\n"
		"  keepalive, keep=IDLE,INTERVAL,COUNT, settings (prints both)\n"
		"  tls                  kTLS, with a key to send by if the kernel can\n");
	exit(2);
}

static unsigned char pattern(long offset)
{
	return offset * 7 + offset / 251;
}

/* @zero: what result 0 is called. */
static void print_tally(const char *step, const struct tally *t,
			const char *zero)
{
	char line[512];
	int i, n;

	n = snprintf(line, sizeof(line), "%s bytes=%ld", step, t->bytes);
	if (t->wrong)
		n += snprintf(line + n, sizeof(line) - n, " wrong=%ld",
			      t->wrong);
	for (i = 0; i < ERRORS; i++)
		if (t->result[i])
			n += snprintf(line + n, sizeof(line) - n, " %s=%d",
				      i ? error_name(i) : zero, t->result[i]);
	say("%s", line);
}

/* Sends up to @left bytes, or forever with -1; returns errno, 0 for all sent.
 */
static int send_some(struct end *e, long left, int flags, struct tally *t)
{
	unsigned char block[16384];
	ssize_t n;
	size_t i;

	while (left) {
		size_t want = sizeof(block);

		if (left > 0 && (size_t)left < want)
			want = left;
		for (i = 0; i < want; i++)
			block[i] = pattern(e->sent + i);
		n = send(e->fd, block, want, MSG_NOSIGNAL | flags);
		if (n < 0)
			return errno;
		e->sent += n;
		t->bytes += n;
		if (left > 0)
			left -= n;
	}
	return 0;
}

/* Reads what is there, @most bytes; returns errno, 0 for an end of file. */
static int read_some(struct end *e, long most, struct tally *t)
{
	unsigned char block[16384];
	ssize_t n, i;

	while (most) {
		size_t want = sizeof(block);

		if (most > 0 && (size_t)most < want)
			want = most;
		n = recv(e->fd, block, want, MSG_DONTWAIT);
		if (n < 0)
			return errno;
		if (!n)
			return 0;
		for (i = 0; i < n; i++)
			t->wrong += block[i] != pattern(e->received + i);
		e->received += n;
		t->bytes += n;
		if (most > 0)
			most -= n;
	}
	return EAGAIN;
}

static void rest_until(long long when_us)
{
	long long left = when_us - now_us();

	if (left > 0)
		usleep(left);
}

/* A byte each way at a time, to a rhythm; an error ends the connection's part.
 */
static void rhythm(const char *step, struct end *e, long ms, long times,
		   bool sending)
{
	long long start = now_us();
	struct tally t = { 0 };
	bool *over = calloc(count, sizeof(*over));
	long k;
	int i, err;

	if (!over)
		die("calloc");
	for (k = 1; k <= times; k++) {
		rest_until(start + k * ms * 1000);
		for (i = 0; i < count; i++) {
			if (over[i])
				continue;
			if (sending)
				err = send_some(&e[i], 1, MSG_DONTWAIT, &t);
			else
				err = read_some(&e[i], 1, &t);
			if (err == (sending ? 0 : EAGAIN))
				continue;
			over[i] = true;
			t.result[err]++;
		}
	}
	free(over);
	print_tally(step, &t, "EOF");
}

static void drain(const char *step, struct end *e, long ms)
{
	long long end = now_us() + ms * 1000;
	struct tally t = { 0 };
	int *result = calloc(count, sizeof(*result));
	int i, left;

	if (!result)
		die("calloc");
	do {
		left = 0;
		for (i = 0; i < count; i++) {
			if (result[i])
				continue;
			/* One more than errno, so that an end is not 0. */
			result[i] = read_some(&e[i], -1, &t) + 1;
			if (result[i] == EAGAIN + 1) {
				result[i] = 0;
				left++;
			}
		}
		if (left)
			usleep(POLL_US);
	} while (left && now_us() < end);
	for (i = 0; i < count; i++)
		t.result[result[i] ? result[i] - 1 : EAGAIN]++;
	free(result);
	print_tally(step, &t, "EOF");
}

static void push(const char *step, struct end *e, long ms)
{
	struct timeval patience = { .tv_sec = ms / 1000,
				    .tv_usec = ms % 1000 * 1000 };
	struct tally t = { 0 };
	char line[64];
	int i;

	for (i = 0; i < count; i++) {
		if (setsockopt(e[i].fd, SOL_SOCKET, SO_SNDTIMEO, &patience,
			       sizeof(patience)))
			die("SO_SNDTIMEO");
		t.result[send_some(&e[i], -1, 0, &t)]++;
	}
	snprintf(line, sizeof(line), "%s ms=%.1f", step,
		 ms_between(mark_us, now_us()));
	print_tally(line, &t, "all");
}

static unsigned int state_of(int fd)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len))
		die("TCP_INFO");
	return info.tcpi_state;
}

static void print_states(const char *step, const struct end *e)
{
	int n[STATES] = { 0 }, i, at;
	char line[256];
	size_t s;

	for (i = 0; i < count; i++) {
		s = state_of(e[i].fd);
		if (s >= STATES || !states[s])
			die("state %zu", s);
		n[s]++;
	}
	at = snprintf(line, sizeof(line), "%s", step);
	for (s = 0; s < STATES; s++)
		if (n[s])
			at += snprintf(line + at, sizeof(line) - at, " %s=%d",
				       states[s], n[s]);
	say("%s", line);
}

static void until(const char *step, const struct end *e, const char *word,
		  long ms)
{
	long long end = now_us() + ms * 1000;
	double least = -1, most = -1;
	bool *there = calloc(count, sizeof(*there));
	int i, left = count;
	unsigned int wanted;

	for (wanted = 0; wanted < STATES; wanted++)
		if (states[wanted] && !strcmp(states[wanted], word))
			break;
	if (wanted == STATES)
		usage();
	if (!there)
		die("calloc");
	while (left && now_us() < end) {
		for (i = 0; i < count; i++) {
			if (there[i] || state_of(e[i].fd) != wanted)
				continue;
			there[i] = true;
			left--;
			most = ms_between(mark_us, now_us());
			if (least < 0)
				least = most;
		}
		if (left)
			usleep(POLL_US);
	}
	free(there);
	say("%s n=%d min_ms=%.1f max_ms=%.1f", step, count - left, least, most);
}

static void acked(const char *step, const struct end *e, long ms)
{
	long long end = now_us() + ms * 1000, start = mark_us;
	int i, left, queued;

	do {
		left = 0;
		for (i = 0; i < count; i++) {
			if (ioctl(e[i].fd, SIOCOUTQ, &queued))
				die("SIOCOUTQ");
			left += queued > 0;
		}
		mark_us = now_us();
		if (left)
			usleep(POLL_US);
	} while (left && now_us() < end);
	say("%s n=%d ms=%.1f", step, count - left, ms_between(start, mark_us));
}

static void await_fin(const struct end *e)
{
	int i;

	for (i = 0; i < count; i++) {
		struct pollfd p = { .fd = e[i].fd, .events = POLLRDHUP };

		if (poll(&p, 1, 10000) != 1 || !(p.revents & POLLRDHUP))
			die("no FIN within 10 s");
	}
}

static int get_int(int fd, int level, int option)
{
	int value;
	socklen_t len = sizeof(value);

	if (getsockopt(fd, level, option, &value, &len))
		die("getsockopt level %d option %d", level, option);
	return value;
}

/* Of the first connection, and how many are as it. */
static void print_settings(const char *step, const struct end *e)
{
	static const int options[] = { TCP_KEEPIDLE, TCP_KEEPINTVL,
				       TCP_KEEPCNT };
	int first[4], same = 0, i, j;

	for (i = 0; i < count; i++) {
		int now[4] = { get_int(e[i].fd, SOL_SOCKET, SO_KEEPALIVE) };

		for (j = 0; j < 3; j++)
			now[j + 1] = get_int(e[i].fd, IPPROTO_TCP, options[j]);
		if (!i)
			memcpy(first, now, sizeof(now));
		same += !memcmp(first, now, sizeof(now));
	}
	say("%s n=%d keepalive=%d keep=%d,%d,%d", step, same, first[0],
	    first[1], first[2], first[3]);
}

static void use_tls(const char *step, const struct end *e)
{
	struct tls12_crypto_info_aes_gcm_128 key = {
		.info = { .version = TLS_1_2_VERSION,
			  .cipher_type = TLS_CIPHER_AES_GCM_128 },
	};
	int i, keys = 0;

	for (i = 0; i < count; i++) {
		if (setsockopt(e[i].fd, IPPROTO_TCP, TCP_ULP, "tls", 4))
			die("TCP_ULP");
		keys += !setsockopt(e[i].fd, SOL_TLS, TLS_TX, &key,
				    sizeof(key));
	}
	say("%s n=%d keys=%d", step, count, keys);
}

static void set_buffers(const struct end *e, long to_send, long to_receive)
{
	int i;

	for (i = 0; i < count; i++) {
		set_int(e[i].fd, SOL_SOCKET, SO_SNDBUFFORCE, to_send);
		set_int(e[i].fd, SOL_SOCKET, SO_RCVBUFFORCE, to_receive);
	}
}

static void set_keep(const struct end *e, long idle, long interval, long probes)
{
	int i;

	for (i = 0; i < count; i++) {
		set_int(e[i].fd, IPPROTO_TCP, TCP_KEEPIDLE, idle);
		set_int(e[i].fd, IPPROTO_TCP, TCP_KEEPINTVL, interval);
		set_int(e[i].fd, IPPROTO_TCP, TCP_KEEPCNT, probes);
	}
}

/* Splits "A,B,C" into numbers; returns how many. */
static int numbers(const char *list, long value[3])
{
	char buf[64], *at = buf, *word;
	int n = 0;

	snprintf(buf, sizeof(buf), "%s", list);
	while (n < 3 && (word = strsep(&at, ",")))
		value[n++] = number(word, 0, 1L << 30);
	return at ? 4 : n;
}

/* Steps that are one call on each socket. Returns false for another verb. */
static bool simple_step(const char *step, const char *verb, struct end *e)
{
	struct tally t = { 0 };
	int i;

	if (strcmp(verb, "read") && strcmp(verb, "error") &&
	    strcmp(verb, "shut") && strcmp(verb, "close") &&
	    strcmp(verb, "cut") && strcmp(verb, "heal") &&
	    strcmp(verb, "keepalive"))
		return false;
	for (i = 0; i < count; i++) {
		switch (*verb) {
		case 'r':
			t.result[read_some(&e[i], -1, &t)]++;
			break;
		case 'e':
			t.result[get_int(e[i].fd, SOL_SOCKET, SO_ERROR)]++;
			break;
		case 's':
			if (shutdown(e[i].fd, SHUT_WR))
				die("shutdown");
			break;
		case 'h':
			set_int(e[i].fd, SOL_SOCKET, SO_DETACH_FILTER, 0);
			break;
		case 'k':
			set_int(e[i].fd, SOL_SOCKET, SO_KEEPALIVE, 1);
			break;
		default:
			if (!strcmp(verb, "cut")) {
				cut_off(e[i].fd);
			} else {
				close(e[i].fd);
				e[i].fd = -1;
			}
		}
	}
	if (*verb == 'r')
		print_tally(step, &t, "EOF");
	else if (*verb == 'e')
		print_tally(step, &t, "none");
	else
		say("%s", step);
	return true;
}

static void step_of_end(const char *step, const char *verb, const char *arg,
			struct end *e)
{
	struct tally t = { 0 };
	long v[3];
	int i, n = arg ? numbers(strcmp(verb, "until") ? arg : "0", v) : 0;
	const char *comma;

	if (!n && simple_step(step, verb, e))
		return;
	if (!n && !strcmp(verb, "fin")) {
		await_fin(e);
		say("%s", step);
	} else if (!n && !strcmp(verb, "state")) {
		print_states(step, e);
	} else if (!n && !strcmp(verb, "settings")) {
		print_settings(step, e);
	} else if (!n && !strcmp(verb, "tls")) {
		use_tls(step, e);
	} else if (n == 1 && !strcmp(verb, "send")) {
		for (i = 0; i < count; i++)
			t.result[send_some(&e[i], v[0], MSG_DONTWAIT, &t)]++;
		print_tally(step, &t, "all");
	} else if (n == 1 && !strcmp(verb, "push")) {
		push(step, e, v[0]);
	} else if (n == 1 && !strcmp(verb, "drain")) {
		drain(step, e, v[0]);
	} else if (n == 1 && !strcmp(verb, "acked")) {
		acked(step, e, v[0]);
	} else if (n == 2 && !strcmp(verb, "buffers")) {
		set_buffers(e, v[0], v[1]);
		say("%s", step);
	} else if (n == 3 && !strcmp(verb, "keep")) {
		set_keep(e, v[0], v[1], v[2]);
		say("%s", step);
	} else if (n == 2 &&
		   (!strcmp(verb, "trickle") || !strcmp(verb, "sip"))) {
		rhythm(step, e, v[0], v[1], *verb == 't');
	} else if (n && !strcmp(verb, "until") && (comma = strchr(arg, ','))) {
		char *word = strndup(arg, comma - arg);

		if (!word)
			die("strndup");
		until(step, e, word, number(comma + 1, 1, 3600000));
		free(word);
	} else {
		usage();
	}
}

static void accept_all(void)
{
	int i;

	for (i = 0; i < count; i++)
		ends[OWNER][i].fd = endpoint_accept(&ep);
}

static void wait_for_signal(void)
{
	static int pauses;
	sigset_t none;

	say("pause %d", ++pauses);
	sigemptyset(&none);
	while (!resumed)
		sigsuspend(&none);
	resumed = 0;
}

static void do_step(const char *step)
{
	char *verb, *arg;

	if (!strcmp(step, "pause")) {
		wait_for_signal();
	} else if (!strcmp(step, "mark")) {
		mark_us = now_us();
	} else if (!strcmp(step, "accept")) {
		accept_all();
	} else if ((*step == 'o' || *step == 'p') && step[1] == ':') {
		verb = strdup(step + 2);
		if (!verb)
			die("strdup");
		arg = strchr(verb, '=');
		if (arg)
			*arg++ = 0;
		step_of_end(step, verb, arg, ends[*step == 'o' ? OWNER : PEER]);
		free(verb);
	} else {
		usage();
	}
}

static void on_signal(int signal)
{
	(void)signal;
	resumed = 1;
}

/* It is blocked but for the pauses, so that none can be lost. */
static void catch_signal(void)
{
	struct sigaction action = { .sa_handler = on_signal };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	if (sigprocmask(SIG_BLOCK, &set, NULL) ||
	    sigaction(SIGUSR1, &action, NULL))
		die("SIGUSR1");
}

int main(int argc, char **argv)
{
	int opt, i;

	endpoint_init(&ep);
	while ((opt = getopt(argc, argv, "+" ENDPOINT_OPTIONS "bn:")) != -1) {
		if (opt == 'b')
			unaccepted = true;
		else if (opt == 'n')
			count = number(optarg, 1, 10000);
		else if (!endpoint_option(&ep, opt, optarg))
			usage();
	}
	if (optind == argc)
		usage();

	catch_signal();
	raise_nofile();
	for (i = 0; i < SIDES; i++) {
		ends[i] = calloc(count, sizeof(**ends));
		if (!ends[i])
			die("calloc");
	}
	endpoint_listen(&ep, count, false);
	for (i = 0; i < count; i++) {
		ends[PEER][i].fd = endpoint_connect(&ep, true);
		ends[OWNER][i].fd = unaccepted ? -1 : endpoint_accept(&ep);
	}
	say("ready n=%d family=%s port=%d pid=%d", count, endpoint_name(&ep),
	    ep.port, getpid());
	mark_us = now_us();
	for (i = optind; i < argc; i++)
		do_step(argv[i]);
	say("done");
	return 0;
}
