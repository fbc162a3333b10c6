// SPDX-License-Identifier: GPL-2.0-only
/*
 * The log of a namespace: the last actions, a line each.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "kernel/logfile.h"
#include "kernel/paths.h"
#include "kernel/stats.h"
#include "show/output.h"

/* So many actions a log has room for. */
#define LOG_MAX 256

static const struct rowfile_column columns[] = {
	ROWFILE_NUMBER(logline, time_ms), ROWFILE_NUMBER(logline, age_ms),
	ROWFILE_NUMBER(logline, idle_ms), ROWFILE_NUMBER(logline, uid),
	ROWFILE_NUMBER(logline, inode),	  ROWFILE_WORD(logline, class),
	ROWFILE_WORD(logline, state),	  ROWFILE_WORD(logline, local),
	ROWFILE_WORD(logline, remote),	  ROWFILE_WORD(logline, action),
	ROWFILE_WORD(logline, result),
};

#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

/* FNV-1a. */
static uint64_t hash(const char *text)
{
	uint64_t sum = 0xcbf29ce484222325ULL;

	while (*text)
		sum = (sum ^ (unsigned char)*text++) * 0x100000001b3ULL;
	return sum;
}

static int take(const struct kline *line, void *arg)
{
	struct logfile *log = arg;
	struct logline *row;

	log->v = mem_grow(log->v, log->n, &log->cap, sizeof(*log->v));
	row = &log->v[log->n];
	/* Before the line is cut up. */
	row->hash = hash(line->text);
	log->n += rowfile_take(&log->file, line, row);
	return !log->file.fields;
}

/**
 * logfile_read() - read on, as far as there is anything
 * @log: open
 */
void logfile_read(struct logfile *log)
{
	struct kline rest;

	log->err = kstream_read(&log->stream, take, log);
	/* A first line that is wrong is among the bad ones. */
	if (log->err > 0)
		log->err = 0;
	rest.no = log->stream.lines + 1;
	if (!log->err && !log->stream.lines)
		badlines_add(&log->file.bad, &rest, "is missing");
	else if (!log->err && log->stream.len)
		badlines_add(&log->file.bad, &rest, "is cut short");
}

/**
 * logfile_open() - read what there is, where the caller is
 * @log: zeroed, @stream.fd -1; logfile_free() it
 */
void logfile_open(struct logfile *log)
{
	log->file.columns = columns;
	log->file.n = COLUMNS;
	log->err = kstream_open(&log->stream, PROC_LOG);
	if (!log->err)
		logfile_read(log);
}

/**
 * logfile_trim() - leave of what was read only what is wanted
 * @log: what was read
 * @since_ms: what was done since then
 * @most: the last so many of it
 */
void logfile_trim(struct logfile *log, uint64_t since_ms, uint64_t most)
{
	size_t kept = 0;
	size_t i;

	for (i = 0; i < log->n; i++) {
		if (log->v[i].time_ms >= since_ms)
			log->v[kept++] = log->v[i];
	}
	log->n = kept;
	if (log->n <= most)
		return;
	log->n = most;
	memmove(log->v, log->v + kept - log->n, log->n * sizeof(*log->v));
}

/**
 * logfile_drop_seen() - remember what is there, and drop what was there before
 * @log: read from its beginning
 * @before: likewise, some time ago; or NULL
 */
void logfile_drop_seen(struct logfile *log, const struct logfile *before)
{
	size_t nbefore = before ? before->nseen : 0;
	size_t k = 0;
	size_t i;

	log->seen = mem_zalloc(log->n, sizeof(*log->seen));
	log->nseen = log->n;
	for (i = 0; i < log->n; i++)
		log->seen[i] = log->v[i].hash;
	/* The end of what was there is the beginning of what is there. */
	while (k < nbefore && (nbefore - k > log->nseen ||
			       memcmp(before->seen + k, log->seen,
				      (nbefore - k) * sizeof(*log->seen)) != 0))
		k++;
	if (nbefore && k == nbefore && log->nseen >= LOG_MAX)
		output_error(
			"log: too many actions at once: some before the next were missed");
	k = nbefore - k;
	log->n -= k;
	if (log->n)
		memmove(log->v, log->v + k, log->n * sizeof(*log->v));
}

/**
 * logfile_report() - say how the reading went
 * @log: what was read
 * @ns: where
 *
 * Return: RC_DONE if all was well, else RC_FAILED after a line on stderr.
 */
enum rc logfile_report(const struct logfile *log, const struct netns *ns)
{
	return badlines_report(&log->file.bad, PROC_LOG, ns, log->err);
}

/**
 * logfile_free() - let go of it
 * @log: opened, or not
 */
void logfile_free(struct logfile *log)
{
	kstream_close(&log->stream);
	free(log->v);
	free(log->seen);
}

/* By socket, the last line of each first. */
static int by_inode(const void *a, const void *b)
{
	const struct logline *x = a;
	const struct logline *y = b;

	if (x->inode != y->inode)
		return x->inode < y->inode ? -1 : 1;
	return (x->time_ms < y->time_ms) - (x->time_ms > y->time_ms);
}

/* A probe ends nothing that is well. */
static bool ended(const struct logline *line)
{
	return !strcmp(line->result, "done") &&
	       strcmp(line->action, "probe") != 0;
}

/* As the counters have it: after a FIN it is counted already. */
static bool counted(const struct logline *line)
{
	return strcmp(line->class, "orphan") != 0 &&
	       strcmp(line->action, "linger") != 0;
}

/**
 * reaped_each() - the sockets that a namespace's log says were ended
 * @ns: where the caller is
 * @fn: called with the last line about each
 * @arg: handed on to @fn
 * @told: how many had an owner, or were to have one; added to
 *
 * Their descriptors stay open until their owner closes them.
 *
 * Return: as logfile_report(); what was right is handed over nevertheless.
 */
enum rc reaped_each(const struct netns *ns, reaped_fn fn, void *arg,
		    uint64_t *told)
{
	struct logfile log = { .stream.fd = -1 };
	uint64_t last = 0;
	enum rc rc;
	size_t i;

	logfile_open(&log);
	if (log.n)
		qsort(log.v, log.n, sizeof(*log.v), by_inode);
	for (i = 0; i < log.n; i++) {
		if (!ended(&log.v[i]))
			continue;
		*told += counted(&log.v[i]);
		if (log.v[i].inode == last)
			continue;
		last = log.v[i].inode;
		fn(&log.v[i], arg);
	}
	rc = logfile_report(&log, ns);
	logfile_free(&log);
	return rc;
}

static void take_ended(const struct logline *line, void *arg)
{
	struct reaped *reaped = arg;

	*mem_add(reaped) = (struct ended){ line->inode, line->uid };
}

/* How many were ended that had an owner, since the module is loaded? */
static uint64_t ended_ever(const struct netns *ns)
{
	static const char *const held[] = { "close_wait", "fin_wait2",
					    "established" };
	struct stats stats = { 0 };
	uint64_t sum = 0;
	size_t c;

	/* What is wrong with the file others say. */
	output_hold_errors(true);
	stats_read(&stats, ns);
	output_hold_errors(false);
	for (c = 0; c < sizeof(held) / sizeof(held[0]); c++) {
		const struct stat_entry *entry =
			stats_get(&stats, held[c], "reaped");

		sum += entry ? entry->value : 0;
	}
	stats_free(&stats);
	return sum;
}

/**
 * reaped_read() - add the sockets that a namespace's log says were ended
 * @reaped: zeroed at first; its @v is to be freed in any case
 * @ns: where the caller is
 *
 * Return: as reaped_each().
 */
enum rc reaped_read(struct reaped *reaped, const struct netns *ns)
{
	/* Before the log, which gets its line first. */
	uint64_t ever = ended_ever(ns);
	uint64_t told = 0;
	enum rc rc = reaped_each(ns, take_ended, reaped, &told);

	reaped->lost += ever > told ? ever - told : 0;
	return rc;
}
