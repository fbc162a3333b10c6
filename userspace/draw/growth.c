// SPDX-License-Identifier: GPL-2.0-only
/*
 * What became more since the last look, and when descriptors run out.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/duration.h"
#include "base/text.h"
#include "draw/found.h"
#include "show/output.h"

/* Any shorter and the rate would be an accident. */
#define RATE_MIN_MS 1000

/* Since the last look: how much more or less, and how fast. */
static void grown(char text[TEXT], uint64_t now, uint64_t then, uint64_t ms)
{
	char since[DURATION_TEXT];

	snprintf(text, TEXT, "%s%" PRIu64 " since the last look, %s ago",
		 now < then ? "-" : "+", now < then ? then - now : now - then,
		 duration_age(since, ms));
}

/* When are the descriptors used up at this rate? */
static void show_exhaustion(const struct process *process,
			    const struct look *last, uint64_t ms)
{
	char when[DURATION_TEXT];
	uint64_t more = process->fds - last->fds;
	uint64_t left;

	if (process->fds <= last->fds || ms < RATE_MIN_MS ||
	    process->fd_limit == UINT64_MAX)
		return;
	left = process->fd_limit > process->fds
		       ? process->fd_limit - process->fds
		       : 0;
	left = (uint64_t)((double)left * (double)ms / (double)more);
	output_u64("exhausted_in_ms", left);
	output_style(OUTPUT_BAD);
	output_line("           at this rate they are used up in %s",
		    duration_age(when, left));
}

static void show_descriptors(const struct group *group, const char *more)
{
	const struct process *process = group->nearest;
	char of[TEXT] = "";

	if (group->processes > 1)
		text_add(of, " (pid %d, the nearest to its limit)",
			 (int)process->pid);
	output_u64("descriptors", process->fds);
	if (process->fd_limit == UINT64_MAX) {
		output_null("descriptor_limit");
		output_line("  descriptors %" PRIu64 "%s, no limit%s",
			    process->fds, of, more);
	} else {
		output_u64("descriptor_limit", process->fd_limit);
		output_line("  descriptors %" PRIu64 " of %" PRIu64 "%s%s",
			    process->fds, process->fd_limit, of, more);
	}
}

/**
 * growth_show() - the sockets, and the descriptors of who holds them
 * @findings: of which they are
 * @group: the sockets
 */
void growth_show(const struct findings *findings, const struct group *group)
{
	struct look now = group_look(group, findings->ns);
	const struct look *last =
		looks_find(findings->looks, now.netns, now.key);
	uint64_t ms = last ? now.time_ms - last->time_ms : 0;
	char text[TEXT];
	char more[TEXT] = "";

	if (last) {
		output_open("last");
		output_u64("ago_ms", ms);
		output_u64("sockets", last->sockets);
		if (now.fds)
			output_u64("descriptors", last->fds);
		output_close();
		grown(text, now.sockets, last->sockets, ms);
		output_line("  sockets     %" PRIu64 ", %s", now.sockets, text);
	}
	if (!now.fds)
		return;
	if (last) {
		grown(text, now.fds, last->fds, ms);
		text_add(more, ", %s", text);
	}
	show_descriptors(group, more);
	if (last)
		show_exhaustion(group->nearest, last, ms);
}
