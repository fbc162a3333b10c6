// SPDX-License-Identifier: GPL-2.0
/*
 * reaperctl apply: persistent policy into force. All files are read and judged
 * first; then each namespace gets its section whole, or keeps what it has.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "applied.h"
#include "change.h"
#include "conf.h"
#include "duration.h"
#include "kfile.h"
#include "mem.h"
#include "output.h"
#include "verb.h"
#include "words.h"

#define PARAMETERS SYS_MODULE "/parameters"
#define PROC_RULES PROC_REAPER "/rules"
#define RULES_KEY "rules"

/* A section, and what it changes. */
struct target {
	const struct conf_section *section;
	struct netns_set netns; /* one, or none for the template */
	bool absent;
	struct changes changes;
};

struct application {
	struct conf conf;
	struct target *targets;
	struct applied applied;
	bool fresh; /* only namespaces that are new */
};

static const char *label_of(char text[NETNS_LABEL], const struct target *target)
{
	if (target->section->template)
		return strcpy(text, "template");
	snprintf(text, NETNS_LABEL, "netns %s", target->section->name);
	return text;
}

static void want(struct target *target, const char *path, const char *key,
		 const char *value, const char *old, const void *of)
{
	const struct netns *ns = target->netns.n ? &target->netns.v[0] : NULL;
	struct change *change;

	/* Who finds it as it is to be needs no right to write it. */
	if (!strcmp(old, value))
		return;
	change = changes_add(&target->changes, ns, path, key);
	change->value = mem_strdup(value);
	change->old = mem_strdup(old);
	change->of = of;
}

static enum rc unreadable(const struct conf_entry *entry, const char *path,
			  int err)
{
	output_error("%s:%lu: %s: %s: %s; %s", entry->file, entry->no,
		     entry->key, path, strerror(-err),
		     err == -EACCES || err == -EPERM
			     ? "run it as root"
			     : "try again; dmesg may say more");
	return RC_FAILED;
}

static enum rc prepare_parameter(struct target *target,
				 const struct conf_entry *entry)
{
	char path[sizeof(PARAMETERS) + KNOB_NAME + 1];
	char old[KNOB_VALUE];
	char *p;
	int err;

	snprintf(path, sizeof(path), PARAMETERS "/%s", entry->key);
	for (p = path + sizeof(PARAMETERS); *p; p++) {
		if (*p == '.' || *p == '/')
			*p = '_';
	}
	if (!kfile_writable(path)) {
		output_error("%s:%lu: %s: no such setting of the template; " PARAMETERS
			     " has them",
			     entry->file, entry->no, entry->key);
		return RC_FAILED;
	}
	err = kfile_value(path, old, sizeof(old));
	if (err)
		return unreadable(entry, path, err);
	want(target, path, path + sizeof(PARAMETERS), entry->value, old, entry);
	return RC_DONE;
}

static enum rc prepare_knob(struct target *target, const struct knobs *knobs,
			    const struct conf_entry *entry)
{
	const struct knob *knob = knobs_get(knobs, entry->key);
	char old[KNOB_VALUE];
	int err;

	if (!knob) {
		output_error("%s:%lu: %s: no such setting; \"reaperctl get\" shows all",
			     entry->file, entry->no, entry->key);
		return RC_FAILED;
	}
	err = knob_read(knob, old);
	if (err)
		return unreadable(entry, knob->path, err);
	want(target, knob->path, knob->key, entry->value, old, entry);
	return RC_DONE;
}

static int rule_in_force(const struct kline *line, void *arg)
{
	char *hits = strstr(line->text, " # hits ");

	if (hits)
		*hits = '\0';
	rulefile_add(arg, line->text);
	return 0;
}

static enum rc prepare_rules(struct target *target)
{
	const struct conf_section *section = target->section;
	struct rulefile old = { 0 };
	int err;

	if (!section->rules_no)
		return RC_DONE;
	err = kfile_lines(PROC_RULES, rule_in_force, &old);
	if (err)
		output_error("%s:%lu: rules: " PROC_RULES
			     ": %s; does the module know rules?",
			     section->rules_file, section->rules_no,
			     strerror(-err));
	else
		want(target, PROC_RULES, RULES_KEY,
		     section->rules.text ? section->rules.text : "",
		     old.text ? old.text : "", NULL);
	rulefile_free(&old);
	return err ? RC_FAILED : RC_DONE;
}

/* Open the namespace of a section. */
static enum rc open_netns(struct target *target)
{
	const char *name = target->section->name;

	if (!strcmp(name, CONF_INITIAL))
		return netns_select_pid(&target->netns, 1);
	if (!applied_named(name)) {
		target->absent = true;
		return RC_DONE;
	}
	return netns_select_name(&target->netns, name);
}

static enum rc prepare(struct application *app, struct target *target)
{
	const struct conf_section *section = target->section;
	struct knobs knobs = { 0 };
	enum rc rc = RC_DONE;
	size_t i;

	if (app->fresh &&
	    (section->template || !strcmp(section->name, CONF_INITIAL) ||
	     applied_has(&app->applied, section->name)))
		return RC_DONE;
	if (section->template) {
		for (i = 0; i < section->n; i++)
			rc = rc_first(rc, prepare_parameter(target,
							    &section->v[i]));
		return rc;
	}
	rc = open_netns(target);
	if (rc != RC_DONE || target->absent)
		return rc;
	rc = netns_enter(&target->netns.v[0]);
	if (rc == RC_DONE)
		rc = knobs_find(&knobs, &target->netns.v[0]);
	if (rc == RC_DONE) {
		for (i = 0; i < section->n; i++)
			rc = rc_first(rc, prepare_knob(target, &knobs,
						       &section->v[i]));
		rc = rc_first(rc, prepare_rules(target));
	}
	knobs_free(&knobs);
	return rc;
}

static const char *shown(char text[DURATION_TEXT], const struct change *change,
			 const char *value)
{
	uint64_t ms;

	if (knob_is_time(change->key) && number_parse(value, &ms))
		return duration_exact(text, ms);
	return value;
}

/* What changes, or was changed. */
static void show(const struct target *target, bool text)
{
	const struct conf_section *section = target->section;
	char label[NETNS_LABEL];
	char was[DURATION_TEXT];
	char is[DURATION_TEXT];
	size_t i;

	label_of(label, target);
	output_open(NULL);
	output_string("section", label);
	if (target->absent) {
		output_string("state", "absent");
		if (text)
			output_line("%s: not there; its section waits for it",
				    label);
	}
	output_open_array("changes");
	for (i = 0; i < target->changes.n; i++) {
		const struct change *change = &target->changes.v[i];
		const struct conf_entry *entry = change->of;
		const char *file = entry ? entry->file : section->rules_file;
		unsigned long no = entry ? entry->no : section->rules_no;

		output_open(NULL);
		output_string("key", change->key);
		output_string("old", change->old);
		output_string("new", change->value);
		output_string("file", file);
		output_u64("line", no);
		output_close();
		if (!text)
			continue;
		if (entry)
			output_line("%s: %s: %s -> %s (%s:%lu)", label,
				    change->key,
				    shown(was, change, change->old),
				    shown(is, change, change->value), file, no);
		else
			output_line("%s: rules: other ones, %zu now (%s:%lu)",
				    label, section->rules.n, file, no);
	}
	output_close();
	output_close();
}

static enum rc write_target(struct target *target)
{
	const struct conf_section *section = target->section;
	const struct conf_entry *entry;
	const struct change *change;
	char label[NETNS_LABEL];
	char outcome[96];
	int err = changes_write(&target->changes);

	if (!err)
		return RC_DONE;
	change = target->changes.refused;
	entry = change->of;
	label_of(label, target);
	if (target->changes.stayed)
		snprintf(outcome, sizeof(outcome),
			 "%zu changes there could not be taken back",
			 target->changes.stayed);
	else
		snprintf(outcome, sizeof(outcome), "nothing was changed there");
	output_error("%s:%lu: %s%s%s: refused in %s: %s: %s; %s; %s",
		     entry ? entry->file : section->rules_file,
		     entry ? entry->no : section->rules_no, change->key,
		     entry ? " = " : "", entry ? entry->text : "", label,
		     change->path, strerror(-err), outcome, change_hint(err));
	return RC_FAILED;
}

static enum rc act(struct application *app, bool dry)
{
	enum rc rc = RC_DONE;
	size_t i;

	output_open_array(NULL);
	for (i = 0; i < app->conf.n; i++) {
		struct target *target = &app->targets[i];
		enum rc got = dry ? RC_DONE : write_target(target);

		rc = rc_first(rc, got);
		if (got != RC_DONE)
			continue;
		show(target, dry);
		if (!dry && !target->section->template && !target->absent)
			applied_add(&app->applied, target->section->name);
	}
	output_close();
	if (!dry)
		applied_save(&app->applied);
	return rc;
}

static enum rc run(struct call *call)
{
	struct application app = { .fresh = call->option['N'] };
	enum rc rc;
	size_t i;

	if (!kfile_exists(PROC_REAPER)) {
		output_error("module not loaded: no " PROC_REAPER
			     "; modprobe tcp_reaper");
		return RC_UNLOADED;
	}
	rc = call->argc ? conf_read(&app.conf, call->argv[0])
			: conf_read_all(&app.conf);
	/* A full one begins anew: the module may have been loaded again. */
	if (app.fresh)
		applied_load(&app.applied);
	app.targets = mem_zalloc(app.conf.n, sizeof(*app.targets));
	for (i = 0; i < app.conf.n; i++) {
		app.targets[i].section = &app.conf.v[i];
		rc = rc_first(rc, prepare(&app, &app.targets[i]));
	}
	if (rc == RC_DONE)
		rc = act(&app, call->option['d']);
	else
		output_error("apply: nothing was changed; mend that first");
	for (i = 0; i < app.conf.n; i++) {
		changes_free(&app.targets[i].changes);
		netns_set_free(&app.targets[i].netns);
	}
	free(app.targets);
	applied_free(&app.applied);
	conf_free(&app.conf);
	return rc;
}

static const struct verb_option options[] = {
	{ 'd', "dry-run", NULL, "only show what would change", NULL },
	{ 'N', "new", NULL,
	  "only named namespaces that have not got their section yet", NULL },
	{ 0 },
};

static void words(int argc, char **argv)
{
	(void)argv;
	if (!argc)
		words_files();
}

const struct verb verb_apply = {
	.name = "apply",
	.args = "[FILE]",
	.what = "persistent policy into force",
	.help = "Reads /etc/tcp_reaper.conf and /etc/tcp_reaper.d/*.conf, or FILE (- is standard\n"
		"input), and puts it into force. A section is [template], [netns initial] or\n"
		"[netns NAME]; below it are lines KEY = VALUE, as set takes them, and lines\n"
		"\"rule = MATCH... VERDICT...\", or \"rules = none\". A later file counts more.\n"
		"A mistake in a file changes nothing; each is named as FILE:LINE. If the kernel refuses\n"
		"a setting, that namespace keeps all it has. A namespace that is not there yet gets\n"
		"its section when it is made (see tcp-reaper-netns.path).\n",
	.max_args = 1,
	.global = true,
	.options = options,
	.words = words,
	.run = run,
};
