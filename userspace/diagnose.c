// SPDX-License-Identifier: GPL-2.0
/*
 * reaperctl diagnose: who leaks, why, since when, and what to do.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diagnose.h"
#include "duration.h"
#include "listeners.h"
#include "mem.h"
#include "output.h"
#include "survey.h"
#include "verb.h"

/* Younger than this most sockets are just about to be closed. */
#define YOUNG_MS 1000

struct diagnosis {
	struct survey survey;
	struct listeners *listeners; /* one for each part */
	struct looks looks;
	uint64_t young_ms;
};

static bool old_enough(const struct sock *sock, const void *arg)
{
	return sock->age_ms >= *(const uint64_t *)arg;
}

static enum rc read_listeners(const struct netns *ns, void *arg)
{
	struct diagnosis *d = arg;

	listeners_read(&d->listeners[ns - d->survey.netns->v]);
	return RC_DONE;
}

/* To whom does it belong? */
static void assign(struct item *item, const struct diagnosis *d,
		   const struct listeners *listeners)
{
	const struct sock *sock = item->sock;
	const struct listener *listener;

	item->holder = holders_of(d->survey.holders, sock->inode);
	if (!strcmp(sock->verdict, "kernel")) {
		item->kind = GROUP_KERNEL;
	} else if (item->holder) {
		item->kind = GROUP_PROCESS;
		item->id = (unsigned int)item->holder->pid;
	} else if (!strcmp(sock->class, "orphan")) {
		item->kind = GROUP_ORPHAN;
	} else if (sock->inode) {
		item->kind = GROUP_HIDDEN;
	} else {
		const char *colon = strrchr(sock->local, ':');

		item->kind = GROUP_UNACCEPTED;
		item->id = colon ? (unsigned int)atoi(colon + 1) : 0;
		listener = listeners_find(listeners, item->id);
		if (listener)
			item->holder =
				holders_of(d->survey.holders, listener->inode);
	}
}

static int by_group(const void *a, const void *b)
{
	const struct item *x = a;
	const struct item *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	/* The oldest becomes the example. */
	return (x->sock->age_ms < y->sock->age_ms) -
	       (x->sock->age_ms > y->sock->age_ms);
}

/* Those to be seen to first: many sockets, and a bug of somebody. */
static int by_weight(const void *a, const void *b)
{
	const struct group *x = a;
	const struct group *y = b;

	if (x->faulty != y->faulty)
		return x->faulty < y->faulty ? 1 : -1;
	if (x->sockets != y->sockets)
		return x->sockets < y->sockets ? 1 : -1;
	return x->items < y->items ? -1 : x->items > y->items;
}

static enum rc show_part(const struct netns *ns, void *arg)
{
	struct diagnosis *d = arg;
	size_t p = ns - d->survey.netns->v;
	struct survey_part *part = &d->survey.parts[p];
	struct item *items = mem_zalloc(part->sockets.n, sizeof(*items));
	struct group *groups = NULL;
	size_t ngroups = 0;
	size_t cap = 0;
	enum rc rc;
	size_t i;

	for (i = 0; i < part->sockets.n; i++) {
		items[i].sock = &part->sockets.v[i];
		assign(&items[i], d, &d->listeners[p]);
	}
	if (part->sockets.n)
		qsort(items, part->sockets.n, sizeof(*items), by_group);
	for (i = 0; i < part->sockets.n;) {
		groups = mem_grow(groups, ngroups, &cap, sizeof(*groups));
		group_gather(&groups[ngroups], &items[i], part->sockets.n - i);
		i += groups[ngroups++].sockets;
	}
	if (ngroups)
		qsort(groups, ngroups, sizeof(*groups), by_weight);
	rc = diagnose_show(d->survey.netns, ns, groups, ngroups, &d->looks);
	looks_forget(&d->looks, ns->inode);
	for (i = 0; i < ngroups; i++) {
		struct look look = group_look(&groups[i], ns);

		looks_add(&d->looks, &look);
		process_free(&groups[i].process);
	}
	free(groups);
	free(items);
	return rc;
}

/* The holders of the listeners, with those of the sockets in one pass. */
static void find_holders(struct diagnosis *d)
{
	uint64_t *inodes = NULL;
	size_t cap = 0;
	size_t n = 0;
	size_t i;
	size_t l;

	for (i = 0; i < d->survey.netns->n; i++) {
		for (l = 0; l < d->listeners[i].n; l++) {
			inodes = mem_grow(inodes, n, &cap, sizeof(*inodes));
			inodes[n++] = d->listeners[i].v[l].inode;
		}
	}
	survey_holders(&d->survey, inodes, n);
	free(inodes);
}

static enum rc run(struct call *call)
{
	struct diagnosis d = { .young_ms = YOUNG_MS };
	const char *age = call->option['g'];
	enum rc rc;
	size_t i;

	if (age && !duration_parse(age, &d.young_ms)) {
		output_error("-g %s: not a time: 30s, 5m, 1h30m or milliseconds; see reaperctl diagnose --help",
			     age);
		return RC_USAGE;
	}
	rc = survey_read(&d.survey, &call->netns, old_enough, &d.young_ms);
	d.listeners = mem_zalloc(call->netns.n, sizeof(*d.listeners));
	if (d.survey.sockets) {
		rc = rc_first(rc, netns_each(&call->netns, read_listeners, &d));
		find_holders(&d);
	} else {
		survey_holders(&d.survey, NULL, 0);
	}
	looks_load(&d.looks);
	rc = rc_first(rc, netns_each(&call->netns, show_part, &d));
	looks_save(&d.looks);
	looks_free(&d.looks);
	for (i = 0; i < call->netns.n; i++)
		listeners_free(&d.listeners[i]);
	free(d.listeners);
	survey_free(&d.survey);
	return rc;
}

static const struct verb_option options[] = {
	{ 'g', "age", "TIME", "only sockets at least so old (1s)", NULL },
	{ 0 },
};

const struct verb verb_diagnose = {
	.name = "diagnose",
	.args = "",
	.what = "who leaks sockets, why, and what to do",
	.help = "Groups the tracked sockets by the process that holds them, and says for each what\n"
		"is likely wrong, from facts: what was read, what is queued, what the program waits\n"
		"for, whether it runs at all; then what to do, and which setting helps meanwhile.\n"
		"Names an example to check with ls -l /proc/PID/fd/FD. What grew since the last look\n"
		"is shown from the second call on, and when the process runs out of descriptors.\n",
	.options = options,
	.run = run,
};
