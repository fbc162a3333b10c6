// SPDX-License-Identifier: GPL-2.0-only
/* duo: steps that move bytes. Each byte has to be what its place says. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "duo.h"
#include "sock.h"

static unsigned char pattern(long offset)
{
	return offset * 7 + offset / 251;
}

/**
 * duo_print() - say what came of a step
 * @step: as on the command line
 * @t: what came of it
 * @zero: what result 0 is called
 */
void duo_print(const char *step, const struct tally *t, const char *zero)
{
	char line[512];
	int i, n;

	n = snprintf(line, sizeof(line), "%s bytes=%ld", step, t->bytes);
	if (t->wrong)
		n += snprintf(line + n, sizeof(line) - n, " wrong=%ld",
			      t->wrong);
	for (i = 0; i < DUO_ERRORS; i++)
		if (t->result[i])
			n += snprintf(line + n, sizeof(line) - n, " %s=%d",
				      i ? error_name(i) : zero, t->result[i]);
	say("%s", line);
}

/* Sends up to @left bytes, or forever with -1; returns errno, 0 for all sent.
 */
int duo_send(struct end *e, long left, int flags, struct tally *t)
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
int duo_read(struct end *e, long most, struct tally *t)
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

/* Some bytes at a time, to a rhythm; an error ends the connection's part. */
static void rhythm(const char *step, struct end *e, long ms, long times,
		   long bytes, bool sending)
{
	long long start = now_us();
	struct tally t = { 0 };
	bool *over = calloc(duo_count, sizeof(*over));
	long k;
	int i, err;

	if (!over)
		die("calloc");
	for (k = 1; k <= times; k++) {
		rest_until(start + k * ms * 1000);
		for (i = 0; i < duo_count; i++) {
			if (over[i])
				continue;
			if (sending)
				err = duo_send(&e[i], bytes, MSG_DONTWAIT, &t);
			else
				err = duo_read(&e[i], bytes, &t);
			if (err == (sending ? 0 : EAGAIN))
				continue;
			over[i] = true;
			t.result[err]++;
		}
	}
	free(over);
	duo_print(step, &t, "EOF");
}

void duo_trickle(const char *step, struct end *e, long ms, long times)
{
	rhythm(step, e, ms, times, 1, true);
}

void duo_sip(const char *step, struct end *e, long ms, long times, long bytes)
{
	rhythm(step, e, ms, times, bytes, false);
}

void duo_drain(const char *step, struct end *e, long ms)
{
	long long end = now_us() + ms * 1000;
	struct tally t = { 0 };
	int *result = calloc(duo_count, sizeof(*result));
	int i, left;

	if (!result)
		die("calloc");
	do {
		left = 0;
		for (i = 0; i < duo_count; i++) {
			if (result[i])
				continue;
			/* One more than errno, so that an end is not 0. */
			result[i] = duo_read(&e[i], -1, &t) + 1;
			if (result[i] == EAGAIN + 1) {
				result[i] = 0;
				left++;
			}
		}
		if (left)
			usleep(DUO_POLL_US);
	} while (left && now_us() < end);
	for (i = 0; i < duo_count; i++)
		t.result[result[i] ? result[i] - 1 : EAGAIN]++;
	free(result);
	duo_print(step, &t, "EOF");
}

void duo_push(const char *step, struct end *e, long ms)
{
	struct timeval patience = { .tv_sec = ms / 1000,
				    .tv_usec = ms % 1000 * 1000 };
	struct tally t = { 0 };
	char line[64];
	int i;

	for (i = 0; i < duo_count; i++) {
		if (setsockopt(e[i].fd, SOL_SOCKET, SO_SNDTIMEO, &patience,
			       sizeof(patience)))
			die("SO_SNDTIMEO");
		t.result[duo_send(&e[i], -1, 0, &t)]++;
	}
	snprintf(line, sizeof(line), "%s ms=%.1f", step,
		 ms_between(duo_mark_us, now_us()));
	duo_print(line, &t, "all");
}
