// SPDX-License-Identifier: GPL-2.0
/*
 * reaperctl metrics: for Prometheus and what reads its formats.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "duration.h"
#include "kfile.h"
#include "knobs.h"
#include "metric.h"
#include "metrics.h"
#include "output.h"
#include "verb.h"

#define LIMIT_DEFAULT 50

#define AGES "close_wait_age_ms_le_"

struct family {
	const char *stat;
	const char *name;
	const char *help;
};

/* A sample a class. */
static const struct family by_class[] = {
	{ "seen", "tcp_reaper_seen",
	  "Sockets that began to linger and were tracked." },
	{ "recovered", "tcp_reaper_recovered",
	  "Tracked sockets that left by themselves." },
	{ "reaped", "tcp_reaper_reaped", "Sockets that were ended." },
	{ "would_reap", "tcp_reaper_would_reap",
	  "Sockets that enforce would have ended, in mode observe." },
	{ "evicted", "tcp_reaper_evicted",
	  "Sockets that were ended because there were more than the maximum." },
};

static const struct family by_netns[] = {
	{ "adopted", "tcp_reaper_adopted",
	  "Sockets that no hook saw and a census found." },
	{ "raced", "tcp_reaper_raced",
	  "Sockets that changed between decision and action." },
	{ "reap_failed", "tcp_reaper_reap_failed",
	  "Sockets that could not be ended." },
	{ "hook_missed", "tcp_reaper_hook_missed",
	  "Changes that the hook did not see." },
	{ "queue_lost", "tcp_reaper_queue_lost",
	  "Changes that came too fast for the ring." },
	{ "census_runs", "tcp_reaper_census_runs",
	  "Walks over all connections." },
	{ "track_failed", "tcp_reaper_track_failed",
	  "Sockets not tracked for want of memory or room." },
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct gathering {
	struct survey survey;
	struct census census;
};

static enum rc take(const struct netns *ns, void *arg)
{
	struct gathering *g = arg;
	size_t i = ns - g->survey.netns->v;

	return census_take(&g->census, ns, &g->survey.parts[i].sockets);
}

static void show_classes(const struct census *census, const char *stat)
{
	size_t i;
	size_t c;

	for (i = 0; i < census->n; i++) {
		const struct place *place = &census->v[i];

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

static void show_ages(const struct census *census)
{
	size_t i;
	size_t c;

	metric_family("tcp_reaper_oldest_age_seconds", METRIC_GAUGE, "seconds",
		      "Age of the oldest tracked socket, 0 if there is none.");
	for (i = 0; i < census->n; i++) {
		const struct place *place = &census->v[i];

		for (c = 0; c < CLASSES; c++) {
			const struct metric_label labels[] = {
				{ "netns", place->label },
				{ "class", classes[c] },
				{ 0 },
			};

			if (stats_get(&place->stats, classes[c], "tracked"))
				metric_sample(labels,
					      (double)place->oldest_ms[c] /
						      1e3);
		}
	}
	metric_family("tcp_reaper_timeout_seconds", METRIC_GAUGE, "seconds",
		      "After how long sockets are ended; 0 is never.");
	for (i = 0; i < census->n; i++) {
		const struct place *place = &census->v[i];

		for (c = 0; c < CLASSES; c++) {
			const struct metric_label labels[] = {
				{ "netns", place->label },
				{ "class", classes[c] },
				{ 0 },
			};

			if (place->timeout_ms[c] != UINT64_MAX)
				metric_sample(labels,
					      (double)place->timeout_ms[c] /
						      1e3);
		}
	}
}

static void show_spared(const struct census *census)
{
	size_t i;
	size_t s;

	metric_family("tcp_reaper_spared", METRIC_COUNTER, NULL,
		      "Sockets that were left alone, by reason.");
	for (i = 0; i < census->n; i++) {
		const struct place *place = &census->v[i];

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

static void show_histogram(const struct census *census)
{
	char bound[32];
	size_t i;
	size_t s;

	metric_family("tcp_reaper_close_wait_age_seconds", METRIC_HISTOGRAM,
		      "seconds", "Age in CLOSE_WAIT at the end of tracking.");
	for (i = 0; i < census->n; i++) {
		const struct place *place = &census->v[i];

		for (s = 0; s < place->stats.n; s++) {
			const struct stat_entry *entry = &place->stats.v[s];
			const struct metric_label labels[] = {
				{ "netns", place->label },
				{ "le", bound },
				{ 0 },
			};

			if (bound_of(bound, entry->name))
				metric_count(labels, entry->value);
		}
	}
}

/* Of what the module says of its hook, the part that is no count. */
static void show_hook(void)
{
	char hook[KNOB_VALUE];
	struct metric_label label[] = { { "hook", hook }, { 0 } };
	bool worse;

	if (kfile_value(SYS_MODULE "/parameters/hook", hook, sizeof(hook)))
		return;
	worse = !strncmp(hook, "none", 4) || strstr(hook, "blind");
	hook[strcspn(hook, ";\n")] = '\0';
	metric_family("tcp_reaper_hook_info", METRIC_GAUGE, NULL,
		      "How changes are seen as they happen.");
	metric_count(label, 1);
	metric_family("tcp_reaper_hook_degraded", METRIC_GAUGE, NULL,
		      "Whether there is no hook, or not the best: sockets are then found late.");
	metric_count(NULL, worse);
}

static void show_machine(const struct census *census)
{
	struct metric_label label[] = { { "mode", "" }, { 0 } };
	char version[64];
	struct metric_label versions[] = { { "reaperctl", REAPERCTL_VERSION },
					   { "module", version },
					   { 0 } };
	size_t m;

	metric_family("tcp_reaper_up", METRIC_GAUGE, NULL,
		      "Whether the module is loaded.");
	metric_count(NULL, 1);
	if (kfile_value(SYS_MODULE "/version", version, sizeof(version)))
		strcpy(version, "");
	metric_family("tcp_reaper_version_info", METRIC_GAUGE, NULL,
		      "Versions of the tool and of the module.");
	metric_count(versions, 1);
	show_hook();
	metric_family("tcp_reaper_namespaces", METRIC_GAUGE, NULL,
		      "Network namespaces, by mode.");
	for (m = 0; m < METRICS_MODES; m++) {
		label[0].value = metrics_modes[m];
		metric_count(label, census->modes[m]);
	}
}

static void show(const struct gathering *g)
{
	const struct census *census = &g->census;
	size_t f;
	size_t i;

	show_machine(census);
	metric_family("tcp_reaper_sockets", METRIC_GAUGE, NULL,
		      "Sockets that linger and are tracked now.");
	show_classes(census, "tracked");
	for (f = 0; f < COUNT(by_class); f++) {
		metric_family(by_class[f].name, METRIC_COUNTER, NULL,
			      by_class[f].help);
		show_classes(census, by_class[f].stat);
	}
	show_spared(census);
	for (f = 0; f < COUNT(by_netns); f++) {
		metric_family(by_netns[f].name, METRIC_COUNTER, NULL,
			      by_netns[f].help);
		for (i = 0; i < census->n; i++) {
			const struct metric_label labels[] = {
				{ "netns", census->v[i].label },
				{ 0 },
			};
			const struct stat_entry *entry =
				stats_get(&census->v[i].stats, "",
					  by_netns[f].stat);

			if (entry)
				metric_count(labels, entry->value);
		}
	}
	show_ages(census);
	show_histogram(census);
	metrics_holders(&g->survey);
}

static enum rc run(struct call *call)
{
	const char *limit = call->option['l'];
	struct gathering g = { .census = { .limit = LIMIT_DEFAULT } };
	uint64_t number = LIMIT_DEFAULT;
	enum rc rc;

	if (limit && (!number_parse(limit, &number) || number > 100000)) {
		output_error("-l %s: not a number up to 100000; see reaperctl metrics --help",
			     limit);
		return RC_USAGE;
	}
	g.census.limit = number;
	rc = survey_read(&g.survey, &call->netns, NULL, NULL);
	survey_holders(&g.survey, NULL, 0);
	rc = rc_first(rc, netns_each(&call->netns, take, &g));
	metric_begin(call->option['P']);
	show(&g);
	metric_end();
	census_free(&g.census);
	survey_free(&g.survey);
	return rc;
}

static const struct verb_option options[] = {
	{ 'P', "prometheus", NULL,
	  "the older text format, as node_exporter's textfile collector reads it",
	  NULL },
	{ 'l', "limit", "N",
	  "so many namespaces with a name of their own (50); the rest is \"other\"",
	  NULL },
	{ 0 },
};

const struct verb verb_metrics = {
	.name = "metrics",
	.args = "",
	.what = "counters, gauges and ages for Prometheus",
	.help = "Prints OpenMetrics text. With -a it is about all namespaces: the label netns is the\n"
		"name, \"initial\", \"unnamed\" for all those that only processes reach, and \"other\"\n"
		"for those past the limit. Programs are the ten names with the most sockets.\n",
	.options = options,
	.run = run,
};
