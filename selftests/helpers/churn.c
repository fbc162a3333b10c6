// SPDX-License-Identifier: GPL-2.0-only
/*
 * churn: healthy connections, opened and closed as fast as it goes, one worker
 * a CPU, IPv4 and IPv6 in turn unless told. In half of them the client closes
 * first, in half the server, so that both ends pass through CLOSE_WAIT and
 * LAST_ACK.
 *
 * Prints "churn connections=N errors=N"; exit status 0 only without errors.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "sock.h"

/*
 * Clients' ports last for 28,000 connections a listener, and a closed one comes
 * back after a second at the earliest.
 */
#define LISTENERS 16

/**
 * struct tally - what one worker did, shared with the parent
 * @connections: connections that were opened, used and closed
 * @errors: steps that went wrong
 */
struct tally {
	long connections;
	long errors;
};

static long seconds;
static long limit;
static bool only_4, only_6;
static int workers;
static struct tally *tally; /* one a worker */

static void usage(void)
{
	fprintf(stderr,
		"usage: churn [-46] [-s SECONDS | -n CONNECTIONS] [-j WORKERS]\n");
	exit(2);
}

static void pin(int worker)
{
	cpu_set_t allowed, one;
	int cpu, seen = 0;

	if (sched_getaffinity(0, sizeof(allowed), &allowed))
		die("sched_getaffinity");
	worker %= CPU_COUNT(&allowed);
	for (cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &allowed) || seen++ != worker)
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		if (sched_setaffinity(0, sizeof(one), &one))
			die("sched_setaffinity");
		return;
	}
}

static bool one(const struct endpoint *ep, bool client_first)
{
	int client = endpoint_connect(ep, false);
	int server = endpoint_accept(ep);
	int first = client_first ? client : server;
	int second = client_first ? server : client;
	bool good;
	char c;

	good = send(first, "x", 1, MSG_NOSIGNAL) == 1;
	good &= !close(first);
	good &= read(second, &c, 1) == 1;
	good &= read(second, &c, 1) == 0;
	good &= !close(second);
	return good;
}

static void work(int worker)
{
	long share = limit / workers + (worker < limit % workers);
	struct tally *mine = &tally[worker];
	static struct endpoint ep[LISTENERS];
	long long end;
	int i;

	pin(worker);
	for (i = 0; i < LISTENERS; i++) {
		endpoint_init(&ep[i]);
		if (only_6 || (!only_4 && i % 2))
			endpoint_option(&ep[i], '6', NULL);
		endpoint_listen(&ep[i], 8, false);
	}
	end = now_us() + seconds * 1000000LL;
	while (limit ? mine->connections + mine->errors < share
		     : now_us() < end) {
		if (one(&ep[mine->connections % LISTENERS],
			mine->connections / LISTENERS % 2))
			mine->connections++;
		else
			mine->errors++;
	}
}

int main(int argc, char **argv)
{
	struct tally sum = { 0 };
	int opt, i;

	workers = sysconf(_SC_NPROCESSORS_ONLN);
	while ((opt = getopt(argc, argv, "46s:n:j:")) != -1) {
		switch (opt) {
		case '4':
			only_4 = true;
			break;
		case '6':
			only_6 = true;
			break;
		case 's':
			seconds = number(optarg, 1, 86400);
			break;
		case 'n':
			limit = number(optarg, 1, 1000000000);
			break;
		case 'j':
			workers = number(optarg, 1, 1024);
			break;
		default:
			usage();
		}
	}
	if (optind != argc || !seconds == !limit || (only_4 && only_6))
		usage();
	tally = shared_memory(workers * sizeof(*tally));
	sum.errors = run_workers(workers, work);
	for (i = 0; i < workers; i++) {
		sum.connections += tally[i].connections;
		sum.errors += tally[i].errors;
	}
	say("churn connections=%ld errors=%ld", sum.connections, sum.errors);
	return sum.errors != 0;
}
