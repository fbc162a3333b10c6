// SPDX-License-Identifier: GPL-2.0-only
/*
 * Why does a socket linger? From facts: its queues, its ages, and what its
 * process is doing. In CLOSE_WAIT the peer's FIN counts as one byte of the
 * receive queue until it is taken: by a read() that returns 0, or by one that
 * takes the last data. Which of the two it was, nothing tells; so nothing here
 * says what a program has noticed.
 */
#include <stdint.h>
#include <string.h>

#include "find/cause.h"
#include "kernel/sockdiag.h"

/* Ages are coarse: progress less than this after the FIN is the FIN itself. */
#define PROGRESS_MS 1000

/* In use is what moved so lately, or within that part of its age. */
#define LATELY_MS 10000
#define LATELY_PART 8

/* Of so many sockets the kernel is asked what it last sent. */
#define ASKED_MAX 10000

/* What epoll_ctl() takes, as /proc shows it. */
#define EVENT_IN 0x1U
#define EVENT_RDHUP 0x2000U
#define EVENT_ONESHOT 0x40000000U

#define TELL_READS \
	"strace -f -p %d -e trace=network,read,write,close shows whether it still uses the descriptor"

const struct cause_words causes[CAUSES] = {
	[CAUSE_STOPPED] = {
		.name = "stopped",
		.title = "process stopped",
		.what = "it gets no time to read or close anything",
	},
	[CAUSE_FROZEN] = {
		.name = "frozen",
		.title = "process frozen",
		.what = "its cgroup is frozen, as cgroup.events says: it gets no time to read or close anything",
	},
	[CAUSE_STUCK] = {
		.name = "uninterruptible",
		.title = "process in state D",
		.what = "it waits inside the kernel, where no signal but at most SIGKILL reaches it",
		.maybe = "a disk or a network file system does not answer; or a child that it started with vfork() has not gone on",
		.tell = "cat /proc/%d/stack and dmesg show what the kernel waits for",
		.fix = "see to what it waits for; until then it can close nothing, and often not even be killed",
	},
	[CAUSE_INHERITED] = {
		.name = "inherited",
		.title = "inherited descriptor",
		.what = "a program has it that another one started, and that other accepts the connections there",
		.maybe = "it was left open when the program was started, which knows nothing of it; unless it was handed over on purpose",
		.tell = TELL_READS,
	},
	[CAUSE_UNACCEPTED] = {
		.name = "not_accepted",
		.title = "never accepted",
		.what = "the peer connected, and nobody called accept() for it",
		.maybe = "those who accept are too few, or hang",
		.busy = "who accepts is at work on something else",
		.tell = "ss -ltn shows the queue (Recv-Q of Send-Q); strace -f -p %d shows whether accept() is called",
		.fix = "call accept() until it says EAGAIN whenever the listener is readable; see what keeps those who accept",
	},
	[CAUSE_NO_SERVICE] = {
		.name = "no_service",
		.title = "never accepted, and no service to do so",
		.what = "systemd listens for a service that does not run, or has let go of the listener",
		.maybe = "the service has failed or was stopped, and its socket was not",
		.tell = "systemctl list-sockets names the service; systemctl status of that says what became of it",
		.fix = "start the service, or stop its socket as well",
	},
	[CAUSE_BLOCKED] = {
		.name = "blocked",
		.title = "the peer takes nothing",
		.what = "data is queued to send, and none of it was taken for a while",
		.maybe = "the peer hangs, is stopped or reads slowly; or it or the way to it is gone",
		.tell = "ss -tino shows its timer: persist is a peer that lives and has no room, on is one that does not answer",
		.fix = "give the program a time-out for writing (TCP_USER_TIMEOUT, or its own); find out why the peer does not read",
	},
	[CAUSE_UNREAD] = {
		.name = "eof_unread",
		.title = "the peer's end not taken",
		.what = "the peer has ended, and that is in the receive queue still",
		.maybe = "the program has forgotten it, or is held back (flow control, no thread free) and reads on later",
		.busy = "it works, or has others work, on the request that it has read, and looks at the connection again when it answers, as gunicorn, php-fpm, PostgreSQL and a proxy do",
		.tell = TELL_READS,
		.fix = "if it is forgotten: read every connection until read() returns 0, then close() it",
	},
	[CAUSE_LEAKED] = {
		.name = "eof_read",
		.title = "the peer's end taken, not closed",
		.what = "the peer has ended, all that it sent was taken, its end as well, and the descriptor is open",
		.maybe = "a leak: the program is done with it and did not close it; or an answer is still to be sent",
		.busy = "it works on the answer",
		.tell = TELL_READS,
		.fix = "if it is a leak: close() the descriptor on every path, errors too, whether the end comes as 0 or with the last data",
	},
	[CAUSE_CLIENT] = {
		.name = "client_ended",
		.title = "ended by its server",
		.what = "by its ports it is a client's; the server has ended, and all data that it sent was read",
		.maybe = "a connection at rest in a pool, which is looked at when it is next wanted: harmless while they are few; or an answer that was read and not closed",
		.tell = "whether they get more: a pool has an upper bound, a leak has none",
		.fix = "let the pool drop idle connections sooner than the server does, and close every answer that was read",
	},
	[CAUSE_FIN_WAIT2] = {
		.name = "fin_wait2",
		.title = "waits for the peer's end",
		.what = "it ended its own side with shutdown(), the peer has not ended, and nothing comes",
		.maybe = "the peer hangs or is gone, or has no reason yet to end",
		.tell = "what the peer does; ss -tino shows when data last came",
		.fix = "close() the descriptor some time after shutdown(SHUT_WR), whatever the peer does",
	},
	[CAUSE_IDLE] = {
		.name = "idle",
		.title = "idle without keepalive",
		.what = "no data moves, and a dead peer would not be noticed",
		.maybe = "a connection at rest, as in a pool; or its peer is gone",
		.tell = "whether the peer still has it: ss -tn there",
		.fix = "set SO_KEEPALIVE, or give the program a time-out for idle connections",
	},
	[CAUSE_ORPHAN] = {
		.name = "orphan",
		.title = "closed, not finished",
		.what = "the program has let go, and the peer has not acknowledged all or not ended",
		.maybe = "the peers are gone, or do not read, or have read all and do not close (FIN_WAIT2)",
		.tell = "ss -tino shows the timer of each: persist is a peer that lives and has no room",
		.fix = "nothing in the program; see whether the peers are reachable",
	},
	[CAUSE_PROBED] = {
		.name = "probed",
		.title = "idle, and asked by tcp_reaper",
		.what = "no data moves; tcp_reaper has switched keepalive on, so that a dead peer is noticed",
		.fix = "nothing; a connection whose peer does not answer is dropped",
		.well = true,
	},
	[CAUSE_WRITE_ONLY] = {
		.name = "write_only",
		.title = "in use, the peer's end not taken",
		.what = "it sends on after the peer's end, which it has not taken",
		.maybe = "the peer half-closed on purpose and still reads; or the program does not look for its end",
		.tell = TELL_READS,
		.fix = "nothing if the peer still reads; else read the socket as well, or wait for EPOLLRDHUP",
	},
	[CAUSE_READING] = {
		.name = "reading",
		.title = "in use, still being read",
		.what = "what came before the peer's end gets less, or is answered",
		.maybe = "the program reads slowly, as one that is held back (flow control)",
		.tell = "whether RECV-Q gets less from one reaperctl list to the next",
		.fix = "nothing; to end it would lose what it has not read",
		.well = true,
	},
	[CAUSE_HALF_CLOSED] = {
		.name = "half_closed",
		.title = "half-closed, in use",
		.what = "it has taken the peer's end and still sends, which is legal",
		.fix = "nothing, unless the peer no longer reads",
		.well = true,
	},
	[CAUSE_RECEIVING] = {
		.name = "receiving",
		.title = "half-closed, receives on",
		.what = "it ended its own side with shutdown(), and data still comes, which is legal",
		.fix = "nothing, unless the program no longer wants that data",
		.well = true,
	},
	[CAUSE_KERNEL] = {
		.name = "kernel",
		.title = "the kernel's own",
		.what = "used by the kernel itself, for NFS, SMB, a block device or the like; never touched",
		.fix = "see the kernel's service that uses it",
		.well = true,
	},
};

/* Something moved after the beginning, and not long ago; never one that is due.
 */
static bool in_use(const struct sock *sock)
{
	uint64_t lately = sock->age_ms / LATELY_PART;

	if (lately < LATELY_MS)
		lately = LATELY_MS;
	return sock->idle_ms + PROGRESS_MS < sock->age_ms &&
	       sock->idle_ms < lately && strcmp(sock->verdict, "due") != 0;
}

/*
 * Was it sending that moved last? Where the kernel does not tell, or was asked
 * too often: there is no input left that could have moved.
 */
static bool sends(const struct sock *sock)
{
	static unsigned int asked;
	struct sockdiag facts;

	if (sock->txq)
		return true;
	if (asked++ >= ASKED_MAX || !sockdiag_read(&facts, sock))
		return sock->rxq <= 1;
	return facts.sent && facts.sent_ms <= sock->idle_ms + PROGRESS_MS;
}

/* Nobody listens at its port, which is one of those given to clients. */
static bool is_client(const struct item *item)
{
	struct address local;
	struct address remote;

	return !item->owner.listener &&
	       address_parse(&local, item->sock->local) &&
	       address_parse(&remote, item->sock->remote) &&
	       local.port > remote.port;
}

static enum cause of_process(const struct process *process)
{
	if (!process)
		return CAUSES;
	if (process->frozen)
		return CAUSE_FROZEN;
	if (process_stopped(process))
		return CAUSE_STOPPED;
	return process->stuck ? CAUSE_STUCK : CAUSES;
}

static enum cause of_close_wait(const struct item *item)
{
	const struct sock *sock = item->sock;

	if (in_use(sock) && sends(sock))
		return sock->rxq ? CAUSE_WRITE_ONLY : CAUSE_HALF_CLOSED;
	if (in_use(sock) && sock->rxq > 1)
		return CAUSE_READING;
	if (sock->rxq <= 1 && is_client(item))
		return CAUSE_CLIENT;
	return sock->rxq ? CAUSE_UNREAD : CAUSE_LEAKED;
}

/**
 * cause_of() - the likeliest reason
 * @item: the socket, of the namespace the program is in
 *
 * Return: the cause.
 */
enum cause cause_of(const struct item *item)
{
	const struct sock *sock = item->sock;
	bool fin_wait2 = !strcmp(sock->class, "fin_wait2");
	enum cause cause;

	if (item->owner.kind == OWNER_KERNEL)
		return CAUSE_KERNEL;
	if (item->owner.kind == OWNER_ORPHAN)
		return CAUSE_ORPHAN;
	cause = of_process(item->process);
	if (cause != CAUSES)
		return cause;
	if (item->owner.kind == OWNER_UNACCEPTED)
		return item->owner.by && relative_manages(item->owner.by)
			       ? CAUSE_NO_SERVICE
			       : CAUSE_UNACCEPTED;
	if (fin_wait2 && in_use(sock))
		return CAUSE_RECEIVING;
	if (item->owner.kind == OWNER_INHERITED && !in_use(sock))
		return CAUSE_INHERITED;
	if (fin_wait2)
		return CAUSE_FIN_WAIT2;
	if (sock->txq && sock->idle_ms >= PROGRESS_MS)
		return CAUSE_BLOCKED;
	if (!strcmp(sock->class, "established"))
		return strcmp(sock->action, "probing") ? CAUSE_IDLE
						       : CAUSE_PROBED;
	return of_close_wait(item);
}

/**
 * cause_takes_input() - is it of interest whether the program waits for input?
 * @cause: the cause
 *
 * Return: true if so.
 */
bool cause_takes_input(enum cause cause)
{
	return cause == CAUSE_UNREAD || cause == CAUSE_LEAKED ||
	       cause == CAUSE_CLIENT || cause == CAUSE_WRITE_ONLY ||
	       cause == CAUSE_READING || cause == CAUSE_INHERITED;
}

/**
 * cause_watch() - does the program wait for input there, with epoll?
 * @process: who holds it, read with its watches
 * @fd: by which descriptor
 *
 * Return: what its epoll sets tell, or NULL if it has none.
 */
const char *cause_watch(const struct process *process, int fd)
{
	const struct watch *watch;

	if (!process->epolls)
		return NULL;
	watch = process_watch(process, fd);
	if (!watch)
		return "it is in none of the program's epoll sets";
	if (watch->events & (EVENT_IN | EVENT_RDHUP))
		return "it is in an epoll set of the program, for input";
	if (watch->events & EVENT_ONESHOT)
		return "it was armed once in an epoll set (EPOLLONESHOT), and not again";
	return "it is in an epoll set of the program, but not for input";
}
