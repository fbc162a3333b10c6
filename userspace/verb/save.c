// SPDX-License-Identifier: GPL-2.0-only
/*
 * reaperctl save: what is in force becomes persistent.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/duration.h"
#include "base/mem.h"
#include "base/strlist.h"
#include "kernel/badlines.h"
#include "kernel/kfile.h"
#include "kernel/loaded.h"
#include "kernel/paths.h"
#include "kernel/trial.h"
#include "policy/applied.h"
#include "policy/conf.h"
#include "policy/name.h"
#include "policy/prepare.h"
#include "show/output.h"
#include "show/words.h"
#include "verb/verb.h"

#define FILE_SAVED CONF_DIR "/90-saved.conf"

static void put_value(FILE *file, const char *key, const char *value)
{
	char text[DURATION_TEXT];
	uint64_t ms;

	if (knob_is_time(key) && number_parse(value, &ms) && ms)
		value = duration_exact(text, ms);
	fprintf(file, "%s = %s\n", key, value);
}

static void add_name(const char *name, const char *target, void *arg)
{
	(void)target;
	strlist_add(arg, name);
}

static void put_template(FILE *file)
{
	struct strlist names = { 0 };
	size_t i;

	kfile_entries(PARAMETERS, add_name, &names);
	strlist_sort(&names);
	fputs("\n[template]\n", file);
	for (i = 0; i < names.n; i++) {
		char path[sizeof(PARAMETERS) + NAME_MAX + 2];
		char value[KNOB_VALUE];

		snprintf(path, sizeof(path), PARAMETERS "/%s", names.v[i]);
		if (kfile_writable(path) &&
		    !kfile_value(path, value, sizeof(value)))
			put_value(file, names.v[i], value);
	}
	strlist_free(&names);
}

/* The rules on their way into the file. */
struct rules {
	FILE *file;
	size_t n;
	struct badlines bad;
};

static int put_rule(const struct kline *line, void *arg)
{
	char *hits = strstr(line->text, " # hits ");
	struct rules *rules = arg;

	if (line->bad) {
		badlines_add(&rules->bad, line, line->bad);
		return 0;
	}
	if (hits)
		*hits = '\0';
	fprintf(rules->file, "rule = %s\n", line->text);
	rules->n++;
	return 0;
}

static enum rc put_rules(FILE *file, const struct netns *ns)
{
	struct rules rules = { .file = file };
	enum rc rc = badlines_report(&rules.bad, PROC_RULES, ns,
				     kfile_lines(PROC_RULES, put_rule, &rules));

	if (rc == RC_DONE && !rules.n)
		fputs("rules = none\n", file);
	return rc;
}

/* What goes back by itself is not to come back at each boot. */
static enum rc no_trial(const struct netns *ns)
{
	struct trial trial = { 0 };
	enum rc rc = trial_read(&trial, ns);
	char label[NETNS_LABEL];

	if (rc == RC_DONE && trial.n) {
		output_error("save: %s = %s is only on trial in %s; nothing was saved; confirm by \"reaperctl set --keep\", or wait until it is over",
			     trial.v[0].key, trial.v[0].value,
			     netns_label(label, ns));
		rc = RC_FAILED;
	}
	trial_free(&trial);
	return rc;
}

/* @name as it is to stand in the file. */
static enum rc put_netns(FILE *file, const struct netns *ns, const char *name)
{
	struct knobs knobs = { 0 };
	enum rc rc;
	size_t i;

	rc = netns_enter(ns);
	if (rc == RC_DONE)
		rc = no_trial(ns);
	if (rc == RC_DONE)
		rc = knobs_find(&knobs, ns);
	if (rc == RC_DONE)
		fprintf(file, "\n[netns %s]\n", name);
	for (i = 0; rc == RC_DONE && i < knobs.n; i++) {
		char value[KNOB_VALUE];
		int err = knob_read(&knobs.v[i], value);

		if (err) {
			knob_unreadable(&knobs.v[i], ns, err);
			rc = RC_FAILED;
		} else {
			put_value(file, knobs.v[i].key, value);
		}
	}
	knobs_free(&knobs);
	return rc == RC_DONE ? put_rules(file, ns) : rc;
}

/* A name without a namespace has nothing to be saved: @stale is set. */
static enum rc put_named(FILE *file, bool *stale)
{
	struct strlist names = { 0 };
	enum rc rc = RC_DONE;
	size_t i;

	kfile_entries(NETNS_NAMES, add_name, &names);
	strlist_sort(&names);
	for (i = 0; i < names.n; i++) {
		struct netns_set set = { 0 };
		char quoted[NAME_QUOTED];
		enum rc got;

		if (netns_kind(names.v[i]) != NETNS_THERE) {
			output_error("save: " NETNS_NAMES
				     "/%s: no namespace behind it, left out; \"ip netns delete\" removes a stale name",
				     names.v[i]);
			*stale = true;
			continue;
		}
		got = netns_select_name(&set, names.v[i]);
		if (got == RC_DONE)
			got = put_netns(file, &set.v[0],
					name_quote(quoted, names.v[i]));
		rc = rc_first(rc, got);
		netns_set_free(&set);
	}
	strlist_free(&names);
	return rc;
}

static enum rc collect(FILE *file, bool *stale)
{
	struct netns_set initial = { 0 };
	time_t now = time(NULL);
	char when[64];
	enum rc rc;

	strftime(when, sizeof(when), "%F %T %z", localtime(&now));
	fprintf(file,
		"# What was in force on %s, written by reaperctl save.\n"
		"# Comes after " CONF_FILE
		"; take it away to go back to that.\n",
		when);
	put_template(file);
	rc = netns_select_pid(&initial, 1);
	if (rc == RC_DONE)
		rc = put_netns(file, &initial.v[0], "initial");
	netns_set_free(&initial);
	return rc_first(rc, put_named(file, stale));
}

/* Is the section in force, to the letter? */
static enum rc compare(struct application *app,
		       const struct conf_section *section)
{
	struct target target = { .section = section };
	char label[CONF_LABEL];
	enum rc rc = section->bad ? RC_FAILED : apply_prepare(app, &target);

	if (rc == RC_DONE && (target.absent || target.changes.n)) {
		output_error("save: %s: %s was read back as something else, or has changed meanwhile; nothing was saved; try again",
			     conf_label(label, section),
			     target.absent ? "its name"
					   : target.changes.v[0].key);
		rc = RC_FAILED;
	}
	changes_free(&target.changes);
	netns_set_free(&target.netns);
	return rc;
}

/* What apply would make of it has to be what there is. */
static enum rc read_back(const char *text, size_t size)
{
	struct application app = { .fresh = false };
	char *copy = mem_strdup(text);
	enum rc rc = conf_read_text(&app.conf, "save", copy, size);
	size_t i;

	for (i = 0; rc == RC_DONE && i < app.conf.n; i++)
		rc = compare(&app, &app.conf.v[i]);
	conf_free(&app.conf);
	free(copy);
	return rc;
}

static enum rc keep(const char *text)
{
	int err = kfile_mkdir(CONF_DIR);

	if (!err)
		err = kfile_save(FILE_SAVED, text);
	if (err) {
		output_error("save: " FILE_SAVED
			     ": %s; it is as before; run it as root",
			     strerror(-err));
		return RC_FAILED;
	}
	output_open(NULL);
	output_string("file", FILE_SAVED);
	output_close();
	output_line("saved to %s", FILE_SAVED);
	return RC_DONE;
}

static enum rc run(struct call *call)
{
	bool stale = false;
	char *text = NULL;
	size_t size;
	FILE *file;
	enum rc rc;

	load_share();
	if (!loaded())
		return loaded_not();
	if (call->argc && strcmp(call->argv[0], "-"))
		return output_usage("save",
				    "save: %s: only - for standard output",
				    call->argv[0]);
	file = open_memstream(&text, &size);
	rc = file ? collect(file, &stale) : RC_FAILED;
	if (!file || fclose(file)) {
		output_error("out of memory; free some and try again");
		rc = RC_FAILED;
	}
	/* Half of it would be worse than what is there. */
	if (rc == RC_DONE)
		rc = read_back(text, size);
	if (rc == RC_DONE && call->argc)
		output_raw(text);
	else if (rc == RC_DONE)
		rc = keep(text);
	free(text);
	return rc_first(rc, stale ? RC_FAILED : RC_DONE);
}

const struct verb verb_save = {
	.name = "save",
	.args = "[-]",
	.what = "make persistent what is in force",
	.help = "Writes the template, and the settings and rules of the initial namespace and of\n"
		"each that has a name, to " FILE_SAVED ", which counts\n"
		"more than " CONF_FILE
		"; with - to standard output. \"reaperctl apply\" puts\n"
		"it into force, as is done at boot.\n",
	.max_args = 1,
	.global = true,
	.run = run,
};
