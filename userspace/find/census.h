/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_CENSUS_H
#define REAPERCTL_CENSUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "find/survey.h"
#include "kernel/knobs.h"
#include "kernel/netns.h"
#include "kernel/stats.h"

#define METRICS_MODES 3

/* What has no label of its own. */
#define METRICS_OTHER "other"

/**
 * struct place - what shares the value of a label
 * @label: the value
 * @named: it has a part in "other", too, and families of its own
 * @namespaces: how many are in it
 * @stats: gauges, added up, and counters
 * @oldest_ms: by class, the age of the oldest socket
 * @timeout_ms: by class, the timeout in force; UINT64_MAX: there is no one
 */
struct place {
	char label[NETNS_LABEL];
	bool named;
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
 * @many: it is about all namespaces: the initial one, and the others together
 * @names: those to be named; the caller's
 * @nnames: how many
 * @modes: how many namespaces are in each mode: off, observe, enforce
 */
struct census {
	struct place *v;
	size_t n;
	size_t cap;
	bool many;
	const char **names;
	size_t nnames;
	uint64_t modes[METRICS_MODES];
};

extern const char *const metrics_modes[METRICS_MODES];

void census_begin(struct census *census, bool many);
enum rc census_take(struct census *census, const struct netns *ns,
		    const struct sockets *sockets);
void census_free(struct census *census);

#endif
