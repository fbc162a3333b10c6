/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_SELFTESTS_DUO_H
#define TCP_REAPER_SELFTESTS_DUO_H

#include <stdbool.h>

/* More than any errno value that a socket can show. */
#define DUO_ERRORS 200
/* How often is looked whether something has happened. */
#define DUO_POLL_US 2000

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
	int result[DUO_ERRORS];
};

extern int duo_count;
extern long long duo_mark_us;

void duo_print(const char *step, const struct tally *t, const char *zero);
int duo_send(struct end *e, long left, int flags, struct tally *t);
int duo_read(struct end *e, long most, struct tally *t);
void duo_trickle(const char *step, struct end *e, long ms, long times);
void duo_sip(const char *step, struct end *e, long ms, long times, long bytes);
void duo_drain(const char *step, struct end *e, long ms);
void duo_push(const char *step, struct end *e, long ms);

int duo_get_int(int fd, int level, int option);
void duo_states(const char *step, const struct end *e);
bool duo_until(const char *step, const struct end *e, const char *word,
	       long ms);
void duo_acked(const char *step, const struct end *e, long ms);
void duo_await_fin(const struct end *e);
void duo_settings(const char *step, const struct end *e);

void duo_ring_take(const char *step, struct end *e);
void duo_ring_read(const char *step);

#endif
