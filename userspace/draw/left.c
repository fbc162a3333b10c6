// SPDX-License-Identifier: GPL-2.0-only
/*
 * What programs have not closed of what was ended: no setting helps, and the
 * service that has no descriptor left serves nobody.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "draw/found.h"
#include "draw/names.h"
#include "show/output.h"

static void show_one(const struct left *left, bool at_least)
{
	const struct process *process = &left->process;
	bool near = left_near(left);
	char who[TEXT] = "";
	char limit[32] = "";

	names_program(who, left->by);
	names_processes(who, left->pids, GROUP_PIDS, left->processes);
	output_open(NULL);
	output_string("name", left->by->comm);
	output_u64("pid", (uint64_t)left->by->pid);
	output_u64("processes", left->processes);
	if (*left->by->unit)
		output_string("unit", left->by->unit);
	if (process->uid != UINT64_MAX) {
		output_u64("uid", process->uid);
		text_add(who, ", uid %" PRIu64, process->uid);
	}
	output_u64("reaped", left->sockets);
	output_u64("descriptors", process->fds);
	if (process->fd_limit == UINT64_MAX) {
		output_null("descriptor_limit");
	} else {
		output_u64("descriptor_limit", process->fd_limit);
		snprintf(limit, sizeof(limit), " of %" PRIu64,
			 process->fd_limit);
	}
	output_style(near ? OUTPUT_BAD : OUTPUT_WARN);
	text_add(who, ": ");
	if (left->sockets)
		text_add(who, "%s%" PRIu64 " reaped, not closed; ",
			 at_least ? "at least " : "", left->sockets);
	text_add(who, "%" PRIu64 "%s descriptors", process->fds, limit);
	if (left->loose) {
		output_u64("unconnected", left->loose);
		text_add(who,
			 ", %" PRIu64
			 " of them TCP sockets without a connection in this network namespace",
			 left->loose);
	}
	output_line("%s: %s%s", who,
		    near ? "restart it" : "it has to close them",
		    left->sockets ? "" : ", unless it uses another one");
	output_close();
}

/**
 * lefts_show() - what was found of them
 * @lefts: all
 * @after: whether there is something above it
 */
void lefts_show(const struct lefts *lefts, bool after)
{
	size_t i;

	output_open_array("left");
	if (after && lefts->n)
		output_line("%s", "");
	for (i = 0; i < lefts->n; i++)
		show_one(&lefts->v[i], lefts->lost);
	output_close();
	output_u64("left_lost", lefts->lost);
}
