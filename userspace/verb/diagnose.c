// SPDX-License-Identifier: GPL-2.0-only
/*
 * reaperctl diagnose: who leaks, why, since when, and what to do.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/duration.h"
#include "base/mem.h"
#include "draw/findings.h"
#include "find/group.h"
#include "find/survey.h"
#include "kernel/address.h"
#include "kernel/elsewhere.h"
#include "kernel/kfile.h"
#include "kernel/listeners.h"
#include "kernel/logfile.h"
#include "show/output.h"
#include "verb/verb.h"

/* Younger than this most sockets are just about to be closed. */
#define YOUNG_MS 1000

/* As <linux/proc_ns.h> of the kernel numbers it, which programs do not get. */
#define INITIAL_PID_NS 0xeffffffcU

struct diagnosis {
	struct survey survey;
	struct listeners *listeners; /* one for each part */
	struct reaped *reaped; /* likewise */
	struct nears nears;
	struct looks looks;
	struct relatives *relatives;
	uint64_t young_ms;
	const char *unit; /* only of this one, or NULL */
	bool all_seen;
};

static bool old_enough(const struct sock *sock, const void *arg)
{
	return sock->age_ms >= *(const uint64_t *)arg;
}

static enum rc read_more(const struct netns *ns, void *arg)
{
	struct diagnosis *d = arg;
	size_t p = ns - d->survey.netns->v;

	listeners_read(&d->listeners[p]);
	return reaped_read(&d->reaped[p], ns);
}

/* By what are orphans of one maker known? Most often by the port. */
static uint64_t orphan_number(const struct item *item,
			      const uint32_t *at_local_port)
{
	struct address local;
	struct address remote;

	if (!address_parse(&local, item->sock->local) ||
	    !address_parse(&remote, item->sock->remote))
		return 0;
	/* A client has a port of its own for each connection. */
	if (at_local_port[local.port] > 1 || local.port <= remote.port)
		return local.port | ITEM_LOCAL_PORT;
	return remote.port | ITEM_REMOTE_PORT;
}

static uint64_t number_of(const struct item *item, const struct owners *owners,
			  const uint32_t *at_local_port)
{
	const struct owner *owner = &item->owner;
	struct address local;
	pid_t parent;

	switch (owner->kind) {
	case OWNER_PROCESS:
		/* Its service says enough. */
		if (*owner->by->unit)
			return 0;
		/* Who accepts may start one for each connection, as inetd. */
		parent = owner->leader->parent;
		if (owner->listener &&
		    holders_have(holders_of(owners->holders,
					    owner->listener->inode),
				 parent))
			return (uint64_t)parent;
		return (uint64_t)owner->leader->pid;
	case OWNER_INHERITED:
		return (uint64_t)owner->leader->pid;
	case OWNER_UNACCEPTED:
	case OWNER_ORPHAN:
		if (owner->listener)
			return (uint64_t)(owner->listener -
					  owners->listeners->v);
		if (owner->kind == OWNER_ORPHAN)
			return orphan_number(item, at_local_port);
		return address_parse(&local, item->sock->local)
			       ? local.port | ITEM_LOCAL_PORT
			       : 0;
	default:
		return 0;
	}
}

/* To whom does it belong? */
static void assign(struct item *item, struct diagnosis *d,
		   const struct owners *owners, const uint32_t *at_local_port)
{
	const struct owner *owner = &item->owner;

	owner_find(&item->owner, owners, item->sock);
	item->cgroup = "";
	item->comm = "";
	item->heir = "";
	item->number = number_of(item, owners, at_local_port);
	if (owner->kind <= OWNER_INHERITED) {
		item->comm = owner->leader->comm;
		item->cgroup = owner->leader->cgroup;
	}
	if (owner->kind == OWNER_INHERITED)
		item->heir = owner->by->comm;
	if (owner->by && owner->kind <= OWNER_UNACCEPTED)
		item->process = relatives_process(d->relatives, owner->by->pid);
}

static bool is_wanted(const struct diagnosis *d, const struct owner *owner)
{
	return !d->unit ||
	       (owner->by && cgroup_is_of(owner->by->cgroup, d->unit));
}

static uint32_t *count_local_ports(const struct sock *v, size_t n)
{
	uint32_t *at = mem_zalloc(UINT16_MAX + 1, sizeof(*at));
	struct address local;
	size_t i;

	for (i = 0; i < n; i++) {
		if (!strcmp(v[i].class, "orphan") &&
		    address_parse(&local, v[i].local))
			at[local.port]++;
	}
	return at;
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

/* Return: the wanted ones of @n sockets, with their owners, sorted by them; to
 * be freed.
 */
static struct item *find_items(struct diagnosis *d, const struct owners *owners,
			       const struct sock *v, size_t *n)
{
	struct item *items = mem_zalloc(*n, sizeof(*items));
	uint32_t *at_local_port = count_local_ports(v, *n);
	size_t wanted = 0;
	size_t i;

	for (i = 0; i < *n; i++) {
		memset(&items[wanted], 0, sizeof(*items));
		items[wanted].sock = &v[i];
		assign(&items[wanted], d, owners, at_local_port);
		wanted += is_wanted(d, &items[wanted].owner);
	}
	*n = wanted;
	free(at_local_port);
	if (wanted)
		qsort(items, wanted, sizeof(*items), group_compare);
	return items;
}

/* Return: all of them, to be freed. */
static struct sock *unpacked(const struct sockets *sockets)
{
	struct sock *v = mem_zalloc(sockets->n, sizeof(*v));
	size_t i;

	for (i = 0; i < sockets->n; i++)
		sockets_get_all(sockets, i, &v[i]);
	return v;
}

static enum rc show_part(const struct netns *ns, void *arg)
{
	struct diagnosis *d = arg;
	size_t p = ns - d->survey.netns->v;
	const struct sockets *sockets = &d->survey.parts[p].sockets;
	const struct owners owners = { d->relatives, d->survey.holders,
				       &d->listeners[p], d->all_seen };
	struct sock *socks = unpacked(sockets);
	size_t n = sockets->n;
	struct item *items = find_items(d, &owners, socks, &n);
	struct findings findings = {
		.unit = d->unit, .ns = ns, .owners = &owners, .looks = &d->looks
	};
	struct group *groups = NULL;
	size_t cap = 0;
	enum rc rc;
	size_t i;

	for (i = 0; i < n;) {
		groups = mem_grow(groups, findings.n, &cap, sizeof(*groups));
		group_gather(&groups[findings.n], d->survey.holders, &items[i],
			     n - i);
		i += groups[findings.n++].sockets;
	}
	if (findings.n)
		qsort(groups, findings.n, sizeof(*groups), by_weight);
	findings.groups = groups;
	lefts_find(&findings.lefts, &owners, &d->reaped[p], &d->nears, ns,
		   d->unit);
	rc = findings_show(&findings, d->survey.netns);
	looks_forget(&d->looks, ns->inode);
	for (i = 0; i < findings.n; i++) {
		struct look look = group_look(&groups[i], ns);

		looks_add(&d->looks, &look);
	}
	free(findings.lefts.v);
	free(groups);
	free(items);
	free(socks);
	return rc;
}

/* Are all processes of the machine in our pid namespace, and readable? */
static bool sees_all(const struct survey *survey)
{
	uint64_t inode;

	return !survey->unread && !geteuid() &&
	       !kfile_inode("/proc/self/ns/pid", &inode) &&
	       inode == INITIAL_PID_NS;
}

/* The holders of listeners and of what was ended, with those of the sockets. */
static void find_holders(struct diagnosis *d)
{
	size_t more = 0;
	size_t i;
	size_t k;

	for (i = 0; i < d->survey.netns->n; i++)
		more += d->listeners[i].n + d->reaped[i].n;
	survey_want(&d->survey, more);
	for (i = 0; i < d->survey.netns->n; i++) {
		for (k = 0; k < d->listeners[i].n; k++)
			holders_want(d->survey.holders,
				     d->listeners[i].v[k].inode);
		for (k = 0; k < d->reaped[i].n; k++)
			holders_want(d->survey.holders,
				     d->reaped[i].v[k].inode);
	}
	survey_holders(&d->survey);
}

static enum rc run(struct call *call)
{
	struct diagnosis d = { .young_ms = YOUNG_MS,
			       .unit = call->option['U'] };
	const char *age = call->option['g'];
	enum rc rc;
	size_t i;

	if (age && !duration_parse(age, &d.young_ms))
		return output_usage("diagnose",
				    "-g %s: not a time: 30s, 5m, 1h30m or milliseconds",
				    age);
	rc = survey_read(&d.survey, &call->netns, old_enough, &d.young_ms);
	d.listeners = mem_zalloc(call->netns.n, sizeof(*d.listeners));
	d.reaped = mem_zalloc(call->netns.n, sizeof(*d.reaped));
	rc = rc_first(rc, netns_each(&call->netns, read_more, &d));
	find_holders(&d);
	d.all_seen = sees_all(&d.survey);
	d.relatives = relatives_new();
	looks_load(&d.looks);
	rc = rc_first(rc, netns_each(&call->netns, show_part, &d));
	/* Of the others nothing was seen. */
	if (!d.unit)
		looks_save(&d.looks);
	if (!d.survey.sockets)
		elsewhere_show(&call->netns, "", " diagnose");
	looks_free(&d.looks);
	relatives_free(d.relatives);
	for (i = 0; i < call->netns.n; i++) {
		listeners_free(&d.listeners[i]);
		free(d.reaped[i].v);
	}
	free(d.listeners);
	free(d.reaped);
	free(d.nears.v);
	survey_free(&d.survey);
	return rc;
}

static const struct verb_option options[] = {
	{ 'g', "age", "TIME", "only sockets at least so old (1s)", NULL },
	{ 'U', "unit", "NAME",
	  "only those of such a unit, container (its id) or pod (its UID)",
	  NULL },
	{ 0 },
};

const struct verb verb_diagnose = {
	.name = "diagnose",
	.args = "",
	.what = "who leaks sockets, why, and what to do",
	.help = "Groups the tracked sockets by the program that holds them, and says for each kind\n"
		"first what is known: bytes received and read, what waits in its queues, what the\n"
		"threads do now; then what it may mean, what would tell, what to do, and what tcp_reaper\n"
		"does meanwhile. Queues of listeners that are full are shown as well. What grew since\n"
		"the last look is shown from the second call on, and when the process runs out of\n"
		"descriptors. Last is who has not closed what was reaped, as far as the log goes.\n",
	.options = options,
	.run = run,
};
