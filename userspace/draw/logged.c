// SPDX-License-Identifier: GPL-2.0-only
/*
 * The lines of a log: what was done to which socket, whose it was, and who
 * still holds it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/duration.h"
#include "base/mem.h"
#include "draw/logged.h"
#include "draw/names.h"
#include "draw/users.h"
#include "kernel/listeners.h"
#include "show/output.h"

/* 2026-11-21 09:16:36.123, with room for a year gone mad. */
#define TIME_TEXT 48

static const char *time_text(char text[TIME_TEXT], uint64_t ms)
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm tm;
	size_t len;

	if (!localtime_r(&seconds, &tm))
		memset(&tm, 0, sizeof(tm));
	len = strftime(text, TIME_TEXT, "%F %T", &tm);
	snprintf(text + len, TIME_TEXT - len, ".%03u",
		 (unsigned int)(ms % 1000));
	return text;
}

/* Lines come one by one, so their columns cannot be fitted to them. */
static void show_heading(struct logs *logs)
{
	if (logs->begun)
		return;
	logs->begun = true;
	output_style(OUTPUT_STRONG);
	output_line("%-23s  %-11s  %-11s  %6s  %-6s  %-6s  %-21s  %-21s  %s",
		    "TIME", "CLASS", "STATE", "AGE", "ACTION", "RESULT",
		    "LOCAL", "REMOTE", "HOLDER");
}

/* Who has or had to do with the sockets of what is shown. */
struct people {
	struct holders *holders;
	struct relatives *relatives;
	struct listeners *listeners; /* one for each part */
};

/*
 * A program that behaves closes at once, and nothing tells any more who held
 * the socket: but who listens at its address still does, and whose it was is
 * known.
 */
static void name_maker(char text[TEXT], const struct people *people,
		       const struct listeners *listeners,
		       const struct logline *entry)
{
	const struct listener *listener =
		listeners_find(listeners, entry->local);
	const struct holder *first =
		listener ? holders_of(people->holders, listener->inode) : NULL;
	const struct holder *holder = holders_of(people->holders, entry->inode);
	struct relative made = { 0 };

	*text = '\0';
	if (holder) {
		names_unit(text, relatives_get(people->relatives, holder->pid));
		return;
	}
	if (logline_unit(entry, made.unit, made.pod))
		names_unit(text, &made);
	if (first) {
		size_t at = strlen(text) + strlen("; ");

		text_add(text, "; ");
		names_accepters(text, people->relatives, first);
		output_string("listens", text + at);
		text_add(text, ", listens there");
	} else if (entry->inode) {
		text_add(text, "; of uid %" PRIu64, entry->uid);
	}
}

static void show_entry(const struct logs *logs, const struct logpart *part,
		       const struct logline *entry, const struct people *people)
{
	const struct listeners *listeners =
		&people->listeners[part - logs->parts];
	char age[DURATION_TEXT];
	char when[TIME_TEXT];
	char maker[TEXT];
	char unit[CGROUP_UNIT];
	char pod[CGROUP_POD];
	char *who;

	output_open(NULL);
	if (logs->follow)
		netns_output(part->ns);
	output_u64("time_ms", entry->time_ms);
	output_string("class", entry->class);
	output_string("state", entry->state);
	output_u64("age_ms", entry->age_ms);
	output_u64("idle_ms", entry->idle_ms);
	output_string("local", entry->local);
	output_string("remote", entry->remote);
	output_u64("uid", entry->uid);
	output_u64("inode", entry->inode);
	output_string("action", entry->action);
	output_string("result", entry->result);
	if (entry->number != UINT64_MAX) {
		output_u64("number", entry->number);
		output_u64("rule", entry->rule);
		output_string("cgroup", entry->cgroup);
		if (logline_unit(entry, unit, pod))
			output_string("unit", unit);
		if (*pod)
			output_string("pod", pod);
	}
	users_output(people->relatives, people->holders, entry->inode);
	name_maker(maker, people, listeners, entry);
	output_close();
	who = users_plain(people->holders, entry->inode);
	if (strcmp(entry->result, "done"))
		output_style(OUTPUT_WARN);
	output_line("%-23s  %-11s  %-11s  %6s  %-6s  %-6s  %-21s  %-21s  %s%s",
		    time_text(when, entry->time_ms), entry->class, entry->state,
		    duration_age(age, entry->age_ms), entry->action,
		    entry->result, entry->local, entry->remote, who, maker);
	free(who);
	if (logs->follow)
		output_record_end();
}

/* Those that something was done to, and those that listen where it was. */
static void find_people(struct people *people, const struct logs *logs)
{
	size_t n = 0;
	size_t i;
	size_t k;

	people->relatives = relatives_new();
	people->listeners =
		mem_zalloc(logs->netns->n, sizeof(*people->listeners));
	for (i = 0; i < logs->netns->n; i++) {
		if (logs->parts[i].log.n && netns_try(logs->parts[i].ns))
			listeners_read(&people->listeners[i]);
		n += logs->parts[i].log.n + people->listeners[i].n;
	}
	people->holders = holders_new(n);
	for (i = 0; i < logs->netns->n; i++) {
		for (k = 0; k < logs->parts[i].log.n; k++)
			holders_want(people->holders,
				     logs->parts[i].log.v[k].inode);
		for (k = 0; k < people->listeners[i].n; k++)
			holders_want(people->holders,
				     people->listeners[i].v[k].inode);
	}
	if (n)
		holders_scan(people->holders);
}

static void forget_people(struct people *people, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		listeners_free(&people->listeners[i]);
	free(people->listeners);
	holders_free(people->holders);
	relatives_free(people->relatives);
}

/* What is missing is told where it would have been. */
static void show_lost(const struct logs *logs, struct logpart *part)
{
	char label[NETNS_LABEL];

	if (part->lost && logs->follow)
		output_error("log: %s: %" PRIu64
			     " were missed: others came in their place before they were read",
			     netns_label(label, part->ns), part->lost);
	else if (part->lost && logs->wanted.most == UINT64_MAX)
		output_line("%" PRIu64 " are no longer in the log", part->lost);
	part->lost = 0;
}

/**
 * logged_show() - show what was read and not shown
 * @logs: read
 *
 * A reaped socket may still have holders.
 */
void logged_show(struct logs *logs)
{
	struct people people;
	size_t i;
	size_t e;

	find_people(&people, logs);
	for (i = 0; i < logs->netns->n; i++) {
		struct logpart *part = &logs->parts[i];
		uint64_t lost = part->lost;
		/* An older module has no numbers. */
		bool numbered = part->log.last.number &&
				part->log.last.number != UINT64_MAX;

		if (logs->follow) {
			show_heading(logs);
		} else if (!part->log.err) {
			netns_heading(logs->all, part->ns);
			output_open(NULL);
			netns_output(part->ns);
			output_open_array("log");
			logs->begun = false;
			show_heading(logs);
		}
		if (logs->follow && part->log.n)
			netns_heading(logs->all, part->ns);
		show_lost(logs, part);
		for (e = 0; e < part->log.n; e++)
			show_entry(logs, part, &part->log.v[e], &people);
		part->log.n = 0;
		if (!logs->follow && !part->log.err) {
			output_close();
			if (numbered)
				output_u64("lost", lost);
			output_close();
		}
	}
	forget_people(&people, logs->netns->n);
}
