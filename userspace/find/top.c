// SPDX-License-Identifier: GPL-2.0-only
/*
 * What top shows: the sockets and counters of the chosen namespaces, added up.
 */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "base/mem.h"
#include "find/look.h"
#include "find/survey.h"
#include "find/tally.h"
#include "find/top.h"
#include "kernel/cgroup.h"
#include "kernel/process.h"
#include "kernel/stats.h"
#include "show/clean.h"

/* So many processes are looked at more closely: the screen has no more. */
#define LOOKS 100

/* For a socket younger than that not all processes are looked at. */
#define YOUNG_MS 2000

const char *const top_age_names[TOP_AGES] = { "< 1s",  "< 10s", "< 1m",
					      "< 10m", "< 1h",	">= 1h" };
static const uint64_t age_bounds[TOP_AGES] = { 1000,   10000,	60000,
					       600000, 3600000, UINT64_MAX };

const char *const top_sorts[] = { "sockets", "oldest", "growth",
				  "fds",     "name",   NULL };

struct gathering {
	struct top_data *data;
	struct survey survey;
};

static struct top_row *add_row(struct top_rows *rows)
{
	struct top_row *row;

	row = mem_add(rows);
	row->fd_limit = UINT64_MAX;
	row->state = '-';
	return row;
}

static void put_clean(char to[TOP_NAME], const char *name)
{
	size_t width;
	char *clean = clean_text(name, &width);

	snprintf(to, TOP_NAME, "%s", clean);
	free(clean);
}

static void find_unit(struct top_row *row)
{
	char cgroup[PATH_MAX];
	char unit[CGROUP_UNIT];

	cgroup_of(row->pid, cgroup);
	cgroup_template(cgroup);
	if (!cgroup_unit(cgroup, unit))
		return;
	cgroup_short(unit);
	put_clean(row->unit, unit);
}

static uint64_t counter(const struct stats *stats, const char *class,
			const char *name)
{
	const struct stat_entry *entry = stats_get(stats, class, name);

	return entry ? entry->value : 0;
}

/* What several namespaces have in common, or "mixed". */
static void common(char *text, size_t size, const char *value)
{
	if (!*text)
		snprintf(text, size, "%s", value);
	else if (strcmp(text, value))
		snprintf(text, size, "mixed");
}

static void gather_knobs(struct top_data *data, struct top_row *row,
			 const struct netns *ns)
{
	struct knobs knobs = { 0 };
	char value[KNOB_VALUE];
	char key[KNOB_NAME];
	char text[DURATION_TEXT];
	const struct knob *knob;
	uint64_t ms;
	size_t c;

	if (knobs_find(&knobs, ns) != RC_DONE)
		goto out;
	knob = knobs_get(&knobs, "mode");
	if (knob && !knob_read(knob, value)) {
		snprintf(row->mode, sizeof(row->mode), "%.15s", value);
		common(data->mode, sizeof(data->mode), row->mode);
	}
	for (c = 0; c < CLASSES; c++) {
		struct top_class *class = &data->classes[c];

		snprintf(key, sizeof(key), "%s.timeout_ms", classes[c]);
		knob = knobs_get(&knobs, key);
		if (knob && !knob_read(knob, value) && number_parse(value, &ms))
			common(class->timeout, sizeof(class->timeout),
			       duration_exact(text, ms));
	}
out:
	knobs_free(&knobs);
}

static void gather_sockets(struct top_data *data, struct top_row *row,
			   const struct sockets *sockets)
{
	struct sock sock;
	size_t s;

	for (s = 0; s < sockets->n; s++) {
		bool due;
		size_t c;
		size_t a;

		sockets_get(sockets, s, &sock);
		due = !strcmp(sock.verdict, "due");
		for (a = 0; a < TOP_AGES - 1 && sock.age_ms >= age_bounds[a];
		     a++)
			;
		data->ages[a]++;
		row->sockets++;
		row->due += due;
		if (sock.age_ms > row->oldest_ms)
			row->oldest_ms = sock.age_ms;
		for (c = 0; c < CLASSES; c++) {
			struct top_class *class = &data->classes[c];

			if (strcmp(sock.class, classes[c]))
				continue;
			class->tracked++;
			class->due += due;
			if (sock.age_ms > class->oldest_ms)
				class->oldest_ms = sock.age_ms;
		}
	}
}

static enum rc gather_netns(const struct netns *ns, void *arg)
{
	struct gathering *g = arg;
	struct top_data *data = g->data;
	struct top_row *row = add_row(&data->namespaces);
	struct stats stats = { 0 };
	char label[NETNS_LABEL];
	size_t c;

	put_clean(row->name, netns_name(label, ns));
	gather_knobs(data, row, ns);
	gather_sockets(data, row,
		       &g->survey.parts[ns - g->survey.netns->v].sockets);
	stats_read(&stats, ns);
	for (c = 0; c < CLASSES; c++) {
		struct top_class *class = &data->classes[c];
		uint64_t reaped = counter(&stats, classes[c], "reaped") +
				  counter(&stats, classes[c], "evicted");
		uint64_t would = counter(&stats, classes[c], "would_reap");

		class->reaped += reaped;
		class->would_reap += would;
		row->reaped += reaped;
		row->would_reap += would;
	}
	stats_free(&stats);
	return RC_DONE;
}

static int by_owner(const void *a, const void *b)
{
	const struct top_row *x = a;
	const struct top_row *y = b;

	if (x->pid != y->pid)
		return x->pid < y->pid ? -1 : 1;
	return strcmp(x->name, y->name);
}

/* Both by owner; there may be tens of thousands. */
static void compare_rows(struct top_rows *rows, const struct top_rows *before)
{
	size_t i;

	for (i = 0; i < rows->n && before->n; i++) {
		struct top_row *row = &rows->v[i];
		const struct top_row *was = bsearch(row, before->v, before->n,
						    sizeof(*row), by_owner);

		if (was)
			row->more =
				(int64_t)row->sockets - (int64_t)was->sockets;
	}
}

static void sort_by_owner(struct top_rows *rows)
{
	if (rows->n)
		qsort(rows->v, rows->n, sizeof(*rows->v), by_owner);
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a;
	uint64_t y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Those that no process was found for; @all: also where that is no news. */
static void note_unheld(struct top_data *data, const struct survey *survey,
			const struct top_data *before, bool all)
{
	struct sock sock;
	size_t cap = 0;
	size_t i;
	size_t s;

	free(data->unheld);
	data->unheld = NULL;
	data->unheld_n = 0;
	for (i = 0; i < survey->netns->n; i++) {
		const struct sockets *sockets = &survey->parts[i].sockets;

		for (s = 0; s < sockets->n; s++) {
			sockets_get(sockets, s, &sock);
			if (!sock.inode ||
			    holders_of(survey->holders, sock.inode))
				continue;
			/* A young one may be gone before it is found. */
			if (!all && (sock.age_ms < YOUNG_MS ||
				     (before->unheld_n &&
				      bsearch(&sock.inode, before->unheld,
					      before->unheld_n,
					      sizeof(sock.inode), by_number))))
				continue;
			data->unheld = mem_grow(data->unheld, data->unheld_n,
						&cap, sizeof(*data->unheld));
			data->unheld[data->unheld_n++] = sock.inode;
		}
	}
	if (data->unheld_n)
		qsort(data->unheld, data->unheld_n, sizeof(*data->unheld),
		      by_number);
}

/*
 * Most sockets are still held by who held some at the last refresh. All other
 * processes are looked at only for a socket that none of those holds, and for
 * each such socket once: thousands of processes are many system calls.
 */
static void find_holders(struct top_data *data, struct survey *survey,
			 const struct top_data *before)
{
	const struct top_rows *rows = before ? &before->processes : NULL;
	size_t n = rows ? rows->n : 0;
	pid_t *pids = mem_zalloc(n, sizeof(*pids));
	size_t kept = 0;
	size_t i;

	survey_want(survey, 0);
	/* By owner is by number. */
	for (i = 0; i < n; i++) {
		if (rows->v[i].pid &&
		    (!kept || pids[kept - 1] != rows->v[i].pid))
			pids[kept++] = rows->v[i].pid;
	}
	holders_scan_some(survey->holders, pids, kept);
	if (before)
		note_unheld(data, survey, before, false);
	if (survey->sockets && (!before || data->unheld_n))
		survey->unread = holders_scan_but(survey->holders, pids, kept);
	note_unheld(data, survey, before, true);
	free(pids);
}

static void gather_holders(struct top_data *data, const struct survey *survey)
{
	struct tallies tallies = { 0 };
	size_t i;

	tallies_take(&tallies, survey);
	for (i = 0; i < tallies.n; i++) {
		const struct tally *tally = tallies.v[i];
		struct top_row *row = add_row(&data->processes);

		row->pid = (int)tally->pid;
		put_clean(row->name, tally->name);
		row->sockets = tally->sockets;
		row->due = tally->due;
		row->oldest_ms = tally->oldest_ms;
	}
	tallies_free(&tallies);
}

static void look_closely(struct top_rows *rows)
{
	struct process process;
	size_t i;

	for (i = 0; i < rows->n && i < LOOKS; i++) {
		struct top_row *row = &rows->v[i];

		if (!row->pid)
			continue;
		process_read(&process, row->pid, false);
		row->fds = process.fds;
		row->fd_limit = process.fd_limit;
		row->state = process.state;
		find_unit(row);
		process_free(&process);
	}
}

/**
 * top_gather() - look at everything
 * @data: the result; top_forget() it
 * @set: the namespaces
 * @before: what was there at the last refresh, or NULL; its tables get another
 *	order
 */
void top_gather(struct top_data *data, const struct netns_set *set,
		struct top_data *before)
{
	struct top_view by_sockets = { 0 };
	struct gathering g = { .data = data };
	char label[NETNS_LABEL];

	memset(data, 0, sizeof(*data));
	data->at_ms = look_now_ms();
	survey_read(&g.survey, set, NULL, NULL);
	if (before) {
		sort_by_owner(&before->processes);
		sort_by_owner(&before->namespaces);
	}
	find_holders(data, &g.survey, before);
	netns_each(set, gather_netns, &g);
	gather_holders(data, &g.survey);
	if (before) {
		compare_rows(&data->processes, &before->processes);
		compare_rows(&data->namespaces, &before->namespaces);
	}
	/* The largest are those to be looked at. */
	top_sort(&data->processes, &by_sockets);
	look_closely(&data->processes);
	if (set->many)
		snprintf(data->where, sizeof(data->where), "%zu namespaces",
			 set->n);
	else
		snprintf(data->where, sizeof(data->where), "%s",
			 netns_label(label, &set->v[0]));
	survey_free(&g.survey);
}

static int by_sort(const void *a, const void *b, void *arg)
{
	const struct top_view *view = arg;
	const struct top_row *x = view->reverse ? b : a;
	const struct top_row *y = view->reverse ? a : b;
	int order = 0;

	switch (view->sort) {
	case 0:
		order = (x->sockets < y->sockets) - (x->sockets > y->sockets);
		break;
	case 1:
		order = (x->oldest_ms < y->oldest_ms) -
			(x->oldest_ms > y->oldest_ms);
		break;
	case 2:
		order = (x->more < y->more) - (x->more > y->more);
		break;
	case 3:
		order = (x->fds < y->fds) - (x->fds > y->fds);
		break;
	default:
		order = strcmp(x->name, y->name);
	}
	if (order)
		return order;
	/* Equal ones stay where they are from refresh to refresh. */
	return by_owner(a, b);
}

/**
 * top_sort() - put a table in order
 * @rows: the table
 * @view: says which order
 */
void top_sort(struct top_rows *rows, const struct top_view *view)
{
	if (rows->n)
		qsort_r(rows->v, rows->n, sizeof(*rows->v), by_sort,
			(void *)view);
}

/**
 * top_forget() - let go of what was gathered
 * @data: all
 */
void top_forget(struct top_data *data)
{
	free(data->processes.v);
	free(data->namespaces.v);
	free(data->unheld);
	memset(data, 0, sizeof(*data));
}
