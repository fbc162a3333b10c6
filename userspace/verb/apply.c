// SPDX-License-Identifier: GPL-2.0-only
/*
 * reaperctl apply: persistent policy into force. All files are read and judged
 * first; then each namespace gets its section whole, or keeps what it has.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/duration.h"
#include "base/mem.h"
#include "kernel/kfile.h"
#include "kernel/loaded.h"
#include "kernel/paths.h"
#include "kernel/watch.h"
#include "policy/prepare.h"
#include "show/output.h"
#include "show/words.h"
#include "verb/verb.h"

#define COMING_WAIT_MS 50
#define COMING_WAITS 200

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
	char label[CONF_LABEL];
	char was[DURATION_TEXT];
	char is[DURATION_TEXT];
	size_t i;

	conf_label(label, target->section);
	output_open(NULL);
	output_string("section", label);
	if (target->absent) {
		output_string("state", "absent");
		output_line("%s: not there; its section waits for it", label);
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
	char label[CONF_LABEL];
	char outcome[96];
	int err = changes_write(&target->changes);

	if (!err)
		return RC_DONE;
	change = target->changes.refused;
	entry = change->of;
	conf_label(label, target->section);
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
		     change->path, strerror(-err), outcome,
		     change_hint(change, err));
	return RC_FAILED;
}

/* What a service's log is to hold. */
static void tell(const struct target *target)
{
	char label[CONF_LABEL];

	if (!target->netns.n)
		return;
	conf_label(label, target->section);
	output_open(NULL);
	output_string("section", label);
	output_line("%s: its section is in force", label);
	output_close();
	output_record_end();
}

/* Other sections are no worse for a bad one. */
static void skip(const struct target *target)
{
	char label[CONF_LABEL];

	conf_label(label, target->section);
	output_open(NULL);
	output_string("section", label);
	output_string("state", "skipped");
	output_close();
	output_error("apply: %s: skipped, it keeps what it has; mend that first",
		     label);
}

static enum rc act(struct application *app, bool dry)
{
	enum rc rc = RC_DONE;
	size_t i;

	if (!app->follow)
		output_open_array(NULL);
	for (i = 0; i < app->conf.n; i++) {
		struct target *target = &app->targets[i];
		enum rc got;

		if (target->bad) {
			skip(target);
			continue;
		}
		got = dry ? RC_DONE : write_target(target);
		rc = rc_first(rc, got);
		if (got != RC_DONE)
			continue;
		if (app->follow)
			tell(target);
		else
			show(target, dry);
		if (!dry && !target->section->template && !target->absent)
			applied_add(&app->applied, target->section->name);
	}
	if (!app->follow)
		output_close();
	if (!dry)
		applied_save(&app->applied);
	return rc;
}

static enum rc read_conf(struct application *app, const char *file)
{
	return file ? conf_read(&app->conf, file) : conf_read_all(&app->conf);
}

static enum rc once(struct application *app, const char *file, bool dry)
{
	enum rc rc;
	size_t i;

	rc = read_conf(app, file);
	if (!dry)
		load_share();

	/* A full one begins anew: the module may have been loaded again. */
	if (app->fresh)
		applied_load(&app->applied);
	app->targets = mem_zalloc(app->conf.n, sizeof(*app->targets));
	for (i = 0; i < app->conf.n; i++) {
		struct target *target = &app->targets[i];
		enum rc got = RC_FAILED;

		target->section = &app->conf.v[i];
		if (!target->section->bad)
			got = apply_prepare(app, target);
		target->bad = got != RC_DONE;
		rc = rc_first(rc, got);
	}
	/* What is in it may count more than all others. */
	if (app->conf.unread)
		output_error("apply: nothing was changed; mend that first");
	else
		rc = rc_first(rc, act(app, dry));
	for (i = 0; i < app->conf.n; i++) {
		changes_free(&app->targets[i].changes);
		netns_set_free(&app->targets[i].netns);
	}
	free(app->targets);
	applied_free(&app->applied);
	conf_free(&app->conf);
	return rc;
}

/*
 * Is the module loaded? Kernels before 5.11 tell udev of a module, and thereby
 * systemd, before it is initialised (commit 38dc717e9715): that is waited for.
 */
static bool loaded_or_coming(void)
{
	char state[16];
	int waits = 0;

	while (!loaded()) {
		if (kfile_value(SYS_MODULE "/initstate", state,
				sizeof(state)) ||
		    strcmp(state, "coming") || waits++ == COMING_WAITS)
			return false;
		poll(NULL, 0, COMING_WAIT_MS);
	}
	return true;
}

/* Exit code of a child that found a namespace not ready yet. */
#define MAKING 64

/*
 * Names have changed. A child goes to the namespaces, so that none of them is
 * kept alive by a process that stays there. Without the module there is nothing
 * to do.
 */
static void again(bool *making, void *arg)
{
	struct application app = { .fresh = true, .follow = true };
	enum rc rc = RC_DONE;
	int status = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		output_error("apply: fork: %s; free some memory",
			     strerror(errno));
	if (!pid) {
		output_stream();
		if (loaded_or_coming())
			rc = once(&app, arg, false);
		fflush(stdout);
		_exit(app.making ? MAKING : rc);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	*making = pid < 0 ||
		  (WIFEXITED(status) && WEXITSTATUS(status) == MAKING);
}

/* Is it right, whatever there is on this machine? */
static enum rc check(struct application *app, const char *file)
{
	enum rc rc;

	app->conf.offline = true;
	rc = read_conf(app, file);
	output_open(NULL);
	output_u64("sections", app->conf.n);
	output_string("state", rc == RC_DONE ? "good" : "bad");
	output_close();
	if (rc == RC_DONE)
		output_line("%zu sections, nothing wrong", app->conf.n);
	conf_free(&app->conf);
	return rc;
}

static enum rc run(struct call *call)
{
	struct application app = { .fresh = call->option['N'] };
	char *file = call->argc ? call->argv[0] : NULL;

	if (call->option['f']) {
		if (!call->option['d'] && !call->option['c'] &&
		    (!file || strcmp(file, "-")))
			return watch_names(again, file);
		return output_usage("apply",
				    "apply: -f goes neither with -c, with -d nor with -");
	}
	if (call->option['c'])
		return check(&app, file);
	if (!loaded_or_coming()) {
		if (!call->option['d'])
			return loaded_not();
		output_error(
			"apply: module not loaded: only judged, as --check does; what it would change is not known");
		return check(&app, file);
	}
	/* Before: what is loaded meanwhile has still to get its own. */
	if (!file && !app.fresh && !call->option['d'])
		load_served();
	return once(&app, file, call->option['d']);
}

static const struct verb_option options[] = {
	{ 'c', "check", NULL, "only judge the files; needs no module", NULL },
	{ 'd', "dry-run", NULL,
	  "only show what would change; without the module as --check", NULL },
	{ 'N', "new", NULL,
	  "only named namespaces that have not got their section yet", NULL },
	{ 'f', "follow", NULL,
	  "as --new, and again whenever there is a new one", NULL },
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
		"A mistake in a file is named as FILE:LINE; its section is skipped, and the exit code\n"
		"is 1. If the kernel refuses a setting, that namespace keeps all it has. A namespace\n"
		"that is not there yet gets its section when it is made (see\n"
		"tcp-reaper-netns.service). A name with blanks is written as [netns \"a b\"].\n",
	.max_args = 1,
	.global = true,
	.options = options,
	.words = words,
	.run = run,
};
