// SPDX-License-Identifier: GPL-2.0-only
/*
 * reaperctl set: change settings, in each namespace all of them or none. What
 * can be judged without the kernel is judged first; then the old values are
 * read; then the new ones are written, and taken back if the kernel refuses
 * one. A namespace that refuses keeps no other one from what it gets: in an
 * emergency what can be done is to be done.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "base/mem.h"
#include "kernel/change.h"
#include "kernel/knobs.h"
#include "show/output.h"
#include "show/words.h"
#include "verb/verb.h"

/* What is shorter is rarely meant. */
#define BARE_LEAST_MS 60000

/* A KEY=VALUE of the command line. */
struct wish {
	const char *key;
	const char *text; /* the value as it was typed */
	char value[KNOB_VALUE];
};

/* What is to be written in a namespace. */
struct plan {
	struct wish *wishes;
	size_t nwishes;
	bool many;
	struct changes changes;
};

/* Cut @arg, KEY=VALUE, into @wish, as far as that goes without a module. */
static enum rc parse(struct wish *wish, char *arg)
{
	char *value = strchr(arg, '=');
	const char *why;

	if (!value || value == arg || !value[1])
		return output_usage("set", "set: %s: not KEY=VALUE", arg);
	*value++ = '\0';
	wish->key = arg;
	wish->text = value;
	why = knob_parse(arg, value, wish->value);
	if (!why)
		return RC_DONE;
	return output_usage("set", "set: %s=%s: %s", arg, value, why);
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
			if (knob_same_key(plan->wishes[i].key, wish->key))
				return output_usage("set",
						    "set: %s: given twice",
						    wish->key);
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
	char hint[KNOB_HINT];
	char old[KNOB_VALUE];
	int err;

	if (!knob) {
		output_error("%s: no such setting in %s; nothing was changed there; %s",
			     wish->key, netns_label(label, ns),
			     knobs_hint(hint, knobs, wish->key));
		return RC_FAILED;
	}
	err = knob_read(knob, old);
	if (err) {
		knob_unreadable(knob, ns, err);
		return RC_FAILED;
	}
	change = changes_add(&plan->changes, ns, knob->path, knob->key);
	change->value = mem_strdup(wish->value);
	change->old = mem_strdup(old);
	change->of = wish;
	return RC_DONE;
}

static enum rc prepare(struct plan *plan, const struct netns *ns)
{
	struct knobs knobs = { 0 };
	enum rc rc = knobs_find(&knobs, ns);
	size_t i;

	for (i = 0; rc == RC_DONE && i < plan->nwishes; i++)
		rc = prepare_one(plan, ns, &knobs, &plan->wishes[i]);
	knobs_free(&knobs);
	return rc;
}

static enum rc write_all(struct plan *plan)
{
	const struct change *change;
	const struct wish *wish;
	char label[NETNS_LABEL];
	char outcome[64] = "nothing was changed there";
	int err = changes_write(&plan->changes);

	if (!err)
		return RC_DONE;
	change = plan->changes.refused;
	wish = change->of;
	if (plan->changes.stayed)
		snprintf(outcome, sizeof(outcome),
			 "%zu earlier changes could not be taken back",
			 plan->changes.stayed);
	output_error("%s=%s: refused in %s: %s: %s; %s; %s", wish->key,
		     wish->text, netns_label(label, change->ns), change->path,
		     strerror(-err), outcome, change_hint(change, err));
	return RC_FAILED;
}

/* Whoever switched it on wants to know what that did. */
static void show_due(const struct change *change, bool many)
{
	uint64_t go = change->due - change->probed;
	char label[NETNS_LABEL];
	char probed[64] = "";

	output_u64("due", change->due);
	if (change->probed)
		snprintf(probed, sizeof(probed),
			 ", %" PRIu64 " idle one%s probed", change->probed,
			 change->probed == 1 ? " is" : "s are");
	output_line("%s%s%" PRIu64 " socket%s due and go%s now%s",
		    many ? netns_label(label, change->ns) : "",
		    many ? ": " : "", go, go == 1 ? " is" : "s are",
		    go == 1 ? "es" : "", probed);
}

static void show(const struct plan *plan, const struct netns *ns)
{
	const struct change *begins = NULL;
	size_t i;

	output_open(NULL);
	netns_output(ns);
	output_open("knobs");
	for (i = 0; i < plan->changes.n; i++) {
		const struct change *change = &plan->changes.v[i];

		output_auto(change->key, change->value);
		if (change->begins)
			begins = change;
	}
	output_close();
	if (begins)
		show_due(begins, plan->many);
	output_close();
}

static enum rc set(const struct netns *ns, void *arg)
{
	struct plan *plan = arg;
	enum rc rc = prepare(plan, ns);

	if (rc == RC_DONE)
		rc = write_all(plan);
	if (rc == RC_DONE)
		show(plan, ns);
	changes_free(&plan->changes);
	return rc;
}

/* 90 is meant as seconds by many who write it. */
static void remark(const struct wish *wish)
{
	char text[DURATION_TEXT];
	uint64_t ms;

	if (knob_is_time(wish->key) && number_parse(wish->text, &ms) && ms &&
	    ms < BARE_LEAST_MS)
		output_error("set: %s=%s: a number alone is of milliseconds, so this is %s; %ss would be seconds",
			     wish->key, wish->text, duration_exact(text, ms),
			     wish->text);
}

static enum rc run(struct call *call)
{
	struct plan plan = { .many = call->netns.many };
	enum rc rc;
	size_t i;

	rc = parse_all(&plan, call);
	for (i = 0; rc == RC_DONE && i < plan.nwishes; i++)
		remark(&plan.wishes[i]);
	if (rc == RC_DONE)
		rc = netns_each(&call->netns, set, &plan);
	free(plan.wishes);
	return rc;
}

/* A key, or after its '=' a value, which words are few enough to know. */
static void words(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	knobs_words();
	words_add("mode=off", "track nothing");
	words_add("mode=observe", "count what would be reaped");
	words_add("mode=enforce", "reap");
	words_add("close_wait.action=reset", "");
	words_add("close_wait.action=fin", "");
	words_add("established.action=probe", "");
	words_add("established.action=reset", "");
}

const struct verb verb_set = {
	.name = "set",
	.args = "KEY=VALUE...",
	.what = "change settings, all of them or none",
	.help = "Changes settings at once, for sockets already tracked too. All are\n"
		"checked before the first is written; if the kernel refuses one, those before it are\n"
		"taken back.\n"
		"Mode enforce is written last, another mode first, so that no socket is reaped by\n"
		"half a policy; how many are due as it begins is said.\n"
		"KEY is as in get, or the name of the sysctl; a time also takes ms, s, m, h and d,\n"
		"or never; a number alone is of milliseconds:\n"
		"  reaperctl set close_wait.timeout_ms=30m mode=enforce\n"
		"With -a each namespace is changed that can be; what could not be is named.\n",
	.min_args = 1,
	.max_args = -1,
	.steady = true,
	.words = words,
	.run = run,
};
