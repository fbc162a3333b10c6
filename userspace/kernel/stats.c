// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counters and gauges of a namespace: lines of NAME VALUE. Names that are not
 * known here are carried along.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "base/mem.h"
#include "kernel/badlines.h"
#include "kernel/kfile.h"
#include "kernel/paths.h"
#include "kernel/stats.h"
#include "show/output.h"

/* Far more than there are: a file without end must come to one. */
#define STATS_MAX 4096

struct reading {
	struct stats *stats;
	struct badlines bad;
};

/* How much of @text may be a name. */
static size_t name_length(const char *text)
{
	size_t len = 0;

	while (isalnum((unsigned char)text[len]) || text[len] == '_')
		len++;
	return len;
}

static const char *parse(struct stat_entry *entry, char *text)
{
	char *value = strchr(text, ' ');
	size_t len;

	if (!value)
		return "has no value";
	*value++ = '\0';
	len = name_length(text);
	if (!len || text[len] || len >= STAT_NAME)
		return "has no name";
	if (!number_parse(value, &entry->value))
		return "has no number";
	memcpy(entry->name, text, len + 1);
	return NULL;
}

static int take(const struct kline *line, void *arg)
{
	struct reading *reading = arg;
	struct stats *stats = reading->stats;
	struct stat_entry entry = { .shown = false };
	const char *why = line->bad ? line->bad : parse(&entry, line->text);

	if (!why && stats->n == STATS_MAX)
		why = "is one too many";
	if (!why && stats_get(stats, "", entry.name))
		why = "repeats a name";
	if (why) {
		badlines_add(&reading->bad, line, why);
		return 0;
	}
	*mem_add(stats) = entry;
	return 0;
}

/**
 * stats_read() - read them all
 * @stats: zeroed; stats_free() it in any case
 * @ns: where the caller is, for the message
 *
 * Return: RC_DONE, or RC_FAILED after a line on stderr; what was right is in
 * @stats nevertheless.
 */
enum rc stats_read(struct stats *stats, const struct netns *ns)
{
	struct reading reading = { .stats = stats };
	int err = kfile_lines(PROC_STATS, take, &reading);

	return badlines_report(&reading.bad, PROC_STATS, ns, err);
}

/**
 * stats_read_more() - those of a file that need not be there
 * @stats: zeroed; stats_free() it in any case
 * @path: PROC_OTHERS, which only the host's initial namespace has: what all
 *	others counted, those that are gone as well; or PROC_AGES, which a
 *	module of before has not
 * @ns: where the caller is
 *
 * Return: as stats_read().
 */
enum rc stats_read_more(struct stats *stats, const char *path,
			const struct netns *ns)
{
	struct reading reading = { .stats = stats };
	int err = kfile_lines(path, take, &reading);

	if (err == -ENOENT)
		err = 0;
	return badlines_report(&reading.bad, path, ns, err);
}

static bool is_gauge(const char *name)
{
	const char *end = strrchr(name, '_');

	return end && end > name && !strcmp(end, "_tracked");
}

/**
 * stats_add() - add those of one namespace to others
 * @sum: zeroed at first; stats_free() it
 * @more: what is added
 * @gauges_only: leave out the counters
 */
void stats_add(struct stats *sum, const struct stats *more, bool gauges_only)
{
	size_t i;

	for (i = 0; i < more->n; i++) {
		struct stat_entry *entry = stats_get(sum, "", more->v[i].name);

		if (gauges_only && !is_gauge(more->v[i].name))
			continue;
		if (entry)
			entry->value += more->v[i].value;
		else
			*mem_add(sum) = more->v[i];
	}
}

/**
 * stats_free() - forget them
 * @stats: what was read
 */
void stats_free(struct stats *stats)
{
	free(stats->v);
	memset(stats, 0, sizeof(*stats));
}

/**
 * stats_get() - one of them
 * @stats: all
 * @prefix: its class and nothing else, or ""
 * @name: its name, without the class
 *
 * Return: the entry, or NULL.
 */
struct stat_entry *stats_get(const struct stats *stats, const char *prefix,
			     const char *name)
{
	size_t len = strlen(prefix);
	size_t i;

	for (i = 0; i < stats->n; i++) {
		const char *have = stats->v[i].name;

		if (strncmp(have, prefix, len))
			continue;
		if (len && have[len] != '_')
			continue;
		if (!strcmp(have + len + !!len, name))
			return &stats->v[i];
	}
	return NULL;
}
