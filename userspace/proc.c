// SPDX-License-Identifier: GPL-2.0
/*
 * Processes, and which of them hold a socket. The sockets of interest go into
 * a hash first; then one pass over /proc/PID/fd finds all their holders.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "duration.h"
#include "kfile.h"
#include "mem.h"
#include "proc.h"

/* A comm has 15 bytes; a kernel thread's is longer in /proc. */
#define COMM_SIZE 64

struct process {
	struct process *next;
	pid_t pid;
	char comm[COMM_SIZE];
};

struct slot {
	uint64_t inode; /* 0: free; no socket has that number */
	struct holder *first;
	struct holder *last;
};

struct holders {
	struct slot *slots;
	size_t mask;
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
	pids->v = mem_grow(pids->v, pids->n, &pids->cap, sizeof(*pids->v));
	pids->v[pids->n++] = pid;
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
 * holders_new() - begin a search
 * @sockets: how many will be wanted at most
 *
 * Return: the search; holders_free() it.
 */
struct holders *holders_new(size_t sockets)
{
	struct holders *holders = mem_zalloc(1, sizeof(*holders));
	size_t size = 16;

	/* At most half full, so that a chain of probes is short. */
	while (size / 2 < sockets)
		size *= 2;
	holders->slots = mem_zalloc(size, sizeof(*holders->slots));
	holders->mask = size - 1;
	return holders;
}

static struct slot *slot_of(const struct holders *holders, uint64_t inode)
{
	/* Fibonacci hashing: inode numbers are consecutive. */
	size_t i = (inode * 0x9e3779b97f4a7c15ULL) >> 32;

	while (holders->slots[i & holders->mask].inode &&
	       holders->slots[i & holders->mask].inode != inode)
		i++;
	return &holders->slots[i & holders->mask];
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

/* Keep the order by pid and fd; readdir() gives it nearly always. */
static void insert(struct slot *slot, struct holder *new)
{
	struct holder **at = &slot->first;

	if (slot->last &&
	    (slot->last->pid < new->pid ||
	     (slot->last->pid == new->pid && slot->last->fd < new->fd)))
		at = &slot->last->next;
	while (*at && ((*at)->pid < new->pid ||
		       ((*at)->pid == new->pid && (*at)->fd < new->fd)))
		at = &(*at)->next;
	new->next = *at;
	*at = new;
	if (!new->next)
		slot->last = new;
}

static void look_at_fd(const char *name, const char *target, void *arg)
{
	static const char prefix[] = "socket:[";
	struct holders *holders = arg;
	const struct process *owner;
	struct holder *holder;
	struct slot *slot;
	char number[24];
	uint64_t inode;
	size_t len;
	int fd = to_int(name);

	if (fd < 0 || strncmp(target, prefix, sizeof(prefix) - 1))
		return;
	target += sizeof(prefix) - 1;
	len = strcspn(target, "]");
	if (strcmp(target + len, "]") || len >= sizeof(number))
		return;
	memcpy(number, target, len);
	number[len] = '\0';
	if (!number_parse(number, &inode) || !inode)
		return;
	slot = slot_of(holders, inode);
	if (!slot->inode)
		return;
	owner = process(holders);
	holder = mem_zalloc(1, sizeof(*holder));
	holder->pid = owner->pid;
	holder->comm = owner->comm;
	holder->fd = fd;
	insert(slot, holder);
}

static void look_at_pid(pid_t pid, void *arg)
{
	struct holders *holders = arg;
	char path[64];
	int err;

	holders->pid = pid;
	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	err = kfile_links(path, look_at_fd, holders);
	if (err == -EACCES || err == -EPERM)
		holders->unread++;
}

/**
 * holders_scan() - find the holders of all that is wanted
 * @holders: the search
 *
 * Return: how many processes would not show their descriptors.
 */
size_t holders_scan(struct holders *holders)
{
	proc_each(look_at_pid, holders);
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
	return inode ? slot_of(holders, inode)->first : NULL;
}

/**
 * holders_free() - end a search
 * @holders: the search
 */
void holders_free(struct holders *holders)
{
	size_t i;

	for (i = 0; i <= holders->mask; i++) {
		struct holder *holder = holders->slots[i].first;

		while (holder) {
			struct holder *next = holder->next;

			free(holder);
			holder = next;
		}
	}
	while (holders->processes) {
		struct process *next = holders->processes->next;

		free(holders->processes);
		holders->processes = next;
	}
	free(holders->slots);
	free(holders);
}
