// SPDX-License-Identifier: GPL-2.0-only
/*
 * What may come next on a command line, of what the kernel knows: see
 * show/words.c.
 */
#include <stdio.h>

#include "kernel/kfile.h"
#include "kernel/knobs.h"
#include "kernel/netns.h"
#include "kernel/proc.h"
#include "kernel/wordlists.h"
#include "show/words.h"

/**
 * words_classes() - the classes of sockets
 */
void words_classes(void)
{
	size_t i;

	for (i = 0; i < CLASSES; i++)
		words_add(classes[i], "");
}

static void add_pid(pid_t pid, void *arg)
{
	char number[24];
	char comm[64];
	char path[64];

	(void)arg;
	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	if (kfile_value(path, comm, sizeof(comm)))
		return;
	snprintf(number, sizeof(number), "%d", (int)pid);
	words_add(number, comm);
}

/**
 * words_pids() - the processes
 */
void words_pids(void)
{
	proc_each(add_pid, NULL);
}

static void add_name(const char *name, const char *target, void *arg)
{
	(void)target;
	(void)arg;
	words_add(name, "");
}

/**
 * words_netns() - the names that `ip netns` knows
 */
void words_netns(void)
{
	kfile_entries(NETNS_NAMES, add_name, NULL);
}
