// SPDX-License-Identifier: GPL-2.0-only
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
#include <linux/tls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "duo.h"
#include "sock.h"

#ifndef SOL_TLS
#define SOL_TLS 282
#endif

enum {
	OWNER,
	PEER,
	SIDES
};

static struct endpoint ep;
int duo_count = 1;
static bool unaccepted;
static struct end *ends[SIDES];
long long duo_mark_us;
static volatile sig_atomic_t resumed;

static void usage(void)
{
	fprintf(stderr,
		"usage: duo [-46mbS] [-n N] [-p PORT] [-a ADDR] [-N NETNS] STEP...\n"
		"  -b  nobody accepts the connections, before the step accept\n"
		"  -S  sockets of SMC, which has none of its devices here, and falls back to TCP\n"
		"  -N  file of the peers' network namespace; -a is the owners' address\n"
		"steps: pause (until SIGUSR1), mark (times count from here), accept\n"
		"of an end (o:STEP or p:STEP):\n"
		"  send=BYTES           as many of them as it takes at once\n"
		"  push=MS              sends for as long as it takes, up to MS, or to an error\n"
		"  trickle=MS,TIMES     sends a byte every MS\n"
		"  read                 what is there\n"
		"  drain=MS             to the end, or for MS\n"
		"  sip=MS,TIMES[,BYTES] reads a byte, or so many, every MS\n"
		"  fin                  waits for the other end's FIN\n"
		"  until=STATE,MS       waits until all are in the state; how long, from the mark\n"
		"  acked=MS             waits until all is acknowledged, and marks the moment before\n"
		"  state, error         TCP_INFO's state; SO_ERROR\n"
		"  shut, close          its sending side; all\n"
		"  cut, heal            it drops all that comes in; no more\n"
		"  buffers=SEND,RECEIVE\n"
		"  keepalive, keep=IDLE,INTERVAL,COUNT, settings (prints both)\n"
		"  usertimeout=MS       TCP_USER_TIMEOUT\n"
		"  tls                  kTLS, with a key to send by if the kernel can\n"
		"  ring                 only io_uring holds it from now on, as a fixed file; none:\n"
		"                       there is no io_uring here\n"
		"  ringread             waits for a byte, or for the end, by io_uring\n");
	exit(2);
}

static void use_tls(const char *step, const struct end *e)
{
	struct tls12_crypto_info_aes_gcm_128 key = {
		.info = { .version = TLS_1_2_VERSION,
			  .cipher_type = TLS_CIPHER_AES_GCM_128 },
	};
	int i, keys = 0;

	for (i = 0; i < duo_count; i++) {
		if (setsockopt(e[i].fd, IPPROTO_TCP, TCP_ULP, "tls", 4))
			die("TCP_ULP");
		keys += !setsockopt(e[i].fd, SOL_TLS, TLS_TX, &key,
				    sizeof(key));
	}
	say("%s n=%d keys=%d", step, duo_count, keys);
}

static void set_user_timeout(const struct end *e, long ms)
{
	int i;

	for (i = 0; i < duo_count; i++)
		set_int(e[i].fd, IPPROTO_TCP, TCP_USER_TIMEOUT, ms);
}

static void set_buffers(const struct end *e, long to_send, long to_receive)
{
	int i;

	for (i = 0; i < duo_count; i++) {
		set_int(e[i].fd, SOL_SOCKET, SO_SNDBUFFORCE, to_send);
		set_int(e[i].fd, SOL_SOCKET, SO_RCVBUFFORCE, to_receive);
	}
}

static void set_keep(const struct end *e, long idle, long interval, long probes)
{
	int i;

	for (i = 0; i < duo_count; i++) {
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
	for (i = 0; i < duo_count; i++) {
		switch (*verb) {
		case 'r':
			t.result[duo_read(&e[i], -1, &t)]++;
			break;
		case 'e':
			t.result[duo_get_int(e[i].fd, SOL_SOCKET, SO_ERROR)]++;
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
				cut_off(e[i].fd, false);
			} else {
				close(e[i].fd);
				e[i].fd = -1;
			}
		}
	}
	if (*verb == 'r')
		duo_print(step, &t, "EOF");
	else if (*verb == 'e')
		duo_print(step, &t, "none");
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
		duo_await_fin(e);
		say("%s", step);
	} else if (!n && !strcmp(verb, "state")) {
		duo_states(step, e);
	} else if (!n && !strcmp(verb, "settings")) {
		duo_settings(step, e);
	} else if (!n && !strcmp(verb, "tls")) {
		use_tls(step, e);
	} else if (!n && !strcmp(verb, "ring")) {
		duo_ring_take(step, e);
	} else if (!n && !strcmp(verb, "ringread")) {
		duo_ring_read(step);
	} else if (n == 1 && !strcmp(verb, "send")) {
		for (i = 0; i < duo_count; i++)
			t.result[duo_send(&e[i], v[0], MSG_DONTWAIT, &t)]++;
		duo_print(step, &t, "all");
	} else if (n == 1 && !strcmp(verb, "push")) {
		duo_push(step, e, v[0]);
	} else if (n == 1 && !strcmp(verb, "drain")) {
		duo_drain(step, e, v[0]);
	} else if (n == 1 && !strcmp(verb, "acked")) {
		duo_acked(step, e, v[0]);
	} else if (n == 2 && !strcmp(verb, "buffers")) {
		set_buffers(e, v[0], v[1]);
		say("%s", step);
	} else if (n == 1 && !strcmp(verb, "usertimeout")) {
		set_user_timeout(e, v[0]);
		say("%s", step);
	} else if (n == 3 && !strcmp(verb, "keep")) {
		set_keep(e, v[0], v[1], v[2]);
		say("%s", step);
	} else if (n == 2 && !strcmp(verb, "trickle")) {
		duo_trickle(step, e, v[0], v[1]);
	} else if ((n == 2 || n == 3) && !strcmp(verb, "sip")) {
		duo_sip(step, e, v[0], v[1], n == 3 ? v[2] : 1);
	} else if (n && !strcmp(verb, "until") && (comma = strchr(arg, ','))) {
		char *word = strndup(arg, comma - arg);

		if (!word)
			die("strndup");
		if (!duo_until(step, e, word, number(comma + 1, 1, 3600000)))
			usage();
		free(word);
	} else {
		usage();
	}
}

static void accept_all(void)
{
	int i;

	for (i = 0; i < duo_count; i++)
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
		duo_mark_us = now_us();
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
	while ((opt = getopt(argc, argv, "+" ENDPOINT_OPTIONS "bSn:")) != -1) {
		if (opt == 'b')
			unaccepted = true;
		else if (opt == 'S')
			ep.smc = true;
		else if (opt == 'n')
			duo_count = number(optarg, 1, 10000);
		else if (!endpoint_option(&ep, opt, optarg))
			usage();
	}
	if (optind == argc)
		usage();

	catch_signal();
	raise_nofile();
	for (i = 0; i < SIDES; i++) {
		ends[i] = calloc(duo_count, sizeof(**ends));
		if (!ends[i])
			die("calloc");
	}
	endpoint_listen(&ep, duo_count, false);
	for (i = 0; i < duo_count; i++) {
		ends[PEER][i].fd = endpoint_connect(&ep, true);
		ends[OWNER][i].fd = unaccepted ? -1 : endpoint_accept(&ep);
	}
	say("ready n=%d family=%s port=%d pid=%d", duo_count,
	    endpoint_name(&ep), ep.port, getpid());
	duo_mark_us = now_us();
	for (i = optind; i < argc; i++)
		do_step(argv[i]);
	say("done");
	return 0;
}
