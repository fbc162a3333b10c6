// SPDX-License-Identifier: GPL-2.0
/*
 * Which programs hold the most tracked sockets, and how many descriptors they
 * have left. By the program's name: numbers of processes have no bound.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "metric.h"
#include "metrics.h"
#include "process.h"

/* Programs that are shown. */
#define TOP 10

/* The most processes that are looked at for their descriptors. */
#define LOOKS 256

struct hold {
	pid_t pid;
	const char *comm;
	uint64_t sockets;
};

struct program {
	const char *comm;
	uint64_t sockets;
	uint64_t fds;
	uint64_t limit;
};

struct programs {
	struct program *v;
	size_t n;
	size_t cap;
};

static int by_pid(const void *a, const void *b)
{
	const struct hold *x = a;
	const struct hold *y = b;

	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

static int by_sockets(const void *a, const void *b)
{
	const struct hold *x = a;
	const struct hold *y = b;

	if (x->sockets != y->sockets)
		return x->sockets < y->sockets ? 1 : -1;
	return by_pid(a, b);
}

static int by_program(const void *a, const void *b)
{
	const struct program *x = a;
	const struct program *y = b;

	if (x->sockets != y->sockets)
		return x->sockets < y->sockets ? 1 : -1;
	return strcmp(x->comm, y->comm);
}

/* Each process once, with the number of its sockets, the most first. */
static struct hold *gather(const struct survey *survey, size_t *n)
{
	struct hold *v = NULL;
	size_t cap = 0;
	size_t kept = 0;
	size_t i;
	size_t s;

	*n = 0;
	for (i = 0; i < survey->netns->n; i++) {
		const struct sockets *sockets = &survey->parts[i].sockets;

		for (s = 0; s < sockets->n; s++) {
			/* A socket of several is the first's. */
			const struct holder *holder =
				holders_of(survey->holders,
					   sockets->v[s].inode);

			if (!holder)
				continue;
			v = mem_grow(v, *n, &cap, sizeof(*v));
			v[(*n)++] =
				(struct hold){ holder->pid, holder->comm, 1 };
		}
	}
	if (!*n)
		return v;
	qsort(v, *n, sizeof(*v), by_pid);
	for (i = 0; i < *n; i++) {
		if (kept && v[kept - 1].pid == v[i].pid)
			v[kept - 1].sockets++;
		else
			v[kept++] = v[i];
	}
	*n = kept;
	qsort(v, *n, sizeof(*v), by_sockets);
	return v;
}

/* Is @a / @b nearer to its limit than @c / @d? */
static bool nearer(uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	return (double)a / (double)b > (double)c / (double)d;
}

static void add(struct programs *programs, const struct hold *hold, bool look)
{
	struct program *program = NULL;
	struct process process;
	size_t i;

	for (i = 0; i < programs->n; i++) {
		if (!strcmp(programs->v[i].comm, hold->comm))
			program = &programs->v[i];
	}
	if (!program) {
		programs->v = mem_grow(programs->v, programs->n, &programs->cap,
				       sizeof(*programs->v));
		program = &programs->v[programs->n++];
		*program = (struct program){ .comm = hold->comm,
					     .limit = UINT64_MAX };
	}
	program->sockets += hold->sockets;
	if (!look)
		return;
	process_read(&process, hold->pid, false);
	/* Of several processes that which will be the first to have none. */
	if (!program->fds || nearer(process.fds, process.fd_limit, program->fds,
				    program->limit)) {
		program->fds = process.fds;
		program->limit = process.fd_limit;
	}
	process_free(&process);
}

/**
 * metrics_holders() - the families about programs
 * @survey: with its holders
 */
void metrics_holders(const struct survey *survey)
{
	struct programs programs = { 0 };
	struct metric_label label[] = { { "comm", "" }, { 0 } };
	struct hold *holds;
	size_t n;
	size_t i;

	holds = gather(survey, &n);
	for (i = 0; i < n; i++)
		add(&programs, &holds[i], i < LOOKS);
	if (programs.n)
		qsort(programs.v, programs.n, sizeof(*programs.v), by_program);
	if (programs.n > TOP)
		programs.n = TOP;
	metric_family("tcp_reaper_holder_sockets", METRIC_GAUGE, NULL,
		      "Tracked sockets that processes of this name hold; the ten names with the most.");
	for (i = 0; i < programs.n; i++) {
		label[0].value = programs.v[i].comm;
		metric_count(label, programs.v[i].sockets);
	}
	metric_family("tcp_reaper_holder_descriptors", METRIC_GAUGE, NULL,
		      "Descriptors of the process of this name that is nearest to its limit.");
	for (i = 0; i < programs.n; i++) {
		label[0].value = programs.v[i].comm;
		metric_count(label, programs.v[i].fds);
	}
	metric_family("tcp_reaper_holder_descriptors_limit", METRIC_GAUGE, NULL,
		      "How many descriptors that process may have.");
	for (i = 0; i < programs.n; i++) {
		label[0].value = programs.v[i].comm;
		metric_sample(label, programs.v[i].limit == UINT64_MAX
					     ? HUGE_VAL
					     : (double)programs.v[i].limit);
	}
	free(programs.v);
	free(holds);
}
