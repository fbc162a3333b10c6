// SPDX-License-Identifier: GPL-2.0-only
/*
 * reaperctl set: change settings, in each namespace all of them or none. What
 * can be judged without the kernel is judged first; then the old values are
 * read; then the new ones are written, and taken back if the kernel refuses
 * one. A namespace that refuses keeps no other one from what it gets: in an
 * emergency what can be done is to be done.
 *
 * With --for the kernel is given all of them in one write, with the time after
 * which it takes them back: nothing that happens to this program, its terminal
 * or the way to it keeps it from that.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "base/mem.h"
#include "kernel/change.h"
#include "kernel/kfile.h"
#include "kernel/knobs.h"
#include "kernel/paths.h"
#include "kernel/sockets.h"
#include "kernel/trial.h"
#include "show/output.h"
#include "show/words.h"
#include "verb/verb.h"

/* The longest trial: a week. */
#define TRIAL_MOST_MS 604800000

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
	uint64_t for_ms; /* 0: for good */
	size_t kept;
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

/* All in one write, with the time after which they go back. */
static enum rc write_trial(struct plan *plan, const struct netns *ns)
{
	struct trial trial = { .left_ms = plan->for_ms };
	char label[NETNS_LABEL];
	char *text;
	size_t i;
	int err;

	for (i = 0; i < plan->changes.n; i++) {
		struct change *change = &plan->changes.v[i];
		struct tried one = { "", "", "" };

		snprintf(one.key, sizeof(one.key), "%s", change->key);
		snprintf(one.value, sizeof(one.value), "%s", change->value);
		*mem_add(&trial) = one;
		change->begins = !strcmp(change->key, "mode") &&
				 !strcmp(change->value, "enforce") &&
				 strcmp(change->old, "enforce");
		if (change->begins)
			change->due = sockets_due(&change->probed);
	}
	text = trial_text(&trial);
	err = kfile_write(PROC_TRIAL, text);
	if (err)
		output_error("set: refused in %s: %s: %s; nothing was changed there; %s",
			     netns_label(label, ns), PROC_TRIAL, strerror(-err),
			     err == -ENOENT
				     ? "the module that is loaded cannot do that: reaperctl reload"
				     : change_hint(NULL, err));
	free(text);
	trial_free(&trial);
	return err ? RC_FAILED : RC_DONE;
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

static void show_end(const struct plan *plan, const struct netns *ns)
{
	char text[DURATION_TEXT];
	char label[NETNS_LABEL];

	output_u64("for_ms", plan->for_ms);
	output_line("%s%sin %s all goes back, unless \"reaperctl set --keep\" comes first",
		    plan->many ? netns_label(label, ns) : "",
		    plan->many ? ": " : "", duration_exact(text, plan->for_ms));
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
	if (plan->for_ms)
		show_end(plan, ns);
	output_close();
}

static enum rc set(const struct netns *ns, void *arg)
{
	struct plan *plan = arg;
	enum rc rc = prepare(plan, ns);

	if (rc == RC_DONE)
		rc = plan->for_ms ? write_trial(plan, ns) : write_all(plan);
	if (rc == RC_DONE)
		show(plan, ns);
	changes_free(&plan->changes);
	return rc;
}

/* What is on trial stays. With -a a namespace that has none is passed over. */
static enum rc keep(const struct netns *ns, void *arg)
{
	struct plan *plan = arg;
	struct trial trial = { 0 };
	enum rc rc = trial_read(&trial, ns);
	char label[NETNS_LABEL];
	int err = -ENOENT;
	size_t i;

	if (rc == RC_DONE && trial.n)
		err = kfile_write(PROC_TRIAL, "keep");
	if (rc == RC_DONE && err && (err != -ENOENT || !plan->many)) {
		if (err == -ENOENT)
			output_error("set: nothing goes back in %s: no trial was begun there, or it is over",
				     netns_label(label, ns));
		else
			output_error("set: refused in %s: %s: %s; %s",
				     netns_label(label, ns), PROC_TRIAL,
				     strerror(-err), change_hint(NULL, err));
		rc = RC_FAILED;
	}
	if (rc == RC_DONE && !err) {
		plan->kept++;
		output_open(NULL);
		netns_output(ns);
		output_open("knobs");
		for (i = 0; i < trial.n; i++) {
			output_auto(trial.v[i].key, trial.v[i].value);
			output_line("%s%skept: %s = %s",
				    plan->many ? netns_label(label, ns) : "",
				    plan->many ? ": " : "", trial.v[i].key,
				    trial.v[i].value);
		}
		output_close();
		output_close();
	}
	trial_free(&trial);
	return rc;
}

static enum rc keep_all(const struct call *call, struct plan *plan)
{
	enum rc rc;

	if (call->argc || call->option['f'])
		return output_usage("set",
				    "set: --keep stands alone: it keeps all that was set with --for");
	rc = netns_each(&call->netns, keep, plan);
	if (rc != RC_DONE || plan->kept)
		return rc;
	output_error(
		"set: nothing goes back in any namespace: no trial was begun, or it is over");
	return RC_FAILED;
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
	const char *lasts = call->option['f'];
	enum rc rc;
	size_t i;

	if (call->option['k'])
		return keep_all(call, &plan);
	if (!call->argc)
		return output_usage("set", "set: KEY=VALUE... is missing");
	if (lasts && (!duration_parse(lasts, &plan.for_ms) || !plan.for_ms ||
		      plan.for_ms > TRIAL_MOST_MS))
		return output_usage("set",
				    "set: --for %s: not a time up to a week: 30s, 5m, 1h30m, 2d",
				    lasts);
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

static const struct verb_option options[] = {
	{ 'f', "for", "TIME",
	  "only for so long, unless confirmed: then all goes back by itself",
	  NULL },
	{ 'k', "keep", NULL, "confirm: what was set with --for stays", NULL },
	{ 0 },
};

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
		"With -a each namespace is changed that can be; what could not be is named.\n"
		"With --for the kernel takes all of it back after that time, whatever becomes of this\n"
		"program or of the way here, but for what somebody sets meanwhile; --keep confirms:\n"
		"  reaperctl set --for 15m mode=enforce\n",
	.min_args = 0,
	.max_args = -1,
	.steady = true,
	.options = options,
	.words = words,
	.run = run,
};
