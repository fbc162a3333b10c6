// SPDX-License-Identifier: GPL-2.0-only
/*
 * Processes by family: who started whom, which of them are one program of one
 * service. Read when they are asked for, each once.
 */
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "find/relatives.h"
#include "kernel/kfile.h"
#include "kernel/threads.h"

/* No family is so old; a made-up /proc may have a circle. */
#define GENERATIONS 64

struct relatives {
	void *tree; /* by pid, of <search.h> */
};

static int by_pid(const void *a, const void *b)
{
	const struct relative *x = a;
	const struct relative *y = b;

	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

/**
 * relatives_new() - nobody is known yet
 *
 * Return: the families; relatives_free() them.
 */
struct relatives *relatives_new(void)
{
	return mem_zalloc(1, sizeof(struct relatives));
}

static void read_parent(struct relative *relative)
{
	char path[64];
	char text[4096];
	const char *end;
	int parent;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)relative->pid);
	if (kfile_value(path, text, sizeof(text)))
		return;
	/* From behind the name, which may hold anything. */
	end = strrchr(text, ')');
	if (end && sscanf(end + 1, " %*c %d", &parent) == 1 && parent > 0)
		relative->parent = parent;
}

static void read_rest(struct relative *relative)
{
	char cgroup[PATH_MAX];
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)relative->pid);
	if (kfile_value(path, relative->comm, sizeof(relative->comm)))
		strcpy(relative->comm, "?");
	cgroup_of(relative->pid, cgroup);
	cgroup_template(cgroup);
	if (!cgroup_unit(cgroup, relative->unit))
		*relative->unit = '\0';
	if (!cgroup_pod(cgroup, relative->pod))
		*relative->pod = '\0';
	/* The end is what tells long ones apart. */
	if (strlen(cgroup) < sizeof(relative->cgroup))
		strcpy(relative->cgroup, cgroup);
	else
		strcpy(relative->cgroup,
		       cgroup + strlen(cgroup) - sizeof(relative->cgroup) + 1);
}

static struct relative *get(struct relatives *relatives, pid_t pid)
{
	struct relative *new = mem_zalloc(1, sizeof(*new));
	struct relative **known;

	new->pid = pid;
	known = mem_or_die(tsearch(new, &relatives->tree, by_pid));
	if (*known == new) {
		read_parent(new);
		read_rest(new);
	} else {
		free(new);
	}
	return *known;
}

/**
 * relatives_get() - a process
 * @relatives: where those that are known are kept
 * @pid: its number
 *
 * Return: what is known of it, until relatives_free().
 */
const struct relative *relatives_get(struct relatives *relatives, pid_t pid)
{
	return get(relatives, pid);
}

/**
 * relatives_process() - look at a process more closely, with what it waits for
 * @relatives: likewise
 * @pid: its number
 *
 * Return: likewise.
 */
const struct process *relatives_process(struct relatives *relatives, pid_t pid)
{
	struct relative *relative = get(relatives, pid);

	if (!relative->process) {
		relative->process = mem_zalloc(1, sizeof(*relative->process));
		process_read(relative->process, pid, true);
	}
	return relative->process;
}

/**
 * relatives_waits() - does a thread of it wait for events, as far as is known?
 * @relatives: likewise
 * @pid: its number
 *
 * Return: true if so, or if it has too many to be looked at.
 */
bool relatives_waits(struct relatives *relatives, pid_t pid)
{
	struct relative *relative = get(relatives, pid);
	struct threads threads;

	/* It may have a thousand threads, and be asked for of each socket. */
	if (relative->waits == WAITS_UNASKED) {
		threads_read(&threads, pid, NULL);
		relative->waits = threads.busy < threads.n || threads.more
					  ? WAITS
					  : WAITS_NOT;
	}
	return relative->waits == WAITS;
}

/**
 * relatives_made() - may a process have made what a user made?
 * @relatives: likewise
 * @pid: its number
 * @uid: that user
 *
 * A descriptor can be handed to anybody's service. What root made may be of one
 * that has let go of its rights, or that was started with it.
 *
 * Return: true unless it is another's.
 */
bool relatives_made(struct relatives *relatives, pid_t pid, uint64_t uid)
{
	struct relative *relative = get(relatives, pid);

	if (!relative->uid_asked)
		relative->uid = process_uid(pid);
	relative->uid_asked = true;
	return !uid || relative->uid == uid || relative->uid == UINT64_MAX;
}

/**
 * relative_same_program() - is it the same program, of the same service?
 * @a: a process
 * @b: another
 *
 * Return: true if so, as far as their names tell.
 */
bool relative_same_program(const struct relative *a, const struct relative *b)
{
	return !strcmp(a->comm, b->comm) && !strcmp(a->cgroup, b->cgroup);
}

/**
 * relatives_leader() - the first of those that are one program
 * @relatives: all
 * @of: a process
 *
 * Return: it or the oldest of its ancestors that all are the same program.
 */
const struct relative *relatives_leader(struct relatives *relatives,
					const struct relative *of)
{
	int i;

	for (i = 0; i < GENERATIONS && of->parent > 1; i++) {
		const struct relative *parent =
			relatives_get(relatives, of->parent);

		if (!relative_same_program(parent, of))
			break;
		of = parent;
	}
	return of;
}

/**
 * relative_manages() - does it hold sockets only for others?
 * @relative: the process
 *
 * systemd keeps the listeners, and with Accept=yes the connections, of the
 * services that it starts for them; that of a user has the same name.
 *
 * Return: true if so.
 */
bool relative_manages(const struct relative *relative)
{
	return relative->pid == 1 || !strcmp(relative->comm, "systemd");
}

static void forget(void *known)
{
	struct relative *relative = known;

	if (relative->process)
		process_free(relative->process);
	free(relative->process);
	free(relative);
}

/**
 * relatives_free() - forget all
 * @relatives: the families
 */
void relatives_free(struct relatives *relatives)
{
	tdestroy(relatives->tree, forget);
	free(relatives);
}
