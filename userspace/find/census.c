// SPDX-License-Identifier: GPL-2.0-only
/*
 * The numbers of all namespaces, under a bounded number of labels: pods come
 * and go, and each would leave series behind for good. The initial namespace
 * has one, all others share one, and those have more that were asked for.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "base/mem.h"
#include "find/census.h"
#include "kernel/paths.h"

#define INITIAL "initial"
#define UNNAMED "unnamed"

const char *const metrics_modes[METRICS_MODES] = { "off", "observe",
						   "enforce" };

/* Found or made; only until the next call. */
static struct place *place_of(struct census *census, const char *label,
			      bool named)
{
	struct place *place;
	size_t i;

	for (i = 0; i < census->n; i++) {
		if (census->v[i].named == named &&
		    !strcmp(census->v[i].label, label))
			return &census->v[i];
	}
	place = mem_add(census);
	strcpy(place->label, label);
	place->named = named;
	memset(place->timeout_ms, 0xff, sizeof(place->timeout_ms));
	return place;
}

static bool asked_for(const struct census *census, const char *name)
{
	size_t i;

	for (i = 0; *name && i < census->nnames; i++) {
		if (!strcmp(census->names[i], name))
			return true;
	}
	return false;
}

static void add_modes(struct census *census, const struct knobs *knobs)
{
	const struct knob *knob = knobs_get(knobs, "mode");
	char value[KNOB_VALUE];
	size_t m;

	if (!knob || knob_read(knob, value))
		return;
	for (m = 0; m < METRICS_MODES; m++)
		census->modes[m] += !strcmp(value, metrics_modes[m]);
}

static void add_timeouts(struct place *place, const struct knobs *knobs)
{
	size_t c;

	for (c = 0; c < CLASSES; c++) {
		char value[KNOB_VALUE];
		char key[KNOB_NAME];
		const struct knob *knob;

		snprintf(key, sizeof(key), "%s.timeout_ms", classes[c]);
		knob = knobs_get(knobs, key);
		if (!knob || knob_read(knob, value) ||
		    !number_parse(value, &place->timeout_ms[c]))
			place->timeout_ms[c] = UINT64_MAX;
	}
}

static void add_ages(struct place *place, const struct sockets *sockets)
{
	struct sock sock;
	size_t c;
	size_t s;

	for (s = 0; s < sockets->n; s++) {
		sockets_get(sockets, s, &sock);
		for (c = 0; c < CLASSES; c++) {
			if (!strcmp(sock.class, classes[c]) &&
			    sock.age_ms > place->oldest_ms[c])
				place->oldest_ms[c] = sock.age_ms;
		}
	}
}

/* What was read of one namespace. */
struct found {
	const struct sockets *sockets;
	struct stats stats;
	struct knobs knobs;
};

static void add(struct place *place, const struct found *found,
		bool gauges_only)
{
	place->namespaces++;
	stats_add(&place->stats, &found->stats, gauges_only);
	if (!gauges_only)
		add_timeouts(place, &found->knobs);
	add_ages(place, found->sockets);
}

/**
 * census_begin() - before the first namespace
 * @census: zeroed but for the names; census_free() it
 * @many: all namespaces are to come; else one
 */
void census_begin(struct census *census, bool many)
{
	census->many = many;
	if (!many)
		return;
	/* From the beginning, so that what is counted later is an increase. */
	place_of(census, INITIAL, false);
	place_of(census, METRICS_OTHER, false);
}

/**
 * census_take() - add a namespace
 * @census: begun
 * @ns: the namespace; the caller is in it
 * @sockets: its tracked sockets
 *
 * Return: RC_DONE, or RC_FAILED after a line on stderr.
 */
enum rc census_take(struct census *census, const struct netns *ns,
		    const struct sockets *sockets)
{
	struct found found = { .sockets = sockets };
	struct stats others = { 0 };
	char label[NETNS_LABEL];
	enum rc rc;

	rc = stats_read(&found.stats, ns);
	rc = rc_first(rc, knobs_find(&found.knobs, ns));
	add_modes(census, &found.knobs);
	if (!census->many && !*ns->name && !ns->initial)
		strcpy(label, UNNAMED);
	else if (!census->many || ns->initial)
		netns_name(label, ns);
	else
		strcpy(label, METRICS_OTHER);
	/*
	 * Counters of those that end would be missing in a sum of those that
	 * are there: the module keeps that of all that there were.
	 */
	add(place_of(census, ns->initial && census->many ? INITIAL : label,
		     false),
	    &found, census->many && !ns->initial);
	if (census->many && ns->initial) {
		rc = rc_first(rc, stats_read_more(&others, PROC_OTHERS, ns));
		stats_add(&place_of(census, METRICS_OTHER, false)->stats,
			  &others, false);
		stats_free(&others);
	} else if (census->many && asked_for(census, ns->name)) {
		add(place_of(census, ns->name, true), &found, false);
	}
	knobs_free(&found.knobs);
	stats_free(&found.stats);
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
