// SPDX-License-Identifier: GPL-2.0-only
/*
 * reaperctl log: what was done, and to whose sockets.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/duration.h"
#include "base/since.h"
#include "draw/logged.h"
#include "find/logs.h"
#include "find/records.h"
#include "show/output.h"
#include "verb/verb.h"

/* The least time between two looks at the logs of other namespaces. */
#define ROUND_MS 1000

/* Who reads what is said here may have gone while there is nothing to say. */
#define READER \
	{ \
		.fd = STDOUT_FILENO \
	}

static bool reader_gone(const struct pollfd *reader)
{
	return reader->revents & (POLLERR | POLLNVAL);
}

/* What comes is all of a unit's. */
static void logs_from_now_on(struct logs *logs)
{
	logs->wanted.since_ms = 0;
	logs->wanted.most = UINT64_MAX;
}

/* Where the log of the namespace in which the tool is goes on: it can be waited
 * for. */
static enum rc follow_own(struct logs *logs)
{
	struct logpart *part = logs->parts;
	struct pollfd polled[] = {
		{ .fd = part->log.stream.fd, .events = POLLIN },
		READER,
	};
	enum rc rc = logs_judge(logs);
	bool ended = false;

	logs_from_now_on(logs);
	while (rc == RC_DONE && !ended) {
		uint64_t last;

		logged_show(logs);
		last = part->log.last.number;
		if (!output_flush())
			break;
		if (poll(polled, 2, -1) < 0 && errno != EINTR) {
			output_error("log: poll: %s; try again",
				     strerror(errno));
			rc = RC_FAILED;
		} else if (polled[0].revents) {
			logfile_read(&part->log);
			part->lost = logfile_missed(&part->log, last);
			logfile_trim(&part->log, &logs->wanted);
			ended = !(polled[0].revents & POLLIN);
		}
		ended |= reader_gone(&polled[1]);
		rc = rc_first(rc, logs_judge(logs));
	}
	logged_show(logs);
	return rc;
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ULL + now.tv_nsec / 1000000;
}

/* What has come since @before, some namespaces at a time. */
static enum rc show_news(struct logs *logs, struct logpart *parts,
			 const struct logpart *before, size_t nbefore)
{
	enum rc rc = RC_DONE;
	size_t first;
	size_t i;

	for (first = 0; rc == RC_DONE && first < logs->all->n;
	     first += LOGS_BATCH) {
		struct netns_set batch = logs_batch(logs->all, first);

		logs->netns = &batch;
		logs->parts = parts + first;
		/* What cannot be entered was said the first time. */
		output_hold_errors(before);
		logs_open(logs);
		output_hold_errors(false);
		for (i = 0; i < batch.n; i++) {
			struct logpart *part = &logs->parts[i];
			const struct logpart *was =
				logs_part_of(before, nbefore, part->inode);

			kstream_close(&part->log.stream);
			if (was)
				logfile_drop_seen(&part->log, &was->log.last);
			part->lost = was ? logfile_missed(&part->log,
							  was->log.last.number)
					 : 0;
			logfile_trim(&part->log, &logs->wanted);
		}
		rc = logs_judge(logs);
		logged_show(logs);
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
	struct logpart *before = NULL;
	size_t nbefore = 0;
	enum rc rc = RC_DONE;

	while (rc == RC_DONE) {
		uint64_t began = now_ms();
		struct logpart *parts = logs_new_parts(all->n);
		uint64_t took;

		rc = show_news(logs, parts, before, nbefore);
		logs_from_now_on(logs);
		logs_close(before, nbefore);
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
	logs_close(before, nbefore);
	return rc;
}

/* Of a time that the logs reach back to all is there. */
static void ask_journal(struct logs *logs, struct records *records)
{
	int err;

	if (!logs->wanted.since_ms)
		return;
	err = records_read(records, logs->wanted.since_ms);
	/* Where there is no journal nobody expects anything of it. */
	if (err && err != -ENOENT)
		output_error("log: journalctl: %s; what it has is left out",
			     strerror(-err));
}

/* What comes first is what the journal has, and the log no more. */
static void add_records(struct logs *logs, struct records *records)
{
	char key[NETNS_LABEL];
	size_t i;

	for (i = 0; i < logs->netns->n; i++) {
		struct logpart *part = &logs->parts[i];

		logs_trim(part, &logs->wanted,
			  records_add(records, records_netns(key, part->ns),
				      &part->log));
	}
}

static enum rc parse(struct logwanted *wanted, const struct call *call)
{
	const char *most = call->option['n'];
	const char *since = call->option['s'];

	wanted->most = UINT64_MAX;
	wanted->unit = call->option['U'];
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
	struct records records = { 0 };
	enum rc rc = RC_DONE;
	size_t first;

	ask_journal(logs, &records);
	for (first = 0; first < logs->all->n; first += LOGS_BATCH) {
		struct netns_set batch = logs_batch(logs->all, first);

		logs->netns = &batch;
		logs->parts = logs_new_parts(batch.n);
		rc = rc_first(rc, logs_open(logs));
		add_records(logs, &records);
		logged_show(logs);
		rc = rc_first(rc, logs_judge(logs));
		logs_close(logs->parts, batch.n);
	}
	records_free(&records);
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
	logs.parts = logs_new_parts(set->n);
	rc = logs_open(&logs);
	logfile_trim(&logs.parts->log, &logs.wanted);
	rc = rc_first(rc, follow_own(&logs));
	logs_close(logs.parts, set->n);
	return rc;
}

static const struct verb_option options[] = {
	{ 'n', "lines", "N", "only the last so many of a namespace", NULL },
	{ 's', "since", "TIME",
	  "only since then: 10m (ago), 16:30, \"2026-11-21 16:30:00\"", NULL },
	{ 'U', "unit", "NAME",
	  "only those of such a unit, container (its id), pod (its UID) or path",
	  NULL },
	{ 'f', "follow", NULL, "then wait for more", NULL },
	{ 0 },
};

const struct verb verb_log = {
	.name = "log",
	.args = "",
	.what = "the last actions, and who held the sockets",
	.help = "A line for each of the last actions, the oldest first. ACTION is reset, fin,\n"
		"probe, linger or evict; RESULT is done or failed. HOLDER names those that still have\n"
		"a descriptor of the socket; where all have closed it, the unit in which it was made,\n"
		"who listens at its address, or whose it was. In mode observe nothing is done, and\n"
		"nothing logged. What a log had no room for is counted.\n"
		"With -f and -j each action is a document on a line of its own.\n"
		"The namespace of a name is --netns here, or -n before the command.\n",
	.options = options,
	.run = run,
};
