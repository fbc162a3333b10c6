// SPDX-License-Identifier: GPL-2.0
/*
 * reaperctl save: what is in force becomes persistent.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "conf.h"
#include "duration.h"
#include "kfile.h"
#include "loaded.h"
#include "mem.h"
#include "output.h"
#include "verb.h"
#include "words.h"

#define PARAMETERS SYS_MODULE "/parameters"
#define PROC_RULES PROC_REAPER "/rules"
#define FILE_SAVED CONF_DIR "/90-saved.conf"

static void put_value(FILE *file, const char *key, const char *value)
{
	char text[DURATION_TEXT];
	uint64_t ms;

	if (knob_is_time(key) && number_parse(value, &ms) && ms)
		value = duration_exact(text, ms);
	fprintf(file, "%s = %s\n", key, value);
}

struct names {
	char **v;
	size_t n;
	size_t cap;
};

static void add_name(const char *name, const char *target, void *arg)
{
	struct names *names = arg;

	(void)target;
	names->v = mem_grow(names->v, names->n, &names->cap, sizeof(*names->v));
	names->v[names->n++] = mem_strdup(name);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort(struct names *names)
{
	if (names->n)
		qsort(names->v, names->n, sizeof(*names->v), by_name);
}

static void names_free(struct names *names)
{
	size_t i;

	for (i = 0; i < names->n; i++)
		free(names->v[i]);
	free(names->v);
}

static void put_template(FILE *file)
{
	struct names names = { 0 };
	size_t i;

	kfile_entries(PARAMETERS, add_name, &names);
	sort(&names);
	fputs("\n[template]\n", file);
	for (i = 0; i < names.n; i++) {
		char path[sizeof(PARAMETERS) + NAME_MAX + 2];
		char value[KNOB_VALUE];

		snprintf(path, sizeof(path), PARAMETERS "/%s", names.v[i]);
		if (kfile_writable(path) &&
		    !kfile_value(path, value, sizeof(value)))
			put_value(file, names.v[i], value);
	}
	names_free(&names);
}

static int put_rule(const struct kline *line, void *arg)
{
	char *hits = strstr(line->text, " # hits ");

	if (hits)
		*hits = '\0';
	if (!line->bad)
		fprintf(arg, "rule = %s\n", line->text);
	return 0;
}

static enum rc put_netns(FILE *file, const struct netns *ns, const char *name)
{
	struct knobs knobs = { 0 };
	long before;
	enum rc rc;
	size_t i;

	rc = netns_enter(ns);
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
	before = ftell(file);
	if (rc == RC_DONE && !kfile_lines(PROC_RULES, put_rule, file) &&
	    ftell(file) == before)
		fputs("rules = none\n", file);
	return rc;
}

static enum rc put_named(FILE *file)
{
	struct names names = { 0 };
	enum rc rc = RC_DONE;
	size_t i;

	kfile_entries("/run/netns", add_name, &names);
	sort(&names);
	for (i = 0; i < names.n; i++) {
		struct netns_set set = { 0 };
		enum rc got = netns_select_name(&set, names.v[i]);

		if (got == RC_DONE)
			got = put_netns(file, &set.v[0], names.v[i]);
		rc = rc_first(rc, got);
		netns_set_free(&set);
	}
	names_free(&names);
	return rc;
}

static enum rc collect(FILE *file)
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
		rc = put_netns(file, &initial.v[0], CONF_INITIAL);
	netns_set_free(&initial);
	return rc_first(rc, put_named(file));
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
	char *text = NULL;
	size_t size;
	FILE *file;
	enum rc rc;

	if (!loaded())
		return loaded_not();
	if (call->argc && strcmp(call->argv[0], "-")) {
		output_error("save: %s: only - for standard output; see reaperctl save --help",
			     call->argv[0]);
		return RC_USAGE;
	}
	file = open_memstream(&text, &size);
	rc = file ? collect(file) : RC_FAILED;
	if (!file || fclose(file)) {
		output_error("out of memory; free some and try again");
		rc = RC_FAILED;
	}
	/* Half of it would be worse than what is there. */
	if (rc == RC_DONE && call->argc)
		output_raw(text);
	else if (rc == RC_DONE)
		rc = keep(text);
	free(text);
	return rc;
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
