// SPDX-License-Identifier: GPL-2.0-only
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
#include <unistd.h>

#include "base/duration.h"
#include "base/mem.h"
#include "base/since.h"
#include "draw/names.h"
#include "draw/users.h"
#include "kernel/listeners.h"
#include "kernel/loaded.h"
#include "kernel/logfile.h"
#include "kernel/proc.h"
#include "show/output.h"
#include "verb/verb.h"

/* The least time between two looks at the logs of other namespaces. */
#define ROUND_MS 1000

/* So many namespaces are read at a time, each with 256 lines at most. */
#define BATCH 256

/* 2026-11-21 09:16:36.123, with room for a year gone mad. */
#define TIME_TEXT 48

/* What was asked for of what is there already. */
struct wanted {
	uint64_t since_ms;
	uint64_t most; /* of a namespace, the last ones */
};

/* The log of a namespace. */
struct part {
	const struct netns *ns;
	uint64_t inode; /* of the namespace, which may be gone */
	struct logfile log;
};

struct logs {
	const struct netns_set *all;
	struct netns_set *netns; /* those of them that are read now */
	struct part *parts;
	struct wanted wanted;
	bool follow;
	bool begun; /* the heading was shown */
};

static enum rc open_part(const struct netns *ns, void *arg)
{
	struct logs *logs = arg;
	struct part *part = &logs->parts[ns - logs->netns->v];

	part->inode = ns->inode;
	logfile_open(&part->log);
	/* Only one is read on; there may be thousands. */
	if (logs->netns->many)
		kstream_close(&part->log.stream);
	return RC_DONE;
}

/* The namespaces from @first on, as many as are read at a time. */
static struct netns_set batch_of(const struct netns_set *all, size_t first)
{
	struct netns_set batch = *all;

	batch.v += first;
	batch.n = batch.n - first < BATCH ? batch.n - first : BATCH;
	return batch;
}

/* Return: parts of which none is open, for close_parts(). */
static struct part *new_parts(size_t n)
{
	struct part *parts = mem_zalloc(n, sizeof(*parts));
	size_t i;

	for (i = 0; i < n; i++)
		parts[i].log.stream.fd = -1;
	return parts;
}

/* Read the logs from their beginning. */
static enum rc open_parts(struct logs *logs)
{
	size_t i;

	for (i = 0; i < logs->netns->n; i++)
		logs->parts[i].ns = &logs->netns->v[i];
	return netns_each(logs->netns, open_part, logs);
}

static void close_parts(struct part *parts, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		logfile_free(&parts[i].log);
	free(parts);
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

	*text = '\0';
	if (holder) {
		names_unit(text, relatives_get(people->relatives, holder->pid));
		return;
	}
	if (first) {
		text_add(text, "; ");
		names_accepters(text, people->relatives, first);
		output_string("listens", text + strlen("; "));
		text_add(text, ", listens there");
	} else if (entry->inode) {
		text_add(text, "; of uid %" PRIu64, entry->uid);
	}
}

static void show_entry(const struct logs *logs, const struct part *part,
		       const struct logline *entry, const struct people *people)
{
	const struct listeners *listeners =
		&people->listeners[part - logs->parts];
	char age[DURATION_TEXT];
	char when[TIME_TEXT];
	char maker[TEXT];
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

/* Show what was read and not shown. A reaped socket may still have holders. */
static void show(struct logs *logs)
{
	struct people people;
	size_t i;
	size_t e;

	find_people(&people, logs);
	for (i = 0; i < logs->netns->n; i++) {
		struct part *part = &logs->parts[i];

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
		for (e = 0; e < part->log.n; e++)
			show_entry(logs, part, &part->log.v[e], &people);
		part->log.n = 0;
		if (!logs->follow && !part->log.err) {
			output_close();
			output_close();
		}
	}
	forget_people(&people, logs->netns->n);
}

/* What went wrong in any of them. */
static enum rc judge(const struct logs *logs)
{
	enum rc rc = RC_DONE;
	size_t i;

	for (i = 0; i < logs->netns->n; i++) {
		const struct part *part = &logs->parts[i];

		if (part->log.err && !loaded()) {
			output_error("module unloaded; modprobe tcp_reaper");
			return RC_UNLOADED;
		}
		rc = rc_first(rc, logfile_report(&part->log, part->ns));
	}
	return rc;
}

/* Who reads what is said here may have gone while there is nothing to say. */
#define READER \
	{ \
		.fd = STDOUT_FILENO \
	}

static bool reader_gone(const struct pollfd *reader)
{
	return reader->revents & (POLLERR | POLLNVAL);
}

/* Where the log of the namespace in which the tool is goes on: it can be waited
 * for. */
static enum rc follow_own(struct logs *logs)
{
	struct part *part = logs->parts;
	struct pollfd polled[] = {
		{ .fd = part->log.stream.fd, .events = POLLIN },
		READER,
	};
	enum rc rc = judge(logs);
	bool ended = false;

	while (rc == RC_DONE && !ended) {
		show(logs);
		if (!output_flush())
			break;
		if (poll(polled, 2, -1) < 0 && errno != EINTR) {
			output_error("log: poll: %s; try again",
				     strerror(errno));
			rc = RC_FAILED;
		} else if (polled[0].revents) {
			logfile_read(&part->log);
			ended = !(polled[0].revents & POLLIN);
		}
		ended |= reader_gone(&polled[1]);
		rc = rc_first(rc, judge(logs));
	}
	show(logs);
	return rc;
}

static const struct logfile *log_of(const struct part *parts, size_t n,
				    uint64_t inode)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (parts[i].inode == inode)
			return &parts[i].log;
	}
	return NULL;
}

/* Of what is there already. */
static void trim(struct part *part, const struct wanted *wanted)
{
	logfile_trim(&part->log, wanted->since_ms, wanted->most);
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ULL + now.tv_nsec / 1000000;
}

/* What has come since @before, some namespaces at a time. */
static enum rc show_news(struct logs *logs, struct part *parts,
			 const struct part *before, size_t nbefore)
{
	enum rc rc = RC_DONE;
	size_t first;
	size_t i;

	for (first = 0; rc == RC_DONE && first < logs->all->n; first += BATCH) {
		struct netns_set batch = batch_of(logs->all, first);

		logs->netns = &batch;
		logs->parts = parts + first;
		/* What cannot be entered was said the first time. */
		output_hold_errors(before);
		open_parts(logs);
		output_hold_errors(false);
		for (i = 0; i < batch.n; i++) {
			struct logfile *log = &logs->parts[i].log;

			kstream_close(&log->stream);
			logfile_drop_seen(log, log_of(before, nbefore,
						      logs->parts[i].inode));
			if (!before)
				trim(&logs->parts[i], &logs->wanted);
		}
		rc = judge(logs);
		show(logs);
		for (i = 0; i < batch.n; i++) {
			free(logs->parts[i].log.v);
			logs->parts[i].log.v = NULL;
		}
	}
	return rc;
}

/*
 * Of other namespaces: an open file keeps one alive, with its devices, as does
 * a process in it. So they are looked for and at from time to time, and let go.
 */
static enum rc follow_others(struct logs *logs, struct netns_set *all)
{
	struct pollfd reader = READER;
	struct part *before = NULL;
	size_t nbefore = 0;
	enum rc rc = RC_DONE;

	while (rc == RC_DONE) {
		uint64_t began = now_ms();
		struct part *parts = new_parts(all->n);
		uint64_t took;

		rc = show_news(logs, parts, before, nbefore);
		close_parts(before, nbefore);
		before = parts;
		nbefore = all->n;
		if (rc != RC_DONE || !output_flush())
			break;
		netns_let_go(all);
		/* At most a twentieth of the time, however many there are. */
		took = (now_ms() - began) * 20;
		poll(&reader, 1,
		     (int)(took < ROUND_MS ? ROUND_MS
			   : took < 60000  ? took
					   : 60000));
		if (reader_gone(&reader))
			break;
		rc = netns_select_again(all);
	}
	close_parts(before, nbefore);
	return rc;
}

static enum rc parse(struct wanted *wanted, const struct call *call)
{
	const char *most = call->option['n'];
	const char *since = call->option['s'];

	wanted->most = UINT64_MAX;
	if (most && !number_parse(most, &wanted->most))
		return output_usage("log", "-n %s: not a number", most);
	if (since && !since_parse(since, &wanted->since_ms))
		return output_usage("log",
				    "-s %s: neither a span, as 10m, nor a time, as 16:30 or 2026-11-21 16:30:00",
				    since);
	return RC_DONE;
}

/* Anybody may have made thousands of namespaces: some at a time. */
static enum rc show_all(struct logs *logs)
{
	enum rc rc = RC_DONE;
	size_t first;
	size_t i;

	for (first = 0; first < logs->all->n; first += BATCH) {
		struct netns_set batch = batch_of(logs->all, first);

		logs->netns = &batch;
		logs->parts = new_parts(batch.n);
		rc = rc_first(rc, open_parts(logs));
		for (i = 0; i < batch.n; i++)
			trim(&logs->parts[i], &logs->wanted);
		show(logs);
		rc = rc_first(rc, judge(logs));
		close_parts(logs->parts, batch.n);
	}
	return rc;
}

static enum rc run(struct call *call)
{
	struct netns_set *set = &call->netns;
	struct logs logs = { .all = set,
			     .netns = set,
			     .follow = call->option['f'] };
	enum rc rc = parse(&logs.wanted, call);

	if (rc != RC_DONE)
		return rc;
	if (!logs.follow)
		return show_all(&logs);
	output_stream();
	if (set->many || set->name || set->pid)
		return follow_others(&logs, set);
	logs.parts = new_parts(set->n);
	rc = open_parts(&logs);
	trim(logs.parts, &logs.wanted);
	rc = rc_first(rc, follow_own(&logs));
	close_parts(logs.parts, set->n);
	return rc;
}

static const struct verb_option options[] = {
	{ 'n', "lines", "N", "only the last so many of a namespace", NULL },
	{ 's', "since", "TIME",
	  "only since then: 10m (ago), 16:30, \"2026-11-21 16:30:00\"", NULL },
	{ 'f', "follow", NULL, "then wait for more", NULL },
	{ 0 },
};

const struct verb verb_log = {
	.name = "log",
	.args = "",
	.what = "the last actions, and who held the sockets",
	.help = "A line for each of the last 256 actions, the oldest first. ACTION is reset, fin,\n"
		"probe, linger or evict; RESULT is done or failed. HOLDER names those that still have\n"
		"a descriptor of the socket; where all have closed it, who listens at its address, or\n"
		"whose it was. In mode observe nothing is done, and nothing logged.\n"
		"With -f and -j each action is a document on a line of its own.\n"
		"The namespace of a name is --netns here, or -n before the command.\n",
	.options = options,
	.run = run,
};
