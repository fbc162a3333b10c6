/* SPDX-License-Identifier: GPL-2.0 */
#ifndef REAPERCTL_METRICS_H
#define REAPERCTL_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "knobs.h"
#include "netns.h"
#include "stats.h"
#include "survey.h"

#define METRICS_MODES 3

/**
 * struct place - a namespace under a name of its own, or some under one name
 * @label: the name
 * @namespaces: how many they are
 * @stats: their counters, added up
 * @oldest_ms: by class, the age of the oldest socket
 * @timeout_ms: by class, the timeout in force; UINT64_MAX: several, or none
 */
struct place {
	char label[NETNS_LABEL];
	size_t namespaces;
	struct stats stats;
	uint64_t oldest_ms[CLASSES];
	uint64_t timeout_ms[CLASSES];
};

/**
 * struct census - what all samples are made from
 * @v: the places
 * @n: how many
 * @cap: how many there is room for
 * @limit: the most places with a name of their own
 * @modes: how many namespaces are in each mode: off, observe, enforce
 */
struct census {
	struct place *v;
	size_t n;
	size_t cap;
	size_t limit;
	uint64_t modes[METRICS_MODES];
};

extern const char *const metrics_modes[METRICS_MODES];

enum rc census_take(struct census *census, const struct netns *ns,
		    const struct sockets *sockets);
void census_free(struct census *census);
void metrics_holders(const struct survey *survey);

#endif
