// SPDX-License-Identifier: GPL-2.0
/*
 * The numbers of all namespaces, under a bounded number of names: pods come
 * and go, and each would leave a label behind for good.
 */
#include <stdlib.h>
#include <string.h>

#include "duration.h"
#include "mem.h"
#include "metrics.h"

#define UNNAMED "unnamed"
#define OTHER "other"

const char *const metrics_modes[METRICS_MODES] = { "off", "observe",
						   "enforce" };

static struct place *place_named(const struct census *census, const char *label)
{
	size_t i;

	for (i = 0; i < census->n; i++) {
		if (!strcmp(census->v[i].label, label))
			return &census->v[i];
	}
	return NULL;
}

static struct place *place_of(struct census *census, const struct netns *ns)
{
	char label[NETNS_LABEL];
	struct place *place;
	size_t c;

	if (*ns->name || ns->initial)
		netns_name(label, ns);
	else
		strcpy(label, UNNAMED);
	place = place_named(census, label);
	if (!place && census->n >= census->limit) {
		strcpy(label, OTHER);
		place = place_named(census, label);
	}
	if (place)
		return place;
	census->v = mem_grow(census->v, census->n, &census->cap,
			     sizeof(*census->v));
	place = &census->v[census->n++];
	memset(place, 0, sizeof(*place));
	strcpy(place->label, label);
	for (c = 0; c < CLASSES; c++)
		place->timeout_ms[c] = UINT64_MAX;
	return place;
}

static void add_stats(struct stats *sum, const struct stats *more)
{
	size_t i;

	for (i = 0; i < more->n; i++) {
		struct stat_entry *entry = stats_get(sum, "", more->v[i].name);

		if (entry) {
			entry->value += more->v[i].value;
			continue;
		}
		sum->v = mem_grow(sum->v, sum->n, &sum->cap, sizeof(*sum->v));
		sum->v[sum->n++] = more->v[i];
	}
}

static void add_knobs(struct census *census, struct place *place,
		      const struct knobs *knobs)
{
	size_t i;

	for (i = 0; i < knobs->n; i++) {
		const struct knob *knob = &knobs->v[i];
		char value[KNOB_VALUE];
		size_t c;
		size_t m;

		if (knob_read(knob, value))
			continue;
		for (m = 0; m < METRICS_MODES; m++) {
			if (!strcmp(knob->key, "mode") &&
			    !strcmp(value, metrics_modes[m]))
				census->modes[m]++;
		}
		for (c = 0; c < CLASSES; c++) {
			if (place->namespaces == 1 && knob->group &&
			    !strcmp(knob->group, classes[c]) &&
			    !strcmp(knob->name, "timeout_ms") &&
			    !number_parse(value, &place->timeout_ms[c]))
				place->timeout_ms[c] = UINT64_MAX;
		}
	}
	/* Of several there is no one timeout. */
	if (place->namespaces > 1)
		memset(place->timeout_ms, 0xff, sizeof(place->timeout_ms));
}

/**
 * census_take() - add a namespace
 * @census: with its limit set; census_free() it in any case
 * @ns: the namespace; the caller is in it
 * @sockets: its tracked sockets
 *
 * Return: RC_DONE, or RC_FAILED after a line on stderr.
 */
enum rc census_take(struct census *census, const struct netns *ns,
		    const struct sockets *sockets)
{
	struct place *place = place_of(census, ns);
	struct knobs knobs = { 0 };
	struct stats stats = { 0 };
	enum rc rc;
	size_t c;
	size_t s;

	place->namespaces++;
	rc = stats_read(&stats, ns);
	add_stats(&place->stats, &stats);
	rc = rc_first(rc, knobs_find(&knobs, ns));
	add_knobs(census, place, &knobs);
	for (s = 0; s < sockets->n; s++) {
		for (c = 0; c < CLASSES; c++) {
			if (!strcmp(sockets->v[s].class, classes[c]) &&
			    sockets->v[s].age_ms > place->oldest_ms[c])
				place->oldest_ms[c] = sockets->v[s].age_ms;
		}
	}
	knobs_free(&knobs);
	stats_free(&stats);
	return rc;
}

/**
 * census_free() - forget all
 * @census: what was taken
 */
void census_free(struct census *census)
{
	size_t i;

	for (i = 0; i < census->n; i++)
		stats_free(&census->v[i].stats);
	free(census->v);
}
