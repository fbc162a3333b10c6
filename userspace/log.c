// SPDX-License-Identifier: GPL-2.0
/*
 * reaperctl log: what was done, and to whose sockets.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "badlines.h"
#include "duration.h"
#include "kstream.h"
#include "loaded.h"
#include "mem.h"
#include "output.h"
#include "proc.h"
#include "rowfile.h"
#include "sockets.h"
#include "verb.h"

#define PROC_LOG PROC_REAPER "/log"

/* 2026-11-21 09:16:36.123, with room for a year gone mad. */
#define TIME_TEXT 48

/* A line of the log. */
struct entry {
	uint64_t time_ms;
	uint64_t age_ms;
	uint64_t idle_ms;
	uint64_t uid;
	uint64_t inode;
	char class[SOCKET_WORD];
	char state[SOCKET_WORD];
	char local[SOCKET_ADDRESS];
	char remote[SOCKET_ADDRESS];
	char action[SOCKET_WORD];
	char result[SOCKET_WORD];
};

static const struct rowfile_column columns[] = {
	ROWFILE_NUMBER(entry, time_ms), ROWFILE_NUMBER(entry, age_ms),
	ROWFILE_NUMBER(entry, idle_ms), ROWFILE_NUMBER(entry, uid),
	ROWFILE_NUMBER(entry, inode),	ROWFILE_WORD(entry, class),
	ROWFILE_WORD(entry, state),	ROWFILE_WORD(entry, local),
	ROWFILE_WORD(entry, remote),	ROWFILE_WORD(entry, action),
	ROWFILE_WORD(entry, result),
};

#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

/* The log of a namespace, as far as it was read. */
struct part {
	const struct netns *ns;
	struct kstream stream;
	struct rowfile file;
	struct badlines bad;
	struct entry *v; /* not yet shown */
	size_t n;
	size_t cap;
	int err;
};

struct logs {
	const struct netns_set *netns;
	struct part *parts;
	bool follow;
	bool begun; /* the heading was shown */
};

static int take(const struct kline *line, void *arg)
{
	struct part *part = arg;
	const char *why = line->bad;

	if (line->no == 1) {
		if (!why)
			why = rowfile_header(&part->file, line->text);
		if (why)
			badlines_add(&part->bad, line, why);
		/* Without it no other line can be understood. */
		return why ? -EBADMSG : 0;
	}
	part->v = mem_grow(part->v, part->n, &part->cap, sizeof(*part->v));
	if (!why)
		why = rowfile_row(&part->file, line->text, &part->v[part->n]);
	if (why)
		badlines_add(&part->bad, line, why);
	else
		part->n++;
	return 0;
}

static void read_part(struct part *part)
{
	struct kline rest = { .no = part->stream.lines + 1 };

	part->err = kstream_read(&part->stream, take, part);
	if (part->err == -EBADMSG && part->bad.n)
		part->err = 0;
	rest.no = part->stream.lines + 1;
	if (!part->err && !part->stream.lines)
		badlines_add(&part->bad, &rest, "is missing");
	else if (!part->err && part->stream.len)
		badlines_add(&part->bad, &rest, "is cut short");
}

static enum rc open_part(const struct netns *ns, void *arg)
{
	struct logs *logs = arg;
	struct part *part = &logs->parts[ns - logs->netns->v];

	part->file.columns = columns;
	part->file.n = COLUMNS;
	part->err = kstream_open(&part->stream, PROC_LOG);
	if (!part->err)
		read_part(part);
	return RC_DONE;
}

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

static void show_holders(const struct holder *first, char *text, size_t size)
{
	const struct holder *holder;
	size_t len = 0;

	snprintf(text, size, "-");
	for (holder = first; holder && len < size; holder = holder->next)
		len += snprintf(text + len, size - len, "%s%s,pid=%d,fd=%d",
				holder == first ? "" : " ", holder->comm,
				(int)holder->pid, holder->fd);
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

static void show_entry(const struct logs *logs, const struct part *part,
		       const struct entry *entry, const struct holder *first)
{
	const struct holder *holder;
	char age[DURATION_TEXT];
	char when[TIME_TEXT];
	char who[256];

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
	output_open_array("holders");
	for (holder = first; holder; holder = holder->next) {
		output_open(NULL);
		output_string("name", holder->comm);
		output_u64("pid", (uint64_t)holder->pid);
		output_u64("fd", (uint64_t)holder->fd);
		output_close();
	}
	output_close();
	output_close();
	show_holders(first, who, sizeof(who));
	if (strcmp(entry->result, "done"))
		output_style(OUTPUT_WARN);
	output_line("%-23s  %-11s  %-11s  %6s  %-6s  %-6s  %-21s  %-21s  %s",
		    time_text(when, entry->time_ms), entry->class, entry->state,
		    duration_age(age, entry->age_ms), entry->action,
		    entry->result, entry->local, entry->remote, who);
	if (logs->follow)
		output_record_end();
}

/* Show what was read and not shown. A reaped socket may still have holders. */
static void show(struct logs *logs)
{
	struct holders *holders;
	size_t n = 0;
	size_t i;
	size_t e;

	for (i = 0; i < logs->netns->n; i++)
		n += logs->parts[i].n;
	holders = holders_new(n);
	for (i = 0; i < logs->netns->n; i++) {
		for (e = 0; e < logs->parts[i].n; e++)
			holders_want(holders, logs->parts[i].v[e].inode);
	}
	if (n)
		holders_scan(holders);
	for (i = 0; i < logs->netns->n; i++) {
		struct part *part = &logs->parts[i];

		if (logs->follow) {
			show_heading(logs);
		} else if (!part->err) {
			netns_heading(logs->netns, part->ns);
			output_open(NULL);
			netns_output(part->ns);
			output_open_array("log");
			logs->begun = false;
			show_heading(logs);
		}
		if (logs->follow && part->n)
			netns_heading(logs->netns, part->ns);
		for (e = 0; e < part->n; e++)
			show_entry(logs, part, &part->v[e],
				   holders_of(holders, part->v[e].inode));
		part->n = 0;
		if (!logs->follow && !part->err) {
			output_close();
			output_close();
		}
	}
	holders_free(holders);
}

/* What went wrong in any of them. */
static enum rc judge(const struct logs *logs)
{
	enum rc rc = RC_DONE;
	size_t i;

	for (i = 0; i < logs->netns->n; i++) {
		const struct part *part = &logs->parts[i];

		if (part->err && !loaded()) {
			output_error("module unloaded; modprobe tcp_reaper");
			return RC_UNLOADED;
		}
		rc = rc_first(rc, badlines_report(&part->bad, PROC_LOG,
						  part->ns, part->err));
	}
	return rc;
}

/* Until one of them fails or ends, or nobody reads us any more. */
static enum rc follow(struct logs *logs)
{
	struct pollfd *polled = mem_zalloc(logs->netns->n, sizeof(*polled));
	enum rc rc = judge(logs);
	bool ended = false;
	size_t i;

	for (i = 0; i < logs->netns->n; i++) {
		polled[i].fd = logs->parts[i].stream.fd;
		polled[i].events = POLLIN;
	}
	while (rc == RC_DONE && !ended) {
		show(logs);
		if (fflush(stdout))
			break;
		if (poll(polled, logs->netns->n, -1) < 0 && errno != EINTR) {
			output_error("log: poll: %s; try again",
				     strerror(errno));
			rc = RC_FAILED;
		}
		for (i = 0; i < logs->netns->n; i++) {
			if (!polled[i].revents)
				continue;
			read_part(&logs->parts[i]);
			ended |= !(polled[i].revents & POLLIN);
		}
		rc = rc_first(rc, judge(logs));
	}
	show(logs);
	free(polled);
	return rc;
}

static enum rc run(struct call *call)
{
	struct logs logs = { .netns = &call->netns,
			     .follow = call->option['f'] };
	enum rc rc;
	size_t i;

	logs.parts = mem_zalloc(call->netns.n, sizeof(*logs.parts));
	for (i = 0; i < call->netns.n; i++) {
		logs.parts[i].ns = &call->netns.v[i];
		logs.parts[i].stream.fd = -1;
	}
	rc = netns_each(&call->netns, open_part, &logs);
	if (logs.follow) {
		output_stream();
		rc = rc_first(rc, follow(&logs));
	} else {
		show(&logs);
		rc = rc_first(rc, judge(&logs));
	}
	for (i = 0; i < call->netns.n; i++) {
		kstream_close(&logs.parts[i].stream);
		free(logs.parts[i].v);
	}
	free(logs.parts);
	return rc;
}

static const struct verb_option options[] = {
	{ 'f', "follow", NULL, "then wait for more", NULL },
	{ 0 },
};

const struct verb verb_log = {
	.name = "log",
	.args = "",
	.what = "the last actions, and who held the sockets",
	.help = "A line for each of the last 256 actions, the oldest first. ACTION is reset, fin,\n"
		"probe, linger or evict; RESULT is done or failed. HOLDER names those that still have\n"
		"a descriptor of the socket. In mode observe nothing is done, and nothing logged.\n"
		"With -f and -j each action is a document on a line of its own.\n",
	.options = options,
	.run = run,
};
