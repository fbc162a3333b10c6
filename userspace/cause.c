// SPDX-License-Identifier: GPL-2.0
/*
 * Why does a socket linger? From facts: its queues, its ages, and what its
 * process is doing. In CLOSE_WAIT the peer's FIN counts as one byte until the
 * end of file is read, which tells who has seen it.
 */
#include <stdint.h>
#include <string.h>

#include "cause.h"

/* Ages are coarse: progress less than this after the FIN is the FIN itself. */
#define PROGRESS_MS 1000

/* What epoll_ctl() takes, as /proc shows it. */
#define EVENT_IN 0x1U
#define EVENT_RDHUP 0x2000U
#define EVENT_ONESHOT 0x40000000U

const struct cause_words causes[CAUSES] = {
	[CAUSE_STOPPED] = {
		"stopped", "process stopped",
		"it gets no time to read or close anything",
		NULL, "close_wait", NULL,
	},
	[CAUSE_UNACCEPTED] = {
		"not_accepted", "never accepted",
		"the peer connected and ended, and nobody called accept(): the backlog is not drained",
		"call accept() until it says EAGAIN whenever the listener is readable; see whether all its threads are busy",
		"close_wait", NULL,
	},
	[CAUSE_BLOCKED] = {
		"blocked", "blocked with a full send queue",
		"data is queued to send and the peer takes none of it",
		"give the program a time-out for writing (TCP_USER_TIMEOUT, or its own); find out why the peer does not read",
		"close_wait", NULL,
	},
	[CAUSE_UNREAD] = {
		"eof_unread", "end of file not read",
		"the peer has ended and the program never reads this socket",
		"read every connection until read() returns 0, then close() it",
		"close_wait", "spare_unread=0",
	},
	[CAUSE_LEAKED] = {
		"eof_read", "end of file read, not closed",
		"read() returned 0 and the descriptor was kept: a descriptor leak",
		"close() the descriptor when read() returns 0, on every path, errors too",
		"close_wait", NULL,
	},
	[CAUSE_WRITE_ONLY] = {
		"write_only", "write-only",
		"it sends on after the peer's end, and never reads, so it does not see that end",
		"read the socket as well, or wait for EPOLLRDHUP; no bug if the peer half-closed on purpose and still reads",
		"close_wait", "spare_active=0",
	},
	[CAUSE_FIN_WAIT2] = {
		"fin_wait2", "waits for the peer's end",
		"it ended its own side with shutdown() and the peer does not end",
		"close() the descriptor some time after shutdown(SHUT_WR), whatever the peer does",
		"fin_wait2", NULL,
	},
	[CAUSE_IDLE] = {
		"idle", "idle without keepalive",
		"no data moves, and a dead peer would not be noticed",
		"set SO_KEEPALIVE, or give the program a time-out for idle connections",
		"established", NULL,
	},
	[CAUSE_ORPHAN] = {
		"orphan", "closed, not finished",
		"the program has let go, and the peer does not acknowledge or does not end",
		"nothing in the program; see whether the peers are reachable",
		"orphan", NULL,
	},
	[CAUSE_HALF_CLOSED] = {
		"half_closed", "half-closed, in use",
		"it has read the peer's end and still sends, which is legal",
		"nothing, unless the peer no longer reads",
		NULL, NULL,
	},
	[CAUSE_KERNEL] = {
		"kernel", "the kernel's own",
		"made by the kernel itself, for NFS, SMB or the like; never touched",
		"see the kernel's service that made it",
		NULL, NULL,
	},
};

/**
 * cause_of() - the likeliest reason
 * @sock: the socket
 * @held: some process has a descriptor of it
 * @process: that process, or the one that listens; NULL: not known
 *
 * Return: the cause.
 */
enum cause cause_of(const struct sock *sock, bool held,
		    const struct process *process)
{
	bool moved = sock->idle_ms + PROGRESS_MS < sock->age_ms;

	if (!strcmp(sock->verdict, "kernel"))
		return CAUSE_KERNEL;
	if (!strcmp(sock->class, "orphan"))
		return CAUSE_ORPHAN;
	if (process && process_stopped(process))
		return CAUSE_STOPPED;
	if (!strcmp(sock->class, "fin_wait2"))
		return CAUSE_FIN_WAIT2;
	if (!strcmp(sock->class, "established"))
		return CAUSE_IDLE;
	if (!held && !sock->inode)
		return CAUSE_UNACCEPTED;
	if (sock->txq && sock->idle_ms >= PROGRESS_MS)
		return CAUSE_BLOCKED;
	if (moved || !strcmp(sock->verdict, "active"))
		return sock->rxq ? CAUSE_WRITE_ONLY : CAUSE_HALF_CLOSED;
	return sock->rxq ? CAUSE_UNREAD : CAUSE_LEAKED;
}

/**
 * cause_watch() - does the program wait for what happened?
 * @cause: why the socket lingers
 * @process: who holds it, read with its watches
 * @fd: by which descriptor
 *
 * Return: what its epoll sets tell, or NULL if they tell nothing of interest.
 */
const char *cause_watch(enum cause cause, const struct process *process, int fd)
{
	const struct watch *watch;

	if (cause != CAUSE_UNREAD && cause != CAUSE_LEAKED &&
	    cause != CAUSE_WRITE_ONLY)
		return NULL;
	if (!process->epolls)
		return NULL;
	watch = process_watch(process, fd);
	if (!watch)
		return "it is in none of the program's epoll sets: forgotten there";
	if (watch->events & (EVENT_IN | EVENT_RDHUP))
		return "an epoll set of the program waits for its input: it is told, and does nothing";
	if (watch->events & EVENT_ONESHOT)
		return "it was armed once in an epoll set (EPOLLONESHOT), and not again";
	return "the program's epoll set does not wait for its input";
}
