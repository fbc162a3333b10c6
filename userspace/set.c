// SPDX-License-Identifier: GPL-2.0
/*
 * reaperctl set: change settings, all of them or none. What can be judged
 * without the kernel is judged first; then the old values are read; then the
 * new ones are written, and taken back if the kernel refuses one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "change.h"
#include "knobs.h"
#include "mem.h"
#include "output.h"
#include "verb.h"
#include "words.h"

/* A KEY=VALUE of the command line. */
struct wish {
	const char *key;
	const char *text; /* the value as it was typed */
	char value[KNOB_VALUE];
};

/* What is to be written, by namespace. */
struct plan {
	struct wish *wishes;
	size_t nwishes;
	struct changes changes;
};

/* Cut @arg, KEY=VALUE, into @wish, as far as that goes without a module. */
static enum rc parse(struct wish *wish, char *arg)
{
	char *value = strchr(arg, '=');
	const char *why;

	if (!value || value == arg || !value[1]) {
		output_error("set: %s: not KEY=VALUE; see reaperctl set --help",
			     arg);
		return RC_USAGE;
	}
	*value++ = '\0';
	wish->key = arg;
	wish->text = value;
	why = knob_parse(arg, value, wish->value);
	if (!why)
		return RC_DONE;
	output_error("set: %s=%s: %s; see reaperctl set --help", arg, value,
		     why);
	return RC_USAGE;
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
			if (knob_same_key(plan->wishes[i].key, wish->key)) {
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
	char old[KNOB_VALUE];
	int err;

	if (!knob) {
		output_error("%s: no such setting in %s; nothing was changed; \"reaperctl get\" shows all",
			     wish->key, netns_label(label, ns));
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

static enum rc write_all(struct plan *plan)
{
	const struct change *change;
	const struct wish *wish;
	char label[NETNS_LABEL];
	char outcome[64] = "nothing was changed";
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
		     strerror(-err), outcome, change_hint(err));
	return RC_FAILED;
}

static void show(const struct plan *plan)
{
	const struct netns *ns = NULL;
	size_t i;

	for (i = 0; i < plan->changes.n; i++) {
		const struct change *change = &plan->changes.v[i];

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
		output_auto(change->key, change->value);
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
	changes_free(&plan.changes);
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
		"half a policy.\n"
		"KEY is as in get; a time also takes ms, s, m, h and d; 0 is never:\n"
		"  reaperctl set close_wait.timeout_ms=30m mode=enforce\n"
		"With -a every namespace is changed, or none.\n",
	.min_args = 1,
	.max_args = -1,
	.words = words,
	.run = run,
};
