// SPDX-License-Identifier: GPL-2.0
/*
 * What diagnose found, in words.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diagnose.h"
#include "duration.h"
#include "knobs.h"
#include "output.h"

/* Room for one sentence. */
#define TEXT 512

/* To be proposed where a class is switched off. */
#define TIMEOUT_PROPOSED "10m"
#define IDLE_PROPOSED "2h"

/* Any shorter and the rate would be an accident. */
#define RATE_MIN_MS 1000

static const char *const kinds[] = {
	[GROUP_PROCESS] = "process",	   [GROUP_UNACCEPTED] = "not_accepted",
	[GROUP_HIDDEN] = "hidden_process", [GROUP_ORPHAN] = "orphan",
	[GROUP_KERNEL] = "kernel",
};

struct page {
	const struct netns *ns;
	const struct knobs *knobs;
	const struct looks *looks;
};

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

static void show_title(const struct group *group)
{
	const struct process *process = &group->process;
	const struct holder *holder = group->items->holder;
	char age[DURATION_TEXT];
	char who[TEXT];

	output_string("kind", kinds[group->items->kind]);
	if (process->pid) {
		output_string("name", holder->comm);
		output_u64("pid", (uint64_t)process->pid);
	}
	switch (group->items->kind) {
	case GROUP_PROCESS:
		snprintf(who, sizeof(who), "%s, pid %d", holder->comm,
			 (int)process->pid);
		break;
	case GROUP_UNACCEPTED:
		output_u64("port", group->items->id);
		if (process->pid)
			snprintf(who, sizeof(who),
				 "never accepted, at port %u, where %s, pid %d, listens with fd %d",
				 group->items->id, holder->comm,
				 (int)process->pid, holder->fd);
		else
			snprintf(who, sizeof(who), "never accepted, at port %u",
				 group->items->id);
		break;
	case GROUP_HIDDEN:
		snprintf(who, sizeof(who),
			 "a process that cannot be seen (run it as root, or in its pid namespace)");
		break;
	case GROUP_ORPHAN:
		snprintf(who, sizeof(who), "orphans, held by nobody");
		break;
	case GROUP_KERNEL:
		snprintf(who, sizeof(who), "kernel");
		break;
	}
	if (group->items->kind == GROUP_PROCESS && process->uid != UINT64_MAX) {
		output_u64("uid", process->uid);
		snprintf(who + strlen(who), sizeof(who) - strlen(who),
			 ", uid %" PRIu64, process->uid);
	}
	output_u64("sockets", group->sockets);
	output_u64("oldest_ms", group->items->sock->age_ms);
	output_style(OUTPUT_STRONG);
	output_line("%s: %zu socket%s, the oldest for %s", who, group->sockets,
		    plural(group->sockets),
		    duration_age(age, group->items->sock->age_ms));
}

static void show_example(const struct finding *finding)
{
	const struct item *item = finding->example;
	const struct sock *sock = item->sock;
	char age[DURATION_TEXT];
	char what[TEXT];

	snprintf(what, sizeof(what), "%s, peer %s, %s for %s", sock->local,
		 sock->remote, sock->state, duration_age(age, sock->age_ms));
	output_open("example");
	output_string("local", sock->local);
	output_string("remote", sock->remote);
	output_string("state", sock->state);
	output_u64("age_ms", sock->age_ms);
	if (item->kind == GROUP_PROCESS) {
		output_u64("fd", (uint64_t)item->holder->fd);
		output_line("    e.g.   fd %d: %s", item->holder->fd, what);
		output_line("           check with: ls -l /proc/%d/fd/%d",
			    (int)item->holder->pid, item->holder->fd);
	} else {
		output_line("    e.g.   %s", what);
	}
	output_close();
}

/* What stops a process decides what helps. */
static void fix_stopped(char text[TEXT], const struct process *process)
{
	if (process->frozen)
		snprintf(text, TEXT,
			 "thaw its cgroup, as \"docker unpause\" does");
	else if (process->state == 't')
		snprintf(text, TEXT, "let the debugger, pid %d, go on",
			 (int)process->tracer);
	else
		snprintf(text, TEXT, "kill -CONT %d", (int)process->pid);
}

static void add_setting(char text[TEXT], const struct page *page,
			const char *class, const char *name, const char *value)
{
	char key[KNOB_NAME];
	char now[KNOB_VALUE];
	const struct knob *knob;

	snprintf(key, sizeof(key), "%s%s%s", class, *class ? "." : "", name);
	knob = knobs_get(page->knobs, key);
	if (knob && !knob_read(knob, now) && strcmp(now, value))
		snprintf(text + strlen(text), TEXT - strlen(text), " %s=%s",
			 key, value);
}

/* Which settings end such sockets, and after how long. */
static void show_setting(const struct page *page,
			 const struct cause_words *words, bool held)
{
	const char *stays = held ? "; its descriptor stays" : "";
	const char *does = "ends";
	char key[KNOB_NAME];
	char value[KNOB_VALUE];
	char text[TEXT] = "";
	char after[DURATION_TEXT];
	const struct knob *knob;
	uint64_t ms;

	if (!words->class)
		return;
	snprintf(key, sizeof(key), "%s.timeout_ms", words->class);
	knob = knobs_get(page->knobs, key);
	if (!knob || knob_read(knob, value) || !number_parse(value, &ms))
		return;
	if (ms) {
		duration_exact(after, ms);
	} else {
		strcpy(after, strcmp(words->class, "established")
				      ? TIMEOUT_PROPOSED
				      : IDLE_PROPOSED);
		snprintf(text, sizeof(text), " %s=%s", key, after);
	}
	if (words->extra) {
		char name[KNOB_NAME];
		char *equals;

		snprintf(name, sizeof(name), "%s", words->extra);
		equals = strchr(name, '=');
		*equals = '\0';
		add_setting(text, page, words->class, name, equals + 1);
	}
	add_setting(text, page, "", "mode", "enforce");
	/* By default an idle connection is only asked whether it lives. */
	snprintf(key, sizeof(key), "%s.action", words->class);
	knob = knobs_get(page->knobs, key);
	if (knob && !knob_read(knob, value) && !strcmp(value, "probe"))
		does = "probes";
	if (!*text) {
		output_null("setting");
		output_line("    until  then tcp_reaper %s each after %s without progress%s",
			    does, after, stays);
		return;
	}
	output_string("setting", text + 1);
	if (page->ns->name[0])
		output_line("    until  then: reaperctl -n %s set%s",
			    page->ns->name, text);
	else if (page->ns->pid && !page->ns->initial)
		output_line("    until  then: reaperctl -p %d set%s",
			    (int)page->ns->pid, text);
	else
		output_line("    until  then: reaperctl set%s", text);
	output_line("           ends each after %s without progress%s", after,
		    stays);
}

static void show_finding(const struct page *page, const struct group *group,
			 enum cause cause)
{
	const struct finding *finding = &group->findings[cause];
	const struct cause_words *words = &causes[cause];
	const struct process *process = &group->process;
	const char *watch = NULL;
	char fix[TEXT];

	output_open(NULL);
	output_string("cause", words->name);
	output_u64("sockets", finding->sockets);
	output_u64("due", finding->due);
	output_u64("oldest_ms", finding->example->sock->age_ms);
	output_string("what", words->what);
	output_style(cause == CAUSE_HALF_CLOSED || cause == CAUSE_KERNEL
			     ? OUTPUT_GOOD
			     : OUTPUT_WARN);
	output_line("  %zu  %s: %s", finding->sockets, words->title,
		    words->what);
	if (cause == CAUSE_UNREAD && finding->rxq > 1)
		output_line("           up to %" PRIu64
			    " bytes before that end are not read either",
			    finding->rxq - 1);
	if (cause == CAUSE_BLOCKED)
		output_line("           up to %" PRIu64 " bytes are queued",
			    finding->txq);
	if (group->items->kind == GROUP_PROCESS)
		watch = cause_watch(cause, process,
				    finding->example->holder->fd);
	if (watch) {
		output_string("epoll", watch);
		output_line("           %s", watch);
	}
	show_example(finding);
	if (finding->due)
		output_line("    due    %zu of them", finding->due);
	if (cause == CAUSE_STOPPED)
		fix_stopped(fix, process);
	else
		snprintf(fix, sizeof(fix), "%s", words->fix);
	output_string("fix", fix);
	output_line("    do     %s", fix);
	show_setting(page, words, group->items->kind == GROUP_PROCESS);
	output_close();
}

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

static void show_growth(const struct page *page, const struct group *group)
{
	const struct process *process = &group->process;
	struct look now = group_look(group, page->ns);
	const struct look *last = looks_find(page->looks, now.netns, now.key);
	uint64_t ms = last ? now.time_ms - last->time_ms : 0;
	char text[TEXT];

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
	if (group->items->kind != GROUP_PROCESS || !now.fds)
		return;
	output_u64("descriptors", process->fds);
	if (last)
		grown(text, now.fds, last->fds, ms);
	if (process->fd_limit == UINT64_MAX) {
		output_null("descriptor_limit");
		output_line("  descriptors %" PRIu64 ", no limit%s%s",
			    process->fds, last ? ", " : "", last ? text : "");
	} else {
		output_u64("descriptor_limit", process->fd_limit);
		output_line("  descriptors %" PRIu64 " of %" PRIu64 "%s%s",
			    process->fds, process->fd_limit, last ? ", " : "",
			    last ? text : "");
	}
	if (last)
		show_exhaustion(process, last, ms);
}

static void show_group(const struct page *page, const struct group *group)
{
	size_t c;

	output_open(NULL);
	show_title(group);
	output_open_array("causes");
	for (c = 0; c < CAUSES; c++) {
		if (group->findings[c].sockets)
			show_finding(page, group, (enum cause)c);
	}
	output_close();
	output_u64("holders", group->holders);
	if (group->holders > 1)
		output_line("  held by %zu processes at once: each must close its descriptor (did a child inherit it?)",
			    group->holders);
	show_growth(page, group);
	output_close();
}

/**
 * diagnose_show() - what was found in a namespace
 * @set: all that are shown
 * @ns: this one; the caller is in it
 * @groups: the sockets by owner, the worst first
 * @n: how many
 * @looks: what was there before
 *
 * Return: RC_DONE, or RC_FAILED after a line on stderr.
 */
enum rc diagnose_show(const struct netns_set *set, const struct netns *ns,
		      const struct group *groups, size_t n,
		      const struct looks *looks)
{
	struct knobs knobs = { 0 };
	struct page page = { ns, &knobs, looks };
	enum rc rc = knobs_find(&knobs, ns);
	size_t i;

	netns_heading(set, ns);
	output_open(NULL);
	netns_output(ns);
	output_open_array("groups");
	if (!n)
		output_line("no socket lingers");
	for (i = 0; i < n; i++) {
		if (i)
			output_line("%s", "");
		show_group(&page, &groups[i]);
	}
	output_close();
	output_close();
	knobs_free(&knobs);
	return rc;
}
