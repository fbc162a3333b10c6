// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is known of one socket, and of the process that holds it; no word of
 * what that may mean.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/duration.h"
#include "base/text.h"
#include "draw/found.h"
#include "kernel/sockdiag.h"
#include "kernel/threads.h"
#include "show/output.h"

static void show_ends(const struct item *item)
{
	const struct sock *sock = item->sock;
	char age[DURATION_TEXT];
	char text[TEXT] = "";

	if (item->owner.kind <= OWNER_INHERITED)
		text_add(text, "fd %d: ", item->owner.holder->fd);
	text_add(text, "%s, peer %s, %s for %s", sock->local, sock->remote,
		 sock->state, duration_age(age, sock->age_ms));
	output_line("    known  %s", text);
	output_string("local", sock->local);
	output_string("remote", sock->remote);
	output_string("state", sock->state);
	output_u64("age_ms", sock->age_ms);
	output_u64("idle_ms", sock->idle_ms);
	if (item->owner.kind <= OWNER_INHERITED) {
		output_u64("pid", (uint64_t)item->owner.holder->pid);
		output_u64("fd", (uint64_t)item->owner.holder->fd);
	}
}

/* One direction: how much, and when last. */
static void add_amount(char text[TEXT], const char *what, uint64_t bytes,
		       uint64_t ms)
{
	char since[DURATION_TEXT];

	text_add(text, "%s%s %" PRIu64 " byte%s", *text ? ", " : "", what,
		 bytes, bytes == 1 ? "" : "s");
	if (bytes)
		text_add(text, " (last %s ago)", duration_age(since, ms));
}

static void show_amounts(const struct sockdiag *facts)
{
	char text[TEXT] = "";

	output_u64("received", facts->received);
	output_u64("read", facts->read);
	output_u64("sent", facts->sent);
	add_amount(text, "received", facts->received, facts->received_ms);
	if (facts->received && facts->read == facts->received)
		text_add(text, ", all read");
	else if (facts->received)
		text_add(text, ", %" PRIu64 " of them read", facts->read);
	add_amount(text, "sent", facts->sent, facts->sent_ms);
	output_line("           %s", text);
}

/*
 * All was read, and nothing was sent since it came: a request without an answer
 * yet, as far as bytes can tell.
 */
static bool unanswered(const struct sockdiag *facts)
{
	return facts->received && facts->read == facts->received &&
	       (!facts->sent || facts->sent_ms >= facts->received_ms);
}

/* The queues, in either of which a FIN counts as a byte. */
static void show_queues(const struct sock *sock, const struct sockdiag *facts)
{
	bool ended = !strcmp(sock->state, "CLOSE_WAIT");
	uint64_t unread = sock->rxq - (ended && sock->rxq);
	bool own_end = sock->txq && (!strcmp(sock->state, "FIN_WAIT1") ||
				     !strcmp(sock->state, "CLOSING") ||
				     !strcmp(sock->state, "LAST_ACK"));
	char queued[48];

	if (ended && sock->rxq)
		output_line("           the peer's end is not taken, %" PRIu64
			    " byte%s before it not read",
			    unread, unread == 1 ? "" : "s");
	else if (ended)
		output_line(
			"           the peer's end is taken, with the last data or by a read() that returned 0");
	else if (unread)
		output_line("           %" PRIu64 " byte%s not read", unread,
			    unread == 1 ? "" : "s");
	if (sock->txq == own_end) {
		if (own_end)
			output_line(
				"           its own end is sent, and not acknowledged");
		return;
	}
	snprintf(queued, sizeof(queued), "%" PRIu64 " byte%s queued",
		 sock->txq - own_end,
		 sock->txq - own_end == 1 ? " is" : "s are");
	if (!facts || facts->window == UINT64_MAX)
		output_line("           %s that the peer has not taken",
			    queued);
	else if (facts->window)
		output_line("           %s, the peer has room for %" PRIu64
			    ", and has not acknowledged what was sent",
			    queued, facts->window);
	else
		output_line("           %s, and the peer's window is closed: it has no room",
			    queued);
}

/**
 * facts_threads() - what a process does now
 * @head: what the line begins with
 * @process: the process
 * @sock: the socket in question, or NULL
 *
 * Return: true if all of its threads are known to be at work, none at waiting
 * for events.
 */
bool facts_threads(const char *head, const struct process *process,
		   const struct sock *sock)
{
	struct threads threads;
	char own[48] = "";
	char text[TEXT] = "";
	size_t i;

	if (sock && sock->inode)
		snprintf(own, sizeof(own), "socket:[%" PRIu64 "]", sock->inode);
	threads_read(&threads, process->pid, *own ? own : NULL);
	output_open_array("threads");
	for (i = 0; i < threads.doings; i++) {
		output_open(NULL);
		output_u64("threads", threads.v[i].n);
		output_string("doing", threads.v[i].text);
		output_close();
		text_add(text, "%s", i ? "; " : "");
		if (threads.n > 1)
			text_add(text, "%zu x ", threads.v[i].n);
		text_add(text, "%s", threads.v[i].text);
	}
	output_close();
	if (!threads.n)
		return false;
	if (threads.more)
		text_add(text, "; and more");
	if (threads.n == 1)
		output_line("%spid %d: its only thread %s", head,
			    (int)process->pid, text);
	else
		output_line("%spid %d: %zu threads: %s", head,
			    (int)process->pid, threads.n, text);
	return threads.busy == threads.n;
}

/**
 * facts_show() - what is known of a socket
 * @item: the socket, of the namespace the program is in
 * @cause: why it lingers
 *
 * Return: true if its program is at work on something else, or may be on what
 * it has read here.
 */
bool facts_show(const struct item *item, enum cause cause)
{
	const struct sock *sock = item->sock;
	struct sockdiag facts;
	bool known = sockdiag_read(&facts, sock);
	const char *watch = NULL;
	bool busy = false;

	output_open("example");
	show_ends(item);
	if (known)
		show_amounts(&facts);
	show_queues(sock, known ? &facts : NULL);
	if (item->process && item->owner.kind <= OWNER_INHERITED) {
		if (cause_takes_input(cause))
			watch = cause_watch(item->process,
					    item->owner.holder->fd);
		if (watch) {
			output_string("epoll", watch);
			output_line("           %s", watch);
		}
		busy = facts_threads("    now    ", item->process, sock);
	}
	if (cause == CAUSE_UNREAD && known)
		busy = facts.read && (busy || unanswered(&facts));
	output_close();
	return busy;
}
