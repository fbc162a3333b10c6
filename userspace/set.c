// SPDX-License-Identifier: GPL-2.0
/*
 * reaperctl set: change settings, all of them or none. What can be judged
 * without the kernel is judged first; then the old values are read; then the
 * new ones are written, and taken back if the kernel refuses one.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "duration.h"
#include "kfile.h"
#include "knobs.h"
#include "mem.h"
#include "output.h"
#include "verb.h"

/* A KEY=VALUE of the command line. */
struct wish {
	const char *key;
	const char *text; /* the value as it was typed */
	char value[KNOB_VALUE];
};

/* A wish in one namespace. */
struct change {
	const struct netns *ns;
	const struct wish *wish;
	struct knob knob;
	char old[KNOB_VALUE];
};

/* What is to be written, by namespace, and what was, in that order. */
struct plan {
	struct wish *wishes;
	size_t nwishes;
	struct change *v;
	size_t n;
	size_t cap;
	const struct change **written;
	size_t nwritten;
};

static enum rc parse_time(struct wish *wish)
{
	uint64_t ms;

	if (!duration_parse(wish->text, &ms)) {
		output_error("set: %s=%s: not a time: 30s, 5m, 1h30m or milliseconds; see reaperctl set --help",
			     wish->key, wish->text);
		return RC_USAGE;
	}
	if (ms > UINT32_MAX) {
		output_error("set: %s=%s: more than %" PRIu32
			     " ms, about 49 days; see reaperctl set --help",
			     wish->key, wish->text, UINT32_MAX);
		return RC_USAGE;
	}
	snprintf(wish->value, sizeof(wish->value), "%" PRIu64, ms);
	return RC_DONE;
}

/* Cut @arg, KEY=VALUE, into @wish, as far as that goes without a module. */
static enum rc parse(struct wish *wish, char *arg)
{
	char *value = strchr(arg, '=');

	if (!value || value == arg || !value[1]) {
		output_error("set: %s: not KEY=VALUE; see reaperctl set --help",
			     arg);
		return RC_USAGE;
	}
	*value++ = '\0';
	wish->key = arg;
	wish->text = value;
	if (knob_is_time(arg))
		return parse_time(wish);
	/* A knob is one line; the kernel would take the first for the whole. */
	if (strlen(value) >= KNOB_VALUE - 1 || strchr(value, '\n')) {
		output_error("set: %s: no such value; see reaperctl set --help",
			     arg);
		return RC_USAGE;
	}
	strcpy(wish->value, value);
	return RC_DONE;
}

static bool same_key(const char *a, const char *b)
{
	for (; *a && *b; a++, b++) {
		if ((*a == '/' ? '.' : *a) != (*b == '/' ? '.' : *b))
			return false;
	}
	return *a == *b;
}

static enum rc parse_all(struct plan *plan, struct call *call)
{
	size_t i;

	plan->wishes = mem_zalloc(call->argc, sizeof(*plan->wishes));
	for (plan->nwishes = 0; plan->nwishes < (size_t)call->argc;
	     plan->nwishes++) {
		struct wish *wish = &plan->wishes[plan->nwishes];
		enum rc rc = parse(wish, call->argv[plan->nwishes]);

		if (rc != RC_DONE)
			return rc;
		for (i = 0; i < plan->nwishes; i++) {
			if (same_key(plan->wishes[i].key, wish->key)) {
				output_error("set: %s: given twice; see reaperctl set --help",
					     wish->key);
				return RC_USAGE;
			}
		}
	}
	return RC_DONE;
}

static enum rc prepare_one(struct plan *plan, const struct netns *ns,
			   const struct knobs *knobs, const struct wish *wish)
{
	const struct knob *knob = knobs_get(knobs, wish->key);
	char label[NETNS_LABEL];
	struct change *change;
	int err;

	if (!knob) {
		output_error("%s: no such setting in %s; nothing was changed; \"reaperctl get\" shows all",
			     wish->key, netns_label(label, ns));
		return RC_FAILED;
	}
	plan->v = mem_grow(plan->v, plan->n, &plan->cap, sizeof(*plan->v));
	change = &plan->v[plan->n];
	change->ns = ns;
	change->wish = wish;
	change->knob = *knob;
	err = knob_read(knob, change->old);
	if (err) {
		knob_unreadable(knob, ns, err);
		return RC_FAILED;
	}
	plan->n++;
	return RC_DONE;
}

static enum rc prepare(struct plan *plan, const struct netns *ns)
{
	struct knobs knobs = { 0 };
	enum rc rc;
	size_t i;

	rc = netns_enter(ns);
	if (rc != RC_DONE)
		return rc;
	rc = knobs_find(&knobs, ns);
	for (i = 0; rc == RC_DONE && i < plan->nwishes; i++)
		rc = prepare_one(plan, ns, &knobs, &plan->wishes[i]);
	knobs_free(&knobs);
	return rc;
}

static int write_in(const struct netns **here, const struct change *change,
		    const char *value)
{
	if (*here != change->ns) {
		if (netns_enter(change->ns) != RC_DONE)
			return -ESRCH;
		*here = change->ns;
	}
	return kfile_write(change->knob.path, value);
}

/* Take back what was written, the last first. Return: how much stayed. */
static size_t take_back(const struct plan *plan, const struct netns *here)
{
	size_t stayed = 0;
	size_t n = plan->nwritten;

	while (n--) {
		if (write_in(&here, plan->written[n], plan->written[n]->old))
			stayed++;
	}
	return stayed;
}

static void refused(const struct change *change, int err, size_t stayed)
{
	char label[NETNS_LABEL];
	char outcome[64] = "nothing was changed";
	const char *hint;

	if (err == -EPERM || err == -EACCES)
		hint = "it needs CAP_NET_ADMIN, with netns_admin=N over the initial netns";
	else if (err == -EINVAL || err == -ERANGE)
		hint = "reaperctl(8) says which values there are";
	else
		hint = "try again; dmesg may say more";
	if (stayed)
		snprintf(outcome, sizeof(outcome),
			 "%zu earlier changes could not be taken back", stayed);
	output_error("%s=%s: refused in %s: %s: %s; %s; %s", change->wish->key,
		     change->wish->text, netns_label(label, change->ns),
		     change->knob.path, strerror(-err), outcome, hint);
}

/*
 * Nothing may be reaped by a policy that is half the old one: a mode that
 * touches no socket is written before all else, mode enforce after it.
 */
static int turn(const struct wish *wish)
{
	if (strcmp(wish->key, "mode"))
		return 1;
	return strcmp(wish->value, "enforce") ? 0 : 2;
}

static enum rc write_all(struct plan *plan)
{
	const struct netns *here = NULL;
	size_t i;
	int now;

	plan->written = mem_zalloc(plan->n, sizeof(*plan->written));
	for (now = 0; now <= 2; now++) {
		for (i = 0; i < plan->n; i++) {
			const struct change *change = &plan->v[i];
			int err;

			if (turn(change->wish) != now)
				continue;
			err = write_in(&here, change, change->wish->value);
			if (err) {
				refused(change, err, take_back(plan, here));
				return RC_FAILED;
			}
			plan->written[plan->nwritten++] = change;
		}
	}
	return RC_DONE;
}

static void show(const struct plan *plan)
{
	const struct netns *ns = NULL;
	size_t i;

	for (i = 0; i < plan->n; i++) {
		const struct change *change = &plan->v[i];

		if (ns != change->ns) {
			if (ns) {
				output_close();
				output_close();
			}
			ns = change->ns;
			output_open(NULL);
			netns_output(ns);
			output_open("knobs");
		}
		output_auto(change->knob.key, change->wish->value);
	}
	output_close();
	output_close();
}

static enum rc run(struct call *call)
{
	struct plan plan = { 0 };
	enum rc rc;
	size_t i;

	rc = parse_all(&plan, call);
	if (rc == RC_DONE && call->netns.unread) {
		output_error("-a: %zu processes do not show their namespace to you; nothing was changed; run it as root",
			     call->netns.unread);
		rc = RC_FAILED;
	}
	for (i = 0; rc == RC_DONE && i < call->netns.n; i++)
		rc = prepare(&plan, &call->netns.v[i]);
	if (rc == RC_DONE)
		rc = write_all(&plan);
	if (rc == RC_DONE)
		show(&plan);
	free(plan.written);
	free(plan.v);
	free(plan.wishes);
	return rc;
}

const struct verb verb_set = {
	.name = "set",
	.args = "KEY=VALUE...",
	.what = "change settings, all of them or none",
	.help = "Changes settings at once, for sockets already tracked too. All are\n"
		"checked before the first is written; if the kernel refuses one, those before it are\n"
		"taken back.\n"
		"Mode enforce is written last, another mode first, so that no socket is reaped by\n"
		"half a policy.\n"
		"KEY is as in get; a time also takes ms, s, m, h and d; 0 is never:\n"
		"  reaperctl set close_wait.timeout_ms=30m mode=enforce\n"
		"With -a every namespace is changed, or none.\n",
	.min_args = 1,
	.max_args = -1,
	.run = run,
};
