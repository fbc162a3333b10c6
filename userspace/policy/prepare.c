// SPDX-License-Identifier: GPL-2.0-only
/*
 * What of a section is not in force yet: nothing is written here.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "kernel/kfile.h"
#include "kernel/knobs.h"
#include "kernel/paths.h"
#include "kernel/trial.h"
#include "policy/prepare.h"
#include "policy/rulefile.h"
#include "show/output.h"

#define RULES_KEY "rules"

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
			    const struct trial *trial,
			    const struct conf_entry *entry)
{
	const struct knob *knob = knobs_get(knobs, entry->key);
	const struct tried *tried;
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
	tried = trial_of(trial, knob->key);
	/* It is only to be written, so that it does not go back. */
	if (tried && !strcmp(old, entry->value))
		strcpy(old, tried->was);
	want(target, knob->path, knob->key, entry->value, old, entry);
	return RC_DONE;
}

static enum rc prepare_rules(struct target *target)
{
	const struct conf_section *section = target->section;
	struct rulefile old = { 0 };
	int err;

	if (!section->rules_no)
		return RC_DONE;
	err = rulefile_in_force(&old);
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
static enum rc open_netns(struct application *app, struct target *target)
{
	const char *name = target->section->name;
	enum netns_kind is;

	if (target->section->initial)
		return netns_select_pid(&target->netns, 1);
	is = applied_named(name);
	if (is != NETNS_THERE) {
		target->absent = true;
		app->making |= is == NETNS_STALE;
		return RC_DONE;
	}
	return netns_select_name(&target->netns, name);
}

/**
 * apply_prepare() - see what a section changes
 * @app: whose section it is
 * @target: of the section; its changes and namespace are the caller's to free
 *
 * Return: RC_DONE, or another code after a line on stderr for each mistake.
 */
enum rc apply_prepare(struct application *app, struct target *target)
{
	const struct conf_section *section = target->section;
	struct knobs knobs = { 0 };
	struct trial trial = { 0 };
	enum rc rc = RC_DONE;
	size_t i;

	if (app->fresh && (section->template || section->initial ||
			   applied_has(&app->applied, section->name)))
		return RC_DONE;
	if (section->template) {
		for (i = 0; i < section->n; i++)
			rc = rc_first(rc, prepare_parameter(target,
							    &section->v[i]));
		return rc;
	}
	rc = open_netns(app, target);
	if (rc != RC_DONE || target->absent)
		return rc;
	rc = netns_enter(&target->netns.v[0]);
	if (rc == RC_DONE)
		rc = knobs_find(&knobs, &target->netns.v[0]);
	if (rc == RC_DONE)
		rc = trial_read(&trial, &target->netns.v[0]);
	if (rc == RC_DONE) {
		for (i = 0; i < section->n; i++)
			rc = rc_first(rc, prepare_knob(target, &knobs, &trial,
						       &section->v[i]));
		rc = rc_first(rc, prepare_rules(target));
	}
	trial_free(&trial);
	knobs_free(&knobs);
	return rc;
}
