// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sockets of one owner, sorted by why they linger.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "find/group.h"

static int by_owner(const struct item *x, const struct item *y)
{
	int order;

	if (x->owner.kind != y->owner.kind)
		return x->owner.kind < y->owner.kind ? -1 : 1;
	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	order = strcmp(x->comm, y->comm);
	if (!order)
		order = strcmp(x->cgroup, y->cgroup);
	return order ? order : strcmp(x->heir, y->heir);
}

/**
 * group_same() - are two sockets of one owner?
 * @a: a socket
 * @b: another
 *
 * Return: true if so.
 */
bool group_same(const struct item *a, const struct item *b)
{
	return !by_owner(a, b);
}

/**
 * group_compare() - the order in which sockets are to be, for qsort()
 * @a: a struct item
 * @b: another
 *
 * Return: by owner, then by falling age: the oldest becomes the example.
 */
int group_compare(const void *a, const void *b)
{
	const struct item *x = a;
	const struct item *y = b;
	int order = by_owner(x, y);

	if (order)
		return order;
	return (x->sock->age_ms < y->sock->age_ms) -
	       (x->sock->age_ms > y->sock->age_ms);
}

/**
 * group_holders() - how many processes hold a socket?
 * @first: the first of its holders
 *
 * Return: how many; one with two descriptors counts once.
 */
size_t group_holders(const struct holder *first)
{
	const struct holder *holder;
	size_t n = 0;
	pid_t pid = 0;

	/* They come by process. */
	for (holder = first; holder; holder = holder->next) {
		n += holder->pid != pid;
		pid = holder->pid;
	}
	return n;
}

static int by_pid(const void *a, const void *b)
{
	pid_t x = *(const pid_t *)a;
	pid_t y = *(const pid_t *)b;

	return x < y ? -1 : x > y;
}

static double used(const struct process *process)
{
	return (double)process->fds / (double)process->fd_limit;
}

static void gather_processes(struct group *group)
{
	pid_t *pids = mem_zalloc(group->sockets, sizeof(*pids));
	size_t n = 0;
	size_t i;

	for (i = 0; i < group->sockets; i++) {
		const struct process *process = group->items[i].process;

		if (!process)
			continue;
		pids[n++] = process->pid;
		if (!group->nearest || used(process) > used(group->nearest))
			group->nearest = process;
	}
	qsort(pids, n, sizeof(*pids), by_pid);
	for (i = 0; i < n; i++) {
		if (i && pids[i] == pids[i - 1])
			continue;
		if (group->processes < GROUP_PIDS)
			group->pids[group->processes] = pids[i];
		group->processes++;
	}
	free(pids);
}

static void note_timeout(struct finding *finding, uint64_t ms)
{
	if (!ms || ms == UINT64_MAX)
		return;
	if (!finding->timeout_max || ms < finding->timeout_min)
		finding->timeout_min = ms;
	if (ms > finding->timeout_max)
		finding->timeout_max = ms;
}

static enum cause add(struct group *group, const struct item *item)
{
	const struct sock *sock = item->sock;
	enum cause cause = cause_of(item);
	struct finding *finding = &group->findings[cause];

	if (!finding->sockets++)
		finding->example = item;
	finding->due += !strcmp(sock->verdict, "due");
	finding->exempt += !strcmp(sock->verdict, "rule");
	if (sock->rxq > finding->rxq)
		finding->rxq = sock->rxq;
	if (sock->txq > finding->txq)
		finding->txq = sock->txq;
	note_timeout(finding, sock->timeout_ms);
	return cause;
}

/**
 * group_gather() - take the sockets of the first's owner, and look at that
 * @group: the result
 * @holders: of all sockets
 * @items: in the order of group_compare()
 * @n: how many, at least one
 */
void group_gather(struct group *group, const struct holders *holders,
		  const struct item *items, size_t n)
{
	size_t most = 1;
	size_t i;

	memset(group, 0, sizeof(*group));
	group->items = items;
	for (i = 0; i < n && group_same(&items[i], items); i++) {
		size_t held = group_holders(
			holders_of(holders, items[i].sock->inode));

		if (!causes[add(group, &items[i])].well)
			group->faulty = true;
		if (held > most) {
			most = held;
			group->shared = &items[i];
		}
	}
	group->sockets = i;
	gather_processes(group);
}

/**
 * group_look() - what to remember of a group for the next time
 * @group: the group
 * @ns: the namespace
 *
 * Return: the look.
 */
struct look group_look(const struct group *group, const struct netns *ns)
{
	struct look look = { .netns = ns->inode,
			     .time_ms = look_now_ms(),
			     .sockets = group->sockets };
	const struct item *item = group->items;
	const struct process *process = group->nearest;
	static const char *const words[] = {
		[OWNER_PROCESS] = "program", [OWNER_INHERITED] = "heirs",
		[OWNER_UNACCEPTED] = "port", [OWNER_HIDDEN] = "hidden",
		[OWNER_NOBODY] = "nobody",   [OWNER_ORPHAN] = "orphan",
		[OWNER_KERNEL] = "kernel",
	};

	if (item->owner.kind == OWNER_PROCESS && process)
		look.fds = process->fds;
	if (item->owner.kind == OWNER_PROCESS && group->processes == 1)
		snprintf(look.key, sizeof(look.key), "pid.%d.%" PRIu64,
			 (int)process->pid, process->start);
	else
		snprintf(look.key, sizeof(look.key), "%s.%d.%" PRIu64,
			 words[item->owner.kind],
			 item->owner.leader ? (int)item->owner.leader->pid : 0,
			 item->number);
	return look;
}
