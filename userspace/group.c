// SPDX-License-Identifier: GPL-2.0
/*
 * The sockets of one owner, sorted by why they linger.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "diagnose.h"

static size_t processes_of(const struct holder *first)
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

/**
 * group_gather() - take the sockets of the first's owner, and look at that
 * @group: the result; process_free() its process
 * @items: sorted by owner, and by falling age
 * @n: how many, at least one
 */
void group_gather(struct group *group, const struct item *items, size_t n)
{
	bool listens = items->kind == GROUP_UNACCEPTED;
	size_t i;

	memset(group, 0, sizeof(*group));
	group->items = items;
	if (items->holder && (listens || items->kind == GROUP_PROCESS))
		process_read(&group->process, items->holder->pid, !listens);
	for (i = 0;
	     i < n && items[i].kind == items->kind && items[i].id == items->id;
	     i++) {
		const struct sock *sock = items[i].sock;
		size_t holders = listens ? 1 : processes_of(items[i].holder);
		enum cause cause =
			cause_of(sock, !listens && items[i].holder,
				 group->process.pid ? &group->process : NULL);
		struct finding *finding = &group->findings[cause];

		if (!finding->sockets++)
			finding->example = &items[i];
		finding->due += !strcmp(sock->verdict, "due");
		if (sock->rxq > finding->rxq)
			finding->rxq = sock->rxq;
		if (sock->txq > finding->txq)
			finding->txq = sock->txq;
		if (holders > group->holders)
			group->holders = holders;
		if (cause != CAUSE_KERNEL && cause != CAUSE_HALF_CLOSED)
			group->faulty = true;
	}
	group->sockets = i;
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
	const struct process *process = &group->process;

	switch (group->items->kind) {
	case GROUP_PROCESS:
		snprintf(look.key, sizeof(look.key), "pid.%d.%" PRIu64,
			 (int)process->pid, process->start);
		look.fds = process->fds;
		break;
	case GROUP_UNACCEPTED:
		snprintf(look.key, sizeof(look.key), "port.%u",
			 group->items->id);
		break;
	case GROUP_HIDDEN:
		strcpy(look.key, "hidden");
		break;
	case GROUP_ORPHAN:
		strcpy(look.key, "orphan");
		break;
	case GROUP_KERNEL:
		strcpy(look.key, "kernel");
		break;
	}
	return look;
}
