// SPDX-License-Identifier: GPL-2.0-only
/*
 * The queue of a listener: how full it is, and of what. A connection that has
 * ended, or was ended, keeps its place there until accept() takes it.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "draw/found.h"
#include "draw/names.h"
#include "show/output.h"

/* The processes whose threads are shown, of those that accept. */
#define ACCEPTERS 3

/*
 * Anybody may have thousands of listeners, and to tell what is in a queue the
 * kernel walks over all connections: of so many groups it is told.
 */
#define LIVING_MAX 256

/**
 * backlog_full() - is there room for no other connection?
 * @listener: the listener
 *
 * Return: true if it is known to be so.
 */
bool backlog_full(const struct listener *listener)
{
	return listener->limit && listener->waiting >= listener->limit;
}

static uint64_t waiting(const struct findings *findings,
			const struct listener *listener, bool *full)
{
	uint64_t n = 0;

	for (; listener;
	     listener = listeners_next(findings->owners->listeners, listener)) {
		n += listener->waiting;
		*full |= backlog_full(listener);
	}
	return n;
}

/* @living: those that are connections still; UINT64_MAX: not known. */
static void show_queue(const struct findings *findings,
		       const struct listener *listener, uint64_t living)
{
	const struct listener *at;
	char text[TEXT] = "";
	bool full = false;
	uint64_t all = waiting(findings, listener, &full);

	output_u64("waiting", all);
	output_u64("limit", listener->limit);
	for (at = listener; at;
	     at = listeners_next(findings->owners->listeners, at)) {
		text_add(text, "%s%" PRIu64, at == listener ? "" : ", ",
			 at->waiting);
		if (at->limit)
			text_add(text, " of %" PRIu64, at->limit);
	}
	output_line("  queue  %s in the backlog%s", text,
		    full ? ": it is full, and new clients get no answer until accept() makes room"
			 : "");
	/* They were counted one after the other. */
	if (!all || living > all)
		return;
	output_u64("living", living);
	output_line("         of them %" PRIu64 " still connected, %" PRIu64
		    " ended, which stay until accept() takes them",
		    living, all - living);
}

/**
 * backlog_queue() - how long a queue is, and what is in it
 * @findings: of which it is
 * @listener: the first of those at its address
 */
void backlog_queue(const struct findings *findings,
		   const struct listener *listener)
{
	static unsigned int asked;

	show_queue(findings, listener,
		   asked++ < LIVING_MAX ? listener_living(listener)
					: UINT64_MAX);
}

/**
 * backlog_accepters() - what those do now who could accept
 * @findings: of which it is
 * @listener: the listener
 *
 * Return: true if one of them is at work on something else.
 */
bool backlog_accepters(const struct findings *findings,
		       const struct listener *listener)
{
	const struct owners *owners = findings->owners;
	const struct holder *holder =
		holders_of(owners->holders, listener->inode);
	const char *head = "  now    ";
	bool busy = false;
	size_t shown = 0;
	pid_t last = 0;

	output_open_array("accepters");
	for (; holder && shown < ACCEPTERS; holder = holder->next) {
		if (holder->pid == last ||
		    relative_manages(
			    relatives_get(owners->relatives, holder->pid)))
			continue;
		last = holder->pid;
		output_open(NULL);
		output_u64("pid", (uint64_t)last);
		busy |= facts_threads(head,
				      relatives_process(owners->relatives,
							last),
				      NULL);
		output_close();
		head = "         ";
		shown++;
	}
	output_close();
	return busy;
}

/**
 * backlog_show() - a queue that is full of what has ended
 * @findings: of which it is
 * @listener: the first of those at its address, one of which is full
 * @after: how much was shown before it, from which it is to be parted
 *
 * Nothing in it may be tracked: what was reaped is no connection any more.
 *
 * Return: false if it is not such a queue, and nothing was shown.
 */
bool backlog_show(const struct findings *findings,
		  const struct listener *listener, size_t after)
{
	const struct owners *owners = findings->owners;
	char name[LISTENER_NAME];
	char who[TEXT] = "";
	bool full = false;
	uint64_t living;

	living = listener_living(listener);
	if (living >= waiting(findings, listener, &full))
		return false;
	names_accepters(who, owners->relatives,
			holders_of(owners->holders, listener->inode));
	if (after)
		output_line("%s", "");
	output_open(NULL);
	output_string("kind", "backlog_full");
	output_u64("port", listener->at.port);
	output_string("who", who);
	output_style(OUTPUT_STRONG);
	output_line("the backlog is full, at %s%s%s",
		    listener_name(name, listener), *who ? ", held by " : "",
		    who);
	show_queue(findings, listener, living);
	backlog_accepters(findings, listener);
	output_line(
		"  do     only accept() makes room, or the end of the listener (a restart of the program); no setting of tcp_reaper does");
	output_close();
	return true;
}
