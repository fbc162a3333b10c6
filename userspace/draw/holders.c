// SPDX-License-Identifier: GPL-2.0-only
/*
 * How many tracked sockets programs and units hold, and how many descriptors
 * they have left. A process may call itself what it likes, a new name each
 * time, and containers have a new one: those have a label that were asked for,
 * all others are one.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "draw/holders.h"
#include "find/relatives.h"
#include "find/tally.h"
#include "kernel/process.h"
#include "show/metric.h"

/* All those that have no label of their own. */
#define OTHER "other"

/* The most processes that are looked at for their descriptors. */
#define LOOKS 256

struct program {
	const char *name;
	uint64_t sockets;
	uint64_t left;
	uint64_t fds;
	uint64_t limit;
};

/* The last one is all that have no label of their own. By unit: that names it,
 * of the processes of all.
 */
struct programs {
	struct relatives *relatives;
	char *names;
	struct program *v;
	size_t n;
	size_t cap;
};

/* Most sockets first: whose descriptors run out is likely among them. */
static int by_sockets(const void *a, const void *b)
{
	const struct tally *x = *(const struct tally *const *)a;
	const struct tally *y = *(const struct tally *const *)b;
	uint64_t m = x->sockets + x->ended;
	uint64_t n = y->sockets + y->ended;

	if (m != n)
		return m < n ? 1 : -1;
	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

static void add_program(struct programs *programs, const char *name)
{
	*mem_add(programs) =
		(struct program){ .name = name, .limit = UINT64_MAX };
}

static struct program *program_of(struct programs *programs,
				  const struct tally *tally)
{
	const struct relative *by =
		programs->relatives
			? relatives_get(programs->relatives, tally->pid)
			: NULL;
	size_t i;

	for (i = 0; i < programs->n - 1; i++) {
		const char *name = programs->v[i].name;

		if (by ? cgroup_is_of(by->cgroup, name)
		       : !strcmp(tally->name, name))
			break;
	}
	return &programs->v[i];
}

static void programs_begin(struct programs *programs, const char *names)
{
	char *save;
	char *name;

	programs->names = mem_strdup(names ? names : "");
	name = strtok_r(programs->names, ",", &save);
	for (; name; name = strtok_r(NULL, ",", &save)) {
		size_t i;

		for (i = 0; i < programs->n; i++) {
			if (!strcmp(programs->v[i].name, name))
				break;
		}
		if (i == programs->n && strcmp(name, OTHER))
			add_program(programs, name);
	}
	add_program(programs, OTHER);
}

/* Is @a / @b nearer to its limit than @c / @d? */
static bool nearer(uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	return (double)a / (double)b > (double)c / (double)d;
}

static void look(struct program *program, pid_t pid)
{
	struct process process;

	process_read(&process, pid, false);
	/* Of several processes that which will be the first to have none. */
	if (!program->fds || nearer(process.fds, process.fd_limit, program->fds,
				    program->limit)) {
		program->fds = process.fds;
		program->limit = process.fd_limit;
	}
	process_free(&process);
}

static void show(const struct programs *programs)
{
	bool unit = programs->relatives;
	struct metric_label label[] = { { unit ? "unit" : "comm", "" }, { 0 } };
	size_t i;

	metric_family(unit ? "tcp_reaper_unit_sockets"
			   : "tcp_reaper_holder_sockets",
		      METRIC_GAUGE, NULL,
		      unit ? "Tracked sockets that processes of this unit hold."
			   : "Tracked sockets that processes of this name hold.");
	for (i = 0; i < programs->n; i++) {
		label[0].value = programs->v[i].name;
		metric_count(label, programs->v[i].sockets);
	}
	metric_family(unit ? "tcp_reaper_unit_left" : "tcp_reaper_holder_left",
		      METRIC_GAUGE, NULL,
		      "Sockets that were ended of late, whose descriptors such processes have not closed.");
	for (i = 0; i < programs->n; i++) {
		label[0].value = programs->v[i].name;
		metric_count(label, programs->v[i].left);
	}
	metric_family(unit ? "tcp_reaper_unit_descriptors"
			   : "tcp_reaper_holder_descriptors",
		      METRIC_GAUGE, NULL,
		      "Descriptors of the process nearest to its limit, of those that hold tracked sockets or ones that were ended.");
	for (i = 0; i < programs->n; i++) {
		label[0].value = programs->v[i].name;
		if (programs->v[i].fds)
			metric_count(label, programs->v[i].fds);
	}
	metric_family(unit ? "tcp_reaper_unit_descriptors_limit"
			   : "tcp_reaper_holder_descriptors_limit",
		      METRIC_GAUGE, NULL,
		      "How many descriptors that process may have.");
	for (i = 0; i < programs->n; i++) {
		uint64_t limit = programs->v[i].limit;

		label[0].value = programs->v[i].name;
		if (programs->v[i].fds)
			metric_sample(label, limit == UINT64_MAX
						     ? HUGE_VAL
						     : (double)limit);
	}
}

/* @names: which have a label, parted by commas; NULL: none. */
static void show_by(const struct tallies *tallies, const char *names,
		    struct relatives *relatives)
{
	struct programs programs = { .relatives = relatives };
	size_t looks = 0;
	size_t i;

	programs_begin(&programs, names);
	for (i = 0; i < tallies->n; i++) {
		const struct tally *tally = tallies->v[i];
		struct program *program;

		if (!tally->pid)
			continue;
		program = program_of(&programs, tally);
		program->sockets += tally->sockets;
		program->left += tally->ended;
		if (looks++ < LOOKS)
			look(program, tally->pid);
	}
	show(&programs);
	free(programs.v);
	free(programs.names);
}

/**
 * metrics_holders() - the families about programs and units
 * @survey: with its holders, those of @reaped among them
 * @reaped: sockets that were ended
 * @programs: which programs have a label, parted by commas; NULL: none
 * @units: likewise units, as cgroup_is_of() has them; NULL: no such families
 */
void metrics_holders(const struct survey *survey, const struct reaped *reaped,
		     const char *programs, const char *units)
{
	struct relatives *relatives = relatives_new();
	struct tallies tallies = { 0 };

	tallies_take(&tallies, survey);
	tallies_take_ended(&tallies, survey->holders, relatives, reaped);
	if (tallies.n)
		qsort(tallies.v, tallies.n, sizeof(*tallies.v), by_sockets);
	show_by(&tallies, programs, NULL);
	if (units)
		show_by(&tallies, units, relatives);
	tallies_free(&tallies);
	relatives_free(relatives);
}
