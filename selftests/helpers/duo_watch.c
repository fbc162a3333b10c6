// SPDX-License-Identifier: GPL-2.0-only
/* duo: steps that look at a socket, or wait for something to happen to it. */
#define _GNU_SOURCE
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "duo.h"
#include "sock.h"

static const char *const states[] = {
	[TCP_ESTABLISHED] = "established", [TCP_FIN_WAIT1] = "fin_wait1",
	[TCP_FIN_WAIT2] = "fin_wait2",	   [TCP_CLOSE] = "close",
	[TCP_CLOSE_WAIT] = "close_wait",   [TCP_LAST_ACK] = "last_ack",
	[TCP_CLOSING] = "closing",	   [TCP_TIME_WAIT] = "time_wait",
};

#define STATES (sizeof(states) / sizeof(states[0]))

static unsigned int state_of(int fd)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len))
		die("TCP_INFO");
	return info.tcpi_state;
}

void duo_states(const char *step, const struct end *e)
{
	int n[STATES] = { 0 }, i, at;
	char line[256];
	size_t s;

	for (i = 0; i < duo_count; i++) {
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

bool duo_until(const char *step, const struct end *e, const char *word, long ms)
{
	long long end = now_us() + ms * 1000;
	double least = -1, most = -1;
	bool *there = calloc(duo_count, sizeof(*there));
	int i, left = duo_count;
	unsigned int wanted;

	for (wanted = 0; wanted < STATES; wanted++)
		if (states[wanted] && !strcmp(states[wanted], word))
			break;
	if (wanted == STATES)
		return false;
	if (!there)
		die("calloc");
	while (left && now_us() < end) {
		for (i = 0; i < duo_count; i++) {
			if (there[i] || state_of(e[i].fd) != wanted)
				continue;
			there[i] = true;
			left--;
			most = ms_between(duo_mark_us, now_us());
			if (least < 0)
				least = most;
		}
		if (left)
			usleep(DUO_POLL_US);
	}
	free(there);
	say("%s n=%d min_ms=%.1f max_ms=%.1f", step, duo_count - left, least,
	    most);
	return true;
}

/* The mark is when it was not so yet. */
void duo_acked(const char *step, const struct end *e, long ms)
{
	long long end = now_us() + ms * 1000, start = duo_mark_us, looked;
	int i, left, queued;

	for (;;) {
		looked = now_us();
		left = 0;
		for (i = 0; i < duo_count; i++) {
			if (ioctl(e[i].fd, SIOCOUTQ, &queued))
				die("SIOCOUTQ");
			left += queued > 0;
		}
		if (!left || looked >= end)
			break;
		duo_mark_us = looked;
		usleep(DUO_POLL_US);
	}
	say("%s n=%d ms=%.1f", step, duo_count - left,
	    ms_between(start, duo_mark_us));
}

void duo_await_fin(const struct end *e)
{
	int i;

	for (i = 0; i < duo_count; i++) {
		struct pollfd p = { .fd = e[i].fd, .events = POLLRDHUP };

		if (poll(&p, 1, 10000) != 1 || !(p.revents & POLLRDHUP))
			die("no FIN within 10 s");
	}
}

int duo_get_int(int fd, int level, int option)
{
	int value;
	socklen_t len = sizeof(value);

	if (getsockopt(fd, level, option, &value, &len))
		die("getsockopt level %d option %d", level, option);
	return value;
}

/* Of the first connection, and how many are as it. */
void duo_settings(const char *step, const struct end *e)
{
	static const int options[] = { TCP_KEEPIDLE, TCP_KEEPINTVL,
				       TCP_KEEPCNT };
	int first[4], same = 0, i, j;

	for (i = 0; i < duo_count; i++) {
		int now[4] = { duo_get_int(e[i].fd, SOL_SOCKET, SO_KEEPALIVE) };

		for (j = 0; j < 3; j++)
			now[j + 1] =
				duo_get_int(e[i].fd, IPPROTO_TCP, options[j]);
		if (!i)
			memcpy(first, now, sizeof(now));
		same += !memcmp(first, now, sizeof(now));
	}
	say("%s n=%d keepalive=%d keep=%d,%d,%d", step, same, first[0],
	    first[1], first[2], first[3]);
}
