// SPDX-License-Identifier: GPL-2.0-only
/*
 * Samples as OpenMetrics text, as the older text format of Prometheus, which
 * names counters otherwise, or as JSON.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "show/clean.h"
#include "show/metric.h"
#include "show/output.h"

static struct {
	FILE *file;
	bool prometheus;
	bool open;
	char name[METRIC_NAME];
	enum metric_type type;
} metric;

static const char *const types[] = {
	[METRIC_GAUGE] = "gauge",
	[METRIC_COUNTER] = "counter",
	[METRIC_HISTOGRAM] = "histogram",
};

/* In JSON it is of no use. */
static void text(const char *what)
{
	if (!output_json())
		fputs(what, metric.file);
}

/**
 * metric_begin() - start the document
 * @file: where it goes, unless it is JSON
 * @prometheus: in the older text format
 */
void metric_begin(FILE *file, bool prometheus)
{
	metric.file = file;
	metric.prometheus = prometheus;
	metric.open = false;
	output_stream();
	output_open_array(NULL);
}

static void end_family(void)
{
	if (!metric.open)
		return;
	output_close();
	output_close();
	metric.open = false;
}

/* What follows the family's name in that of a sample. */
static const char *suffix(void)
{
	switch (metric.type) {
	case METRIC_COUNTER:
		return "_total";
	case METRIC_HISTOGRAM:
		return "_bucket";
	case METRIC_GAUGE:
		break;
	}
	return "";
}

static void head(const char *what, const char *value)
{
	bool whole = metric.prometheus && metric.type == METRIC_COUNTER;

	text("# ");
	text(what);
	text(" ");
	text(metric.name);
	text(whole ? suffix() : "");
	text(" ");
	text(value);
	text("\n");
}

/**
 * metric_family() - what the samples are about that follow
 * @name: without a suffix
 * @type: what kind
 * @unit: the end of @name, if that is a unit; else NULL
 * @help: a sentence
 */
void metric_family(const char *name, enum metric_type type, const char *unit,
		   const char *help)
{
	end_family();
	snprintf(metric.name, sizeof(metric.name), "%s", name);
	metric.type = type;
	metric.open = true;
	head("HELP", help);
	head("TYPE", types[type]);
	if (unit && !metric.prometheus)
		head("UNIT", unit);
	output_open(NULL);
	output_string("name", name);
	output_string("type", types[type]);
	output_string("help", help);
	output_open_array("samples");
}

static void put_labels(const struct metric_label *labels)
{
	const char *between = "{";

	output_open("labels");
	for (; labels && labels->name; labels++) {
		char *value = clean_json(labels->value);
		const char *p;

		output_string(labels->name, labels->value);
		text(between);
		text(labels->name);
		text("=\"");
		for (p = value; *p; p++) {
			char c[3] = { '\\', *p, '\0' };

			/* No newline is left in it. */
			text(*p == '\\' || *p == '"' ? c : c + 1);
		}
		text("\"");
		free(value);
		between = ",";
	}
	text(*between == ',' ? "}" : "");
	output_close();
}

static void sample(const char *suffixed, const struct metric_label *labels,
		   const char *value)
{
	output_open(NULL);
	if (metric.type == METRIC_HISTOGRAM)
		output_string("suffix", suffixed);
	text(metric.name);
	text(suffixed);
	put_labels(labels);
	text(" ");
	text(value);
	text("\n");
	output_string("value", value);
	output_close();
}

/**
 * metric_sample() - a number of the family
 * @labels: ended by one without a name, or NULL
 * @value: the number; HUGE_VAL: no limit
 */
void metric_sample(const struct metric_label *labels, double value)
{
	char number[32];

	if (isinf(value))
		strcpy(number, "+Inf");
	else
		snprintf(number, sizeof(number), "%.3f", value);
	sample(suffix(), labels, number);
}

/**
 * metric_count() - a whole number of the family
 * @labels: ended by one without a name, or NULL
 * @value: the number
 */
void metric_count(const struct metric_label *labels, uint64_t value)
{
	char number[24];

	snprintf(number, sizeof(number), "%" PRIu64, value);
	sample(suffix(), labels, number);
}

/**
 * metric_histogram() - what stands after the buckets of a histogram
 * @labels: as theirs, without the bound
 * @count: how many there are in all
 * @sum: of what was measured
 */
void metric_histogram(const struct metric_label *labels, uint64_t count,
		      double sum)
{
	char number[32];

	snprintf(number, sizeof(number), "%" PRIu64, count);
	sample("_count", labels, number);
	snprintf(number, sizeof(number), "%.3f", sum);
	sample("_sum", labels, number);
}

/**
 * metric_end() - the document is whole
 */
void metric_end(void)
{
	end_family();
	output_close();
	if (!metric.prometheus)
		text("# EOF\n");
}
