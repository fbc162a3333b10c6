// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs and their processes by name. A process may call itself what it
 * likes: what would end the name here is escaped.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "draw/names.h"
#include "show/clean.h"

/* Processes of a program, and programs, that are named. */
#define NAMED 3

static void add_name(char text[TEXT], const char *name)
{
	char *fit = clean_name(name, "\"\\,;:");

	text_add(text, "%s", fit);
	free(fit);
}

/**
 * names_unit() - " in UNIT", of which service or container a process is
 * @text: what it is added to
 * @relative: the process; nothing is added if it is of none
 */
void names_unit(char text[TEXT], const struct relative *relative)
{
	char unit[CGROUP_UNIT];

	if (!*relative->unit)
		return;
	strcpy(unit, relative->unit);
	cgroup_short(unit);
	text_add(text, " in ");
	add_name(text, unit);
	if (*relative->pod)
		text_add(text, " of pod %s", relative->pod);
}

/**
 * names_program() - the name of a program, and of its service
 * @text: what it is added to
 * @relative: a process of it
 */
void names_program(char text[TEXT], const struct relative *relative)
{
	add_name(text, relative->comm);
	names_unit(text, relative);
}

/**
 * names_processes() - which processes
 * @text: what it is added to
 * @pids: some of them
 * @named: how many those may be at most
 * @n: how many there are
 */
void names_processes(char text[TEXT], const pid_t *pids, size_t named, size_t n)
{
	size_t i;

	if (n == 1) {
		text_add(text, ", pid %d", (int)*pids);
		return;
	}
	text_add(text, ", %zu processes (pid", n);
	for (i = 0; i < named && i < n; i++)
		text_add(text, "%s %d", i ? "," : "", (int)pids[i]);
	if (n > i)
		text_add(text, " and %zu more", n - i);
	text_add(text, ")");
}

static int by_program(const void *a, const void *b)
{
	const struct relative *x = *(const struct relative *const *)a;
	const struct relative *y = *(const struct relative *const *)b;
	int order = strcmp(x->comm, y->comm);

	if (!order)
		order = strcmp(x->cgroup, y->cgroup);
	if (!order)
		order = x->pid < y->pid ? -1 : x->pid > y->pid;
	return order;
}

static void add_program(char text[TEXT], const struct relative *const *v,
			size_t n)
{
	pid_t pids[NAMED];
	size_t i;

	for (i = 0; i < n && i < NAMED; i++)
		pids[i] = v[i]->pid;
	names_program(text, v[0]);
	names_processes(text, pids, NAMED, n);
}

typedef bool (*leave_out_fn)(const struct relative *by, const void *arg);

static void add_programs(char text[TEXT], struct relatives *relatives,
			 const struct holder *first, leave_out_fn leave_out,
			 const void *arg)
{
	const struct relative **v = NULL;
	const struct holder *holder;
	size_t programs = 0;
	size_t cap = 0;
	size_t n = 0;
	size_t i;
	size_t same;

	for (holder = first; holder; holder = holder->next) {
		const struct relative *by =
			relatives_get(relatives, holder->pid);

		if ((n && v[n - 1] == by) || leave_out(by, arg))
			continue;
		v = mem_grow(v, n, &cap, sizeof(*v));
		v[n++] = by;
	}
	if (n)
		qsort(v, n, sizeof(*v), by_program);
	for (i = 0; i < n; i += same) {
		for (same = 1;
		     i + same < n && relative_same_program(v[i], v[i + same]);
		     same++)
			;
		if (programs++ == NAMED) {
			text_add(text, "; and others");
			break;
		}
		text_add(text, "%s", i ? "; " : "");
		add_program(text, &v[i], same);
	}
	free(v);
}

static bool same_program(const struct relative *by, const void *but)
{
	return but && relative_same_program(by, but);
}

static bool manages(const struct relative *by, const void *arg)
{
	(void)arg;
	return relative_manages(by);
}

/**
 * names_holders() - who holds a socket
 * @text: what it is added to
 * @relatives: of all processes
 * @first: the first of its holders
 * @but: processes of this program are left out; NULL: all are named
 */
void names_holders(char text[TEXT], struct relatives *relatives,
		   const struct holder *first, const struct relative *but)
{
	add_programs(text, relatives, first, same_program, but);
}

/**
 * names_accepters() - who may accept from a listener
 * @text: what it is added to
 * @relatives: of all processes
 * @first: the first of its holders
 *
 * Who keeps it for others is named if there are no others.
 */
void names_accepters(char text[TEXT], struct relatives *relatives,
		     const struct holder *first)
{
	size_t before = strlen(text);

	add_programs(text, relatives, first, manages, NULL);
	if (strlen(text) == before)
		add_programs(text, relatives, first, same_program, NULL);
}
