/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_METRIC_H
#define REAPERCTL_METRIC_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/**
 * enum metric_type - what kind of numbers a family holds
 * @METRIC_GAUGE: goes up and down
 * @METRIC_COUNTER: goes up
 * @METRIC_HISTOGRAM: cumulative counts by an upper bound
 */
enum metric_type {
	METRIC_GAUGE,
	METRIC_COUNTER,
	METRIC_HISTOGRAM
};

/**
 * struct metric_label - a label of a sample
 * @name: its name
 * @value: anything
 */
struct metric_label {
	const char *name;
	const char *value;
};

/* Room for the name of a family. */
#define METRIC_NAME 64

void metric_begin(FILE *file, bool prometheus);
void metric_family(const char *name, enum metric_type type, const char *unit,
		   const char *help);
void metric_sample(const struct metric_label *labels, double value);
void metric_count(const struct metric_label *labels, uint64_t value);
void metric_histogram(const struct metric_label *labels, uint64_t count,
		      double sum);
void metric_end(void);

#endif
