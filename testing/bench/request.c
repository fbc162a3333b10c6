// SPDX-License-Identifier: GPL-2.0-only
/*
 * request: ordinary requests, one after the other, and how long each took: a
 * connection is opened, 64 bytes go there, 1,024 come back from a server that
 * is a process of its own, and it is closed; then a millisecond of rest. Nobody
 * has any priority. With -k all go over one connection.
 *
 * With -r it sets mode=enforce as it begins, and ends when nothing in
 * CLOSE_WAIT is tracked any more: what it prints are requests beside reaping.
 *
 * Prints "request n=N p50_us=X p90_us=X p99_us=X max_us=X took_ms=X".
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "sock.h"

#define MOST 1000000
/* Looks at the gauge, apart. */
#define LOOK_MS 20

static double took_us[MOST];

static void usage(void)
{
	fprintf(stderr, "usage: request [-k] [-t MS | -r]\n");
	exit(2);
}

static double clock_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

static void serve(const struct endpoint *ep)
{
	char request[64], answer[1024] = { 0 };

	for (;;) {
		int fd = endpoint_accept(ep);

		while (recv(fd, request, sizeof(request), MSG_WAITALL) ==
		       sizeof(request))
			if (send(fd, answer, sizeof(answer), MSG_NOSIGNAL) < 0)
				break;
		close(fd);
	}
}

static void ask(int fd)
{
	char request[64] = { 0 }, answer[1024];

	if (send(fd, request, sizeof(request), MSG_NOSIGNAL) !=
		    sizeof(request) ||
	    recv(fd, answer, sizeof(answer), MSG_WAITALL) != sizeof(answer))
		die("a request");
}

static bool none_tracked(int stats)
{
	static const char name[] = "\nclose_wait_tracked ";
	char text[4096] = "\n", *line;
	ssize_t n = pread(stats, text + 1, sizeof(text) - 2, 0);

	if (n <= 0)
		die("stats");
	text[n + 1] = 0;
	line = strstr(text, name);
	if (!line)
		die("no%s", name);
	return !atol(line + strlen(name));
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void enforce(void)
{
	int fd = open("/proc/sys/net/tcp_reaper/mode", O_WRONLY);

	if (fd < 0 || write(fd, "enforce", 7) != 7)
		die("mode");
	close(fd);
}

int main(int argc, char **argv)
{
	double begin, now, looked = 0;
	bool reaping = false, keep = false;
	int opt, fd, n = 0, stats = -1;
	struct endpoint ep;
	long ms = 1000;
	pid_t server;

	while ((opt = getopt(argc, argv, "kt:r")) != -1) {
		if (opt == 't')
			ms = number(optarg, 1, 600000);
		else if (opt == 'k')
			keep = true;
		else if (opt == 'r')
			reaping = true;
		else
			usage();
	}
	if (optind != argc)
		usage();
	endpoint_init(&ep);
	endpoint_listen(&ep, 1, false);
	server = fork();
	if (!server)
		serve(&ep);
	fd = keep ? endpoint_connect(&ep, false) : -1;
	if (reaping) {
		stats = open("/proc/net/reaper/stats", O_RDONLY);
		if (stats < 0)
			die("stats");
		enforce();
	}
	begin = clock_us();
	for (; n < MOST; n++) {
		double from = clock_us();

		if (!keep)
			fd = endpoint_connect(&ep, false);
		ask(fd);
		if (!keep)
			close(fd);
		now = clock_us();
		took_us[n] = now - from;
		if (!reaping && now > begin + ms * 1e3)
			break;
		if (reaping && now > looked + LOOK_MS * 1e3) {
			looked = now;
			if (none_tracked(stats))
				break;
		}
		usleep(1000);
	}
	kill(server, SIGTERM);
	qsort(took_us, n, sizeof(*took_us), by_size);
	printf("request n=%d p50_us=%.0f p90_us=%.0f p99_us=%.0f max_us=%.0f took_ms=%.0f\n",
	       n, took_us[n / 2], took_us[n * 90 / 100], took_us[n * 99 / 100],
	       took_us[n - 1], (now - begin) / 1e3);
	return 0;
}
