// SPDX-License-Identifier: GPL-2.0-only
/*
 * The families about namespaces. Those that are named are in "other" as well,
 * so they have families of their own: a sum over a family counts nothing twice.
 */
#include <stdio.h>
#include <string.h>

#include "base/duration.h"
#include "draw/families.h"
#include "find/census.h"
#include "show/metric.h"

#define AGES "close_wait_age_ms_le_"

/* Which of the places are shown now. */
struct part {
	const struct census *census;
	bool named;
};

struct row {
	const char *stat;
	const char *help;
};

/* A sample a class. */
static const struct row by_class[] = {
	{ "seen",
	  "Transitions into a class that were noted; most sockets are closed at once and never tracked." },
	{ "taken",
	  "Sockets that lingered and were taken in for tracking; they are tracked, recovered, reaped, evicted or forgotten." },
	{ "recovered", "Tracked sockets that left by themselves." },
	{ "reaped", "Sockets that were ended." },
	{ "would_reap",
	  "Sockets that enforce would have ended, in mode observe." },
	{ "would_probe",
	  "Connections that enforce would have probed, in mode observe." },
	{ "evicted",
	  "Sockets that were ended because there were more than the maximum." },
	{ "forgotten",
	  "Tracked sockets that were let go of because nobody asks for their class any more." },
};

static const struct row by_netns[] = {
	{ "adopted", "Sockets that no hook saw and a census found." },
	{ "braked",
	  "Sockets that were due and had to wait, as there were too many in a second." },
	{ "raced", "Sockets that changed between decision and action." },
	{ "reap_failed", "Sockets that could not be ended." },
	{ "hook_missed", "Changes that the hook did not see." },
	{ "queue_lost", "Changes that came too fast for the ring." },
	{ "census_runs", "Walks over all connections." },
	{ "track_failed", "Sockets not tracked for want of memory or room." },
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* The next place of the part from @i on, which is behind it then. */
static const struct place *next(const struct part *part, size_t *i)
{
	while (*i < part->census->n) {
		const struct place *place = &part->census->v[(*i)++];

		if (place->named == part->named)
			return place;
	}
	return NULL;
}

static void family(const struct part *part, const char *name,
		   enum metric_type type, const char *unit, const char *help)
{
	char full[METRIC_NAME];

	snprintf(full, sizeof(full), "tcp_reaper_%s%s",
		 part->named ? "netns_" : "", name);
	metric_family(full, type, unit, help);
}

static void show_classes(const struct part *part, const char *stat)
{
	const struct place *place;
	size_t i = 0;
	size_t c;

	while ((place = next(part, &i))) {
		for (c = 0; c < CLASSES; c++) {
			const struct metric_label labels[] = {
				{ "netns", place->label },
				{ "class", classes[c] },
				{ 0 },
			};
			const struct stat_entry *entry =
				stats_get(&place->stats, classes[c], stat);

			if (entry)
				metric_count(labels, entry->value);
		}
	}
}

static void show_seconds(const struct place *place, size_t class, uint64_t ms)
{
	const struct metric_label labels[] = {
		{ "netns", place->label },
		{ "class", classes[class] },
		{ 0 },
	};

	metric_sample(labels, (double)ms / 1e3);
}

static void show_ages(const struct part *part)
{
	const struct place *place;
	size_t i = 0;
	size_t c;

	family(part, "oldest_age_seconds", METRIC_GAUGE, "seconds",
	       "Age of the oldest tracked socket, 0 if there is none.");
	while ((place = next(part, &i))) {
		for (c = 0; c < CLASSES; c++) {
			if (stats_get(&place->stats, classes[c], "tracked"))
				show_seconds(place, c, place->oldest_ms[c]);
		}
	}
	family(part, "timeout_seconds", METRIC_GAUGE, "seconds",
	       "After how long sockets are ended; 0 is never.");
	for (i = 0; (place = next(part, &i));) {
		for (c = 0; c < CLASSES; c++) {
			if (place->timeout_ms[c] != UINT64_MAX)
				show_seconds(place, c, place->timeout_ms[c]);
		}
	}
}

static void show_spared(const struct part *part)
{
	const struct place *place;
	size_t i = 0;
	size_t s;

	family(part, "spared", METRIC_COUNTER, NULL,
	       "Sockets that were left alone, by reason.");
	while ((place = next(part, &i))) {
		for (s = 0; s < place->stats.n; s++) {
			const struct stat_entry *entry = &place->stats.v[s];
			const struct metric_label labels[] = {
				{ "netns", place->label },
				{ "reason", entry->name + strlen("spared_") },
				{ 0 },
			};

			if (!strncmp(entry->name, "spared_", 7))
				metric_count(labels, entry->value);
		}
	}
}

/* A bound of the file in milliseconds becomes one in seconds. */
static bool bound_of(char text[32], const char *name)
{
	uint64_t ms;

	if (strncmp(name, AGES, strlen(AGES)))
		return false;
	name += strlen(AGES);
	if (!strcmp(name, "inf"))
		strcpy(text, "+Inf");
	else if (number_parse(name, &ms) && ms % 1000)
		snprintf(text, 32, "%.3f", (double)ms / 1e3);
	else if (number_parse(name, &ms))
		snprintf(text, 32, "%.1f", (double)ms / 1e3);
	else
		return false;
	return true;
}

static void show_histogram(const struct part *part)
{
	const struct place *place;
	char bound[32];
	size_t i = 0;
	size_t s;

	family(part, "close_wait_age_seconds", METRIC_HISTOGRAM, "seconds",
	       "Age in CLOSE_WAIT at the end of tracking.");
	while ((place = next(part, &i))) {
		const struct stats *stats = &place->stats;
		const struct stat_entry *count =
			stats_get(stats, "", AGES "inf");
		const struct stat_entry *sum =
			stats_get(stats, "", "close_wait_age_ms_sum");
		const struct metric_label labels[] = {
			{ "netns", place->label },
			{ "le", bound },
			{ 0 },
		};
		const struct metric_label whole[] = { labels[0], { 0 } };

		for (s = 0; s < stats->n; s++) {
			if (bound_of(bound, stats->v[s].name))
				metric_count(labels, stats->v[s].value);
		}
		if (count && sum)
			metric_histogram(whole, count->value,
					 (double)sum->value / 1e3);
	}
}

static void show_part(const struct part *part)
{
	size_t f;

	family(part, "sockets", METRIC_GAUGE, NULL,
	       "Sockets that linger and are tracked now.");
	show_classes(part, "tracked");
	for (f = 0; f < COUNT(by_class); f++) {
		family(part, by_class[f].stat, METRIC_COUNTER, NULL,
		       by_class[f].help);
		show_classes(part, by_class[f].stat);
	}
	show_spared(part);
	for (f = 0; f < COUNT(by_netns); f++) {
		const struct place *place;
		size_t i = 0;

		family(part, by_netns[f].stat, METRIC_COUNTER, NULL,
		       by_netns[f].help);
		while ((place = next(part, &i))) {
			const struct metric_label labels[] = {
				{ "netns", place->label },
				{ 0 },
			};
			const struct stat_entry *entry =
				stats_get(&place->stats, "", by_netns[f].stat);

			if (entry)
				metric_count(labels, entry->value);
		}
	}
	show_ages(part);
	show_histogram(part);
}

/**
 * families_show() - the families about namespaces
 * @census: all of them taken
 */
void families_show(const struct census *census)
{
	const struct part named = { census, true };
	size_t i = 0;

	show_part(&(struct part){ census, false });
	if (next(&named, &i))
		show_part(&named);
}
