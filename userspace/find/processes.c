// SPDX-License-Identifier: GPL-2.0-only
/*
 * Processes that were looked at, each once, with what they wait for.
 */
#include <search.h>
#include <stdlib.h>

#include "base/mem.h"
#include "find/processes.h"

struct processes {
	void *tree; /* by pid, of <search.h> */
};

static int by_pid(const void *a, const void *b)
{
	const struct process *x = a;
	const struct process *y = b;

	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

/**
 * processes_new() - none is known yet
 *
 * Return: the processes; processes_free() them.
 */
struct processes *processes_new(void)
{
	return mem_zalloc(1, sizeof(struct processes));
}

/**
 * processes_get() - look at a process
 * @processes: where those are kept that were looked at
 * @pid: its number
 *
 * Return: what is known of it, until processes_free().
 */
const struct process *processes_get(struct processes *processes, pid_t pid)
{
	struct process *new = mem_zalloc(1, sizeof(*new));
	struct process **known;

	new->pid = pid;
	known = mem_or_die(tsearch(new, &processes->tree, by_pid));
	if (*known == new)
		process_read(new, pid, true);
	else
		free(new);
	return *known;
}

static void forget(void *process)
{
	process_free(process);
	free(process);
}

/**
 * processes_free() - forget all
 * @processes: the processes
 */
void processes_free(struct processes *processes)
{
	tdestroy(processes->tree, forget);
	free(processes);
}
