// SPDX-License-Identifier: GPL-2.0-only
/*
 * How many sockets each process holds. There may be tens of thousands of
 * processes, and a million sockets.
 */
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "find/owner.h"
#include "find/tally.h"

static int by_process(const void *a, const void *b)
{
	const struct tally *x = a;
	const struct tally *y = b;

	if (x->pid != y->pid)
		return x->pid < y->pid ? -1 : 1;
	/* Only those without a process are told apart by name. */
	return x->pid ? 0 : strcmp(x->name, y->name);
}

static struct tally *tally_of(struct tallies *tallies, pid_t pid,
			      const char *name)
{
	const struct tally key = { .pid = pid, .name = name };
	struct tally **known = tfind(&key, &tallies->tree, by_process);
	struct tally *new;

	if (known)
		return *known;
	new = mem_zalloc(1, sizeof(*new));
	*new = key;
	mem_or_die(tsearch(new, &tallies->tree, by_process));
	*mem_add(tallies) = new;
	return new;
}

static const char *why_none(const struct sock *sock)
{
	if (!strcmp(sock->verdict, "kernel"))
		return "(kernel)";
	if (!strcmp(sock->class, "orphan"))
		return "(orphans)";
	return sock->inode ? "(not seen)" : "(not accepted)";
}

static void take(struct tallies *tallies, const struct holders *holders,
		 const struct sock *sock)
{
	const struct holder *holder = holders_of(holders, sock->inode);
	struct tally *tally = tally_of(tallies, holder ? holder->pid : 0,
				       holder ? holder->comm : why_none(sock));

	tally->sockets++;
	tally->due += !strcmp(sock->verdict, "due");
	if (sock->age_ms > tally->oldest_ms)
		tally->oldest_ms = sock->age_ms;
}

/**
 * tallies_take() - count the tracked sockets
 * @tallies: zeroed at first; tallies_free() it
 * @survey: with its holders, which stay until then
 */
void tallies_take(struct tallies *tallies, const struct survey *survey)
{
	struct sock sock;
	size_t i;
	size_t s;

	for (i = 0; i < survey->netns->n; i++) {
		const struct sockets *sockets = &survey->parts[i].sockets;

		for (s = 0; s < sockets->n; s++) {
			sockets_get(sockets, s, &sock);
			take(tallies, survey->holders, &sock);
		}
	}
}

/**
 * tallies_take_ended() - likewise sockets that were ended and are open still
 * @tallies: likewise
 * @holders: who holds them, which stays until then
 * @relatives: of all processes
 * @reaped: those sockets
 *
 * Each counts for who has to close it, if that may have made it.
 */
void tallies_take_ended(struct tallies *tallies, const struct holders *holders,
			struct relatives *relatives,
			const struct reaped *reaped)
{
	size_t i;

	for (i = 0; i < reaped->n; i++) {
		const struct holder *holder =
			owner_pick(relatives,
				   holders_of(holders, reaped->v[i].inode));

		if (holder &&
		    relatives_made(relatives, holder->pid, reaped->v[i].uid))
			tally_of(tallies, holder->pid, holder->comm)->ended++;
	}
}

/**
 * tallies_free() - forget them
 * @tallies: what was counted
 */
void tallies_free(struct tallies *tallies)
{
	tdestroy(tallies->tree, free);
	free(tallies->v);
}
