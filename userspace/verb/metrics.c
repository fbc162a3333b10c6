// SPDX-License-Identifier: GPL-2.0-only
/*
 * reaperctl metrics: for Prometheus and what reads its formats.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "base/mem.h"
#include "draw/families.h"
#include "draw/holders.h"
#include "find/census.h"
#include "kernel/kfile.h"
#include "kernel/knobs.h"
#include "kernel/loaded.h"
#include "kernel/logfile.h"
#include "kernel/newfile.h"
#include "kernel/paths.h"
#include "policy/conf.h"
#include "show/metric.h"
#include "show/output.h"
#include "show/words.h"
#include "verb/verb.h"

#define LIMIT_DEFAULT 50

struct gathering {
	struct conf conf;
	struct survey survey;
	struct census census;
	struct reaped reaped;
	size_t whole; /* namespaces of which all could be read */
};

static enum rc take(const struct netns *ns, void *arg)
{
	struct gathering *g = arg;
	const struct survey_part *part =
		&g->survey.parts[ns - g->survey.netns->v];
	enum rc rc = census_take(&g->census, ns, &part->sockets);

	rc = rc_first(rc, reaped_read(&g->reaped, ns));
	g->whole += rc == RC_DONE && part->read;
	return rc;
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

static void show_up(bool up)
{
	metric_family("tcp_reaper_up", METRIC_GAUGE, NULL,
		      "Whether the module is loaded.");
	metric_count(NULL, up);
}

static void show_machine(const struct gathering *g)
{
	const struct netns_set *netns = g->survey.netns;
	struct metric_label label[] = { { "mode", "" }, { 0 } };
	char version[64];
	struct metric_label versions[] = { { "reaperctl", REAPERCTL_VERSION },
					   { "module", version },
					   { 0 } };
	size_t m;

	show_up(true);
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
		metric_count(label, g->census.modes[m]);
	}
	metric_family("tcp_reaper_namespaces_unread", METRIC_GAUGE, NULL,
		      "Network namespaces, or processes in unknown ones, of which something is missing here.");
	metric_count(NULL, netns->n - g->whole + netns->unread);
}

/* A namespace is named if persistent policy has a section for it. */
static void ask_for(struct gathering *g, size_t limit)
{
	struct census *census = &g->census;
	size_t i;

	/* Mistakes in it are for apply to report. */
	output_hold_errors(true);
	conf_read_all(&g->conf);
	output_hold_errors(false);
	census->names = mem_zalloc(g->conf.n, sizeof(*census->names));
	for (i = 0; i < g->conf.n && census->nnames < limit; i++) {
		const struct conf_section *section = &g->conf.v[i];

		if (!section->template && !section->initial)
			census->names[census->nnames++] = section->name;
	}
}

static enum rc gather(struct gathering *g, const struct call *call,
		      size_t limit)
{
	enum rc rc;
	size_t i;

	if (call->netns.many)
		ask_for(g, limit);
	census_begin(&g->census, call->netns.many);
	rc = survey_read(&g->survey, &call->netns, NULL, NULL);
	rc = rc_first(rc, netns_each(&call->netns, take, g));
	/* A descriptor of a socket that was ended counts as much. */
	survey_want(&g->survey, g->reaped.n);
	for (i = 0; i < g->reaped.n; i++)
		holders_want(g->survey.holders, g->reaped.v[i].inode);
	survey_holders(&g->survey);
	return rc;
}

/* The whole document. Return: as what it is made from. */
static enum rc show(const struct call *call, size_t limit, FILE *file)
{
	struct gathering g = { .whole = 0 };
	enum rc rc = RC_DONE;

	metric_begin(file, call->option['P']);
	if (call->netns.n) {
		rc = gather(&g, call, limit);
		show_machine(&g);
		families_show(&g.census);
		metrics_holders(&g.survey, &g.reaped, call->option['H'],
				call->option['U']);
		census_free(&g.census);
		free(g.census.names);
		conf_free(&g.conf);
		free(g.reaped.v);
		survey_free(&g.survey);
	} else {
		show_up(false);
	}
	metric_end();
	return rc;
}

static enum rc save(const char *path, const char *text, size_t len)
{
	int err = newfile_replace(path, text, len);

	if (!err)
		return RC_DONE;
	output_error("metrics: %s: %s; %s", path, strerror(-err),
		     err == -ENOTDIR
			     ? "on the way to it is something else than a directory; a symbolic link is not followed"
		     : err == -ENOENT
			     ? "make its directory, which is that of node_exporter's --collector.textfile.directory"
			     : "it is as before");
	return RC_FAILED;
}

static enum rc show_to(const struct call *call, size_t limit, const char *path)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);
	enum rc rc = RC_FAILED;
	bool whole;

	if (file) {
		rc = show(call, limit, file);
		whole = !ferror(file);
		if (fclose(file) || !whole)
			file = NULL;
	}
	if (!file) {
		output_error("out of memory; free some and try again");
		rc = RC_FAILED;
	} else {
		/* What is missing in it is said in it. */
		rc = rc_first(rc, save(path, text, size));
	}
	free(text);
	return rc;
}

static enum rc run(struct call *call)
{
	const char *limit = call->option['l'];
	const char *path = call->option['o'];
	uint64_t number = LIMIT_DEFAULT;

	if (limit && (!number_parse(limit, &number) || number > 100000))
		return output_usage("metrics",
				    "-l %s: not a number up to 100000", limit);
	if (path && output_json())
		return output_usage("metrics", "metrics: -o goes not with -j");
	return path ? show_to(call, number, path) : show(call, number, stdout);
}

/* In a file it is said that there is no module: it is read by others. */
static bool offline(const struct call *call)
{
	return call->option['o'] && !loaded();
}

static const struct verb_option options[] = {
	{ 'P', "prometheus", NULL,
	  "the older text format, as node_exporter's textfile collector reads it",
	  NULL },
	{ 'o', "output", "FILE",
	  "into a file, whole or not at all; a link to its directory is not followed",
	  words_files },
	{ 'H', "holders", "NAME,...",
	  "programs with a label of their own; the others are \"other\"",
	  NULL },
	{ 'U', "units", "NAME,...",
	  "units, containers and pods, likewise: families tcp_reaper_unit_*",
	  NULL },
	{ 'l', "limit", "N",
	  "so many namespaces at most with families of their own (50)", NULL },
	{ 0 },
};

const struct verb verb_metrics = {
	.name = "metrics",
	.args = "",
	.what = "counters, gauges and ages for Prometheus",
	.help = "Prints OpenMetrics text. With -a it is about all namespaces: the label netns is\n"
		"\"initial\", or \"other\" for all others together, those that are gone as well. One\n"
		"that persistent policy has a section for has families tcp_reaper_netns_* besides.\n"
		"Of programs there are those that -H names, and \"other\".\n"
		"What could not be read has no sample; tcp_reaper_namespaces_unread counts it.\n",
	.options = options,
	.offline = offline,
	.run = run,
};
