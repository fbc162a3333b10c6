// SPDX-License-Identifier: GPL-2.0-only
/*
 * The log of a namespace: the last actions, a line each.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "base/mem.h"
#include "kernel/logfile.h"
#include "kernel/paths.h"
#include "kernel/stats.h"
#include "show/output.h"

static const struct rowfile_column columns[] = {
	ROWFILE_NUMBER(logline, time_ms),  ROWFILE_NUMBER(logline, age_ms),
	ROWFILE_NUMBER(logline, idle_ms),  ROWFILE_NUMBER(logline, uid),
	ROWFILE_NUMBER(logline, inode),	   ROWFILE_WORD(logline, class),
	ROWFILE_WORD(logline, state),	   ROWFILE_WORD(logline, local),
	ROWFILE_WORD(logline, remote),	   ROWFILE_WORD(logline, action),
	ROWFILE_WORD(logline, result),	   ROWFILE_NEW_NUMBER(logline, number),
	ROWFILE_NEW_NUMBER(logline, rule), ROWFILE_NEW_SHARED(logline, cgroup),
};

#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

static int take(const struct kline *line, void *arg)
{
	struct logfile *log = arg;
	struct logline *row = mem_add(log);

	log->n--;
	if (rowfile_take(&log->file, line, row))
		log->last = log->v[log->n++];
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
 * logline_same() - are two lines about one action?
 * @a: a line
 * @b: another, of the same namespace
 *
 * Return: true if so.
 */
bool logline_same(const struct logline *a, const struct logline *b)
{
	return a->number == b->number && a->time_ms == b->time_ms &&
	       a->inode == b->inode && !strcmp(a->local, b->local) &&
	       !strcmp(a->remote, b->remote) && !strcmp(a->action, b->action);
}

/* As it is called, and not as it is written; cut to @size. */
static void unescape(char *path, size_t size, const char *from)
{
	char *end = path + size - 1;
	unsigned int byte;

	while (*from && path < end) {
		if (*from == '\\' && strspn(from + 1, "01234567") >= 3 &&
		    sscanf(from + 1, "%3o", &byte) == 1) {
			*path++ = (char)byte;
			from += strlen("\\ooo");
		} else {
			*path++ = *from++;
		}
	}
	*path = '\0';
}

/**
 * logline_unit() - whose socket it was, by the cgroup in which it was made
 * @line: the line
 * @unit: the result: the unit or container
 * @pod: the result: the pod's UID, or ""
 *
 * Return: @unit, or NULL if it is not known or is of none.
 */
const char *logline_unit(const struct logline *line, char unit[CGROUP_UNIT],
			 char pod[CGROUP_POD])
{
	char path[PATH_MAX];

	unescape(path, sizeof(path), line->cgroup);
	if (!cgroup_pod(path, pod))
		*pod = '\0';
	return *path == '/' ? cgroup_unit(path, unit) : NULL;
}

/**
 * logline_fields() - a line, column by column
 * @line: the line
 * @put: called with each name and value that is known
 * @arg: handed on to @put
 */
void logline_fields(const struct logline *line,
		    void (*put)(const char *name, const char *value, void *arg),
		    void *arg)
{
	char number[24];
	size_t i;

	for (i = 0; i < COLUMNS; i++) {
		const char *at = (const char *)line + columns[i].offset;
		const char *value = at;
		uint64_t n;

		if (columns[i].size == ROWFILE_SHARED) {
			memcpy(&value, at, sizeof(value));
		} else if (!columns[i].size) {
			memcpy(&n, at, sizeof(n));
			*number_put(number, n) = '\0';
			value = n == UINT64_MAX ? "" : number;
		}
		if (*value)
			put(columns[i].name, value, arg);
	}
}

/**
 * logline_field() - take in a column, as logline_fields() gave it
 * @log: whose line it is, which keeps the string
 * @line: the line
 * @name: of the column, in any case
 * @value: its value
 *
 * Return: false if it is not as it was given.
 */
bool logline_field(struct logfile *log, struct logline *line, const char *name,
		   const char *value)
{
	const char *kept;
	size_t i;

	for (i = 0; i < COLUMNS && strcasecmp(columns[i].name, name); i++)
		;
	if (i < COLUMNS) {
		char *at = (char *)line + columns[i].offset;

		if (!columns[i].size)
			return number_parse(value, (uint64_t *)(void *)at);
		if (columns[i].size == ROWFILE_SHARED) {
			kept = rowfile_share(&log->file, value);
			memcpy(at, &kept, sizeof(kept));
			return true;
		}
		if (strlen(value) >= columns[i].size)
			return false;
		strcpy(at, value);
	}
	return true;
}

/**
 * logfile_missed() - how many actions are missing among the lines
 * @log: what was read, in the order of time
 * @after: number of the last one before these, 0 at the beginning
 *
 * Return: how many; 0 also if the module does not number them.
 */
uint64_t logfile_missed(const struct logfile *log, uint64_t after)
{
	uint64_t missed = 0;
	size_t i;

	for (i = 0; i < log->n; i++) {
		const struct logline *line = &log->v[i];

		/* Each load begins with 1. */
		if (i && line->load != line[-1].load)
			after = 0;
		if (line->number == UINT64_MAX || line->number <= after)
			continue;
		missed += i || !line->left_out
				  ? line->number - after - !line->left_out
				  : line->left_out;
		after = line->number;
	}
	return missed;
}

static bool is_wanted(const struct logline *line,
		      const struct logwanted *wanted)
{
	char path[PATH_MAX];

	if (line->time_ms < wanted->since_ms || line->left_out)
		return false;
	if (!wanted->unit)
		return true;
	unescape(path, sizeof(path), line->cgroup);
	return cgroup_is_of(path, wanted->unit);
}

/**
 * logfile_trim() - leave of what was read only what is wanted
 * @log: what was read
 * @wanted: that
 */
void logfile_trim(struct logfile *log, const struct logwanted *wanted)
{
	size_t kept = 0;
	size_t i;

	for (i = 0; i < log->n; i++) {
		if (is_wanted(&log->v[i], wanted))
			log->v[kept++] = log->v[i];
	}
	log->n = kept;
	if (log->n <= wanted->most)
		return;
	log->n = wanted->most;
	memmove(log->v, log->v + kept - log->n, log->n * sizeof(*log->v));
}

/**
 * logfile_drop_seen() - drop what was there before
 * @log: read from its beginning
 * @last: the last line that was there
 */
void logfile_drop_seen(struct logfile *log, const struct logline *last)
{
	size_t seen = log->n;

	/* Where it is gone all are new. */
	while (seen && !logline_same(&log->v[seen - 1], last))
		seen--;
	log->n -= seen;
	if (seen && log->n)
		memmove(log->v, log->v + seen, log->n * sizeof(*log->v));
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
	rowfile_free(&log->file);
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
