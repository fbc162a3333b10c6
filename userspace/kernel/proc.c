// SPDX-License-Identifier: GPL-2.0-only
/*
 * Processes, and which of them hold a socket. The sockets of interest go into
 * a hash first; then one pass over /proc/PID/fd finds all their holders.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "base/mem.h"
#include "kernel/kfile.h"
#include "kernel/proc.h"
#include "show/output.h"

/* A comm has 15 bytes; a kernel thread's is longer in /proc. */
#define COMM_SIZE 64

/*
 * Whoever holds a socket decides how many descriptors of it there are. So many
 * are named, of one process and in all; the others are counted.
 */
#define OF_PROCESS 4
#define OF_SOCKET 64

/* Past this, of all sockets together, only the first of each is named. */
#define EXTRAS_MAX (1U << 18)

/*
 * So many descriptors of each process are looked at, and so many more of all
 * that have more, in equal shares: nobody can make the others be left out.
 */
#define LOOKS_EACH 1024
#define LOOKS_MORE (2U << 20)

/* Holders are allocated by so many, for the space that malloc() takes for each.
 */
#define CHUNK 4096

struct process {
	struct process *next;
	pid_t pid;
	char comm[COMM_SIZE];
};

struct slot {
	uint64_t inode; /* 0: free; no socket has that number */
	uint32_t first; /* its number, from 1; 0: none */
	uint32_t more; /* that are not named */
};

struct holders {
	struct slot *slots;
	size_t size;
	struct holder **chunks;
	size_t cap;
	uint32_t n;
	uint32_t extras;
	struct process *processes; /* those that hold something */
	pid_t pid; /* being looked at */
	size_t unread;
};

struct pids {
	pid_t *v;
	size_t n;
	size_t cap;
};

static int to_int(const char *text)
{
	uint64_t value;

	return number_parse(text, &value) && value <= INT32_MAX ? (int)value
								: -1;
}

static void collect_pid(const char *name, const char *target, void *arg)
{
	struct pids *pids = arg;
	int pid = to_int(name);

	(void)target;
	if (pid <= 0)
		return;
	*mem_add(pids) = pid;
}

static int by_pid(const void *a, const void *b)
{
	pid_t x = *(const pid_t *)a;
	pid_t y = *(const pid_t *)b;

	return x < y ? -1 : x > y;
}

/**
 * proc_each() - look at every process
 * @fn: called with each, by rising number; it may have ended
 * @arg: handed on to @fn
 */
void proc_each(void (*fn)(pid_t pid, void *arg), void *arg)
{
	struct pids pids = { 0 };
	size_t i;

	kfile_entries("/proc", collect_pid, &pids);
	if (pids.n)
		qsort(pids.v, pids.n, sizeof(*pids.v), by_pid);
	for (i = 0; i < pids.n; i++)
		fn(pids.v[i], arg);
	free(pids.v);
}

/**
 * proc_hides() - does /proc leave out processes of others, as with hidepid=2?
 *
 * Return: true if so; they cannot be counted.
 */
bool proc_hides(void)
{
	return !kfile_exists("/proc/1");
}

/**
 * holders_new() - begin a search
 * @sockets: how many will be wanted at most
 *
 * Return: the search; holders_free() it.
 */
struct holders *holders_new(size_t sockets)
{
	struct holders *holders = mem_zalloc(1, sizeof(*holders));

	/* A fifth stays free, so that a chain of probes is short. */
	holders->size = sockets + sockets / 4 + 16;
	holders->slots = mem_zalloc(holders->size, sizeof(*holders->slots));
	return holders;
}

static struct slot *slot_of(const struct holders *holders, uint64_t inode)
{
	/* Fibonacci hashing: inode numbers are consecutive. */
	uint64_t hash = (inode * 0x9e3779b97f4a7c15ULL) >> 32;
	struct slot *slot = &holders->slots[hash * holders->size >> 32];

	while (slot->inode && slot->inode != inode) {
		if (++slot == holders->slots + holders->size)
			slot = holders->slots;
	}
	return slot;
}

static struct holder *numbered(const struct holders *holders, uint32_t number)
{
	if (!number)
		return NULL;
	return &holders->chunks[(number - 1) / CHUNK][(number - 1) % CHUNK];
}

/**
 * holders_want() - look for the holders of this socket, too
 * @holders: the search, not yet scanned
 * @inode: the socket's inode number; 0, no inode, is ignored
 */
void holders_want(struct holders *holders, uint64_t inode)
{
	if (inode)
		slot_of(holders, inode)->inode = inode;
}

static const struct process *process(struct holders *holders)
{
	struct process *process = holders->processes;
	char path[64];

	if (process && process->pid == holders->pid)
		return process;
	process = mem_zalloc(1, sizeof(*process));
	process->pid = holders->pid;
	snprintf(path, sizeof(path), "/proc/%d/comm", (int)process->pid);
	if (kfile_value(path, process->comm, sizeof(process->comm)))
		strcpy(process->comm, "?");
	process->next = holders->processes;
	holders->processes = process;
	return process;
}

static uint32_t new_holder(struct holders *holders)
{
	uint32_t n = holders->n++;

	if (!(n % CHUNK)) {
		holders->chunks = mem_grow(holders->chunks, n / CHUNK,
					   &holders->cap,
					   sizeof(*holders->chunks));
		holders->chunks[n / CHUNK] =
			mem_zalloc(CHUNK, sizeof(struct holder));
	}
	return n + 1;
}

/* One more of a socket, in its place by pid and fd; or it is only counted. */
static void insert(struct holders *holders, struct slot *slot, int fd)
{
	struct holder *holder = numbered(holders, slot->first);
	struct holder *before = NULL;
	struct holder *new;
	uint32_t number;
	size_t same = 0;
	size_t n = 0;

	for (; holder; holder = holder->next) {
		n++;
		same += holder->pid == holders->pid;
		if (holder->pid < holders->pid ||
		    (holder->pid == holders->pid && holder->fd < fd))
			before = holder;
	}
	if (same >= OF_PROCESS || n >= OF_SOCKET ||
	    (n && holders->extras >= EXTRAS_MAX)) {
		slot->more++;
		return;
	}
	holders->extras += !!n;
	number = new_holder(holders);
	new = numbered(holders, number);
	new->pid = holders->pid;
	new->fd = fd;
	new->comm = process(holders)->comm;
	if (before) {
		new->next = before->next;
		before->next = new;
	} else {
		new->next = numbered(holders, slot->first);
		slot->first = number;
	}
}

/**
 * proc_socket() - which socket is a descriptor?
 * @target: where it leads
 *
 * Return: the socket's inode number; 0: it is no socket.
 */
uint64_t proc_socket(const char *target)
{
	static const char prefix[] = "socket:[";
	char number[24];
	uint64_t inode;
	size_t len;

	if (strncmp(target, prefix, sizeof(prefix) - 1))
		return 0;
	target += sizeof(prefix) - 1;
	len = strcspn(target, "]");
	if (strcmp(target + len, "]") || len >= sizeof(number))
		return 0;
	memcpy(number, target, len);
	number[len] = '\0';
	return number_parse(number, &inode) ? inode : 0;
}

static void look_at_fd(const char *name, const char *target, void *arg)
{
	struct holders *holders = arg;
	uint64_t inode = proc_socket(target);
	struct slot *slot;
	int fd = to_int(name);

	if (fd < 0 || !inode)
		return;
	slot = slot_of(holders, inode);
	if (slot->inode)
		insert(holders, slot, fd);
}

/* Return: whether there are more descriptors than @skip and @most. */
static bool look(struct holders *holders, pid_t pid, size_t skip, size_t most)
{
	char path[64];
	int err;

	holders->pid = pid;
	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	err = kfile_links(path, skip, most, look_at_fd, holders);
	if (err == -EACCES || err == -EPERM)
		holders->unread++;
	return err > 0;
}

struct scan {
	struct holders *holders;
	const pid_t *done; /* by rising number */
	size_t ndone;
	struct pids large;
};

static void scan_pid(pid_t pid, void *arg)
{
	struct scan *scan = arg;

	if (scan->ndone &&
	    bsearch(&pid, scan->done, scan->ndone, sizeof(*scan->done), by_pid))
		return;
	if (!look(scan->holders, pid, 0, LOOKS_EACH))
		return;
	*mem_add(&scan->large) = pid;
}

/* The rest of those with many descriptors. */
static void scan_large(struct scan *scan)
{
	size_t share = scan->large.n ? LOOKS_MORE / scan->large.n : 0;
	size_t cut = 0;
	size_t i;

	for (i = 0; i < scan->large.n; i++)
		cut += look(scan->holders, scan->large.v[i], LOOKS_EACH, share);
	if (cut)
		output_error("%zu processes have more descriptors than are looked at, the first %zu of each: what else they hold has no holder here; ls -l /proc/PID/fd shows it",
			     cut, LOOKS_EACH + share);
	free(scan->large.v);
}

/**
 * holders_scan() - find the holders of all that is wanted
 * @holders: the search
 *
 * If there are more descriptors than can be looked at, a line on stderr says
 * so.
 *
 * Return: how many processes would not show their descriptors.
 */
size_t holders_scan(struct holders *holders)
{
	return holders_scan_but(holders, NULL, 0);
}

/**
 * holders_scan_some() - look for them with some processes only
 * @holders: the search
 * @pids: the processes, by rising number
 * @n: how many
 */
void holders_scan_some(struct holders *holders, const pid_t *pids, size_t n)
{
	struct scan scan = { .holders = holders };
	size_t i;

	for (i = 0; i < n; i++)
		scan_pid(pids[i], &scan);
	scan_large(&scan);
}

/**
 * holders_scan_but() - as holders_scan(), without some that were looked at
 * @holders: the search
 * @pids: those processes, by rising number
 * @n: how many
 *
 * Return: how many processes would not show their descriptors.
 */
size_t holders_scan_but(struct holders *holders, const pid_t *pids, size_t n)
{
	struct scan scan = { .holders = holders, .done = pids, .ndone = n };

	proc_each(scan_pid, &scan);
	scan_large(&scan);
	return holders->unread;
}

/**
 * holders_of() - who holds a socket?
 * @holders: the search, scanned
 * @inode: the socket's inode number
 *
 * Return: the first holder, or NULL; theirs until holders_free().
 */
const struct holder *holders_of(const struct holders *holders, uint64_t inode)
{
	return inode ? numbered(holders, slot_of(holders, inode)->first) : NULL;
}

/**
 * holders_have() - is a process among some holders?
 * @first: the first of them, or NULL
 * @pid: the process
 *
 * Return: true if so.
 */
bool holders_have(const struct holder *first, pid_t pid)
{
	while (first && first->pid != pid)
		first = first->next;
	return first;
}

/**
 * holders_more() - how many descriptors of it are not among those?
 * @holders: the search, scanned
 * @inode: the socket's inode number
 *
 * Return: their number.
 */
size_t holders_more(const struct holders *holders, uint64_t inode)
{
	return inode ? slot_of(holders, inode)->more : 0;
}

/**
 * holders_free() - end a search
 * @holders: the search
 */
void holders_free(struct holders *holders)
{
	uint32_t i;

	for (i = 0; i < holders->n; i += CHUNK)
		free(holders->chunks[i / CHUNK]);
	free(holders->chunks);
	while (holders->processes) {
		struct process *next = holders->processes->next;

		free(holders->processes);
		holders->processes = next;
	}
	free(holders->slots);
	free(holders);
}
