// SPDX-License-Identifier: GPL-2.0
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

#include "apply.h"
#include "duration.h"
#include "kfile.h"
#include "loaded.h"
#include "mem.h"
#include "output.h"
#include "verb.h"
#include "watch.h"
#include "words.h"

#define COMING_WAIT_MS 50
#define COMING_WAITS 200

static const char *label_of(char text[NETNS_LABEL], const struct target *target)
{
	if (target->section->template)
		return strcpy(text, "template");
	snprintf(text, NETNS_LABEL, "netns %s", target->section->name);
	return text;
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

/* What a service's log is to hold. */
static void tell(const struct target *target)
{
	char label[NETNS_LABEL];

	if (!target->netns.n)
		return;
	label_of(label, target);
	output_open(NULL);
	output_string("section", label);
	output_line("%s: its section is in force", label);
	output_close();
	output_record_end();
}

static enum rc act(struct application *app, bool dry)
{
	enum rc rc = RC_DONE;
	size_t i;

	if (!app->follow)
		output_open_array(NULL);
	for (i = 0; i < app->conf.n; i++) {
		struct target *target = &app->targets[i];
		enum rc got = dry ? RC_DONE : write_target(target);

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

static enum rc once(struct application *app, const char *file, bool dry)
{
	enum rc rc = file ? conf_read(&app->conf, file)
			  : conf_read_all(&app->conf);
	size_t i;

	/* A full one begins anew: the module may have been loaded again. */
	if (app->fresh)
		applied_load(&app->applied);
	app->targets = mem_zalloc(app->conf.n, sizeof(*app->targets));
	for (i = 0; i < app->conf.n; i++) {
		app->targets[i].section = &app->conf.v[i];
		rc = rc_first(rc, apply_prepare(app, &app->targets[i]));
	}
	if (rc == RC_DONE)
		rc = act(app, dry);
	else
		output_error("apply: nothing was changed; mend that first");
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

static enum rc run(struct call *call)
{
	struct application app = { .fresh = call->option['N'] };
	char *file = call->argc ? call->argv[0] : NULL;

	if (call->option['f']) {
		if (!call->option['d'] && (!file || strcmp(file, "-")))
			return watch_names(again, file);
		output_error(
			"apply: -f goes neither with -d nor with -; see reaperctl apply --help");
		return RC_USAGE;
	}
	if (loaded_or_coming())
		return once(&app, file, call->option['d']);
	return loaded_not();
}

static const struct verb_option options[] = {
	{ 'd', "dry-run", NULL, "only show what would change", NULL },
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
		"A mistake in a file changes nothing; each is named as FILE:LINE. If the kernel refuses\n"
		"a setting, that namespace keeps all it has. A namespace that is not there yet gets\n"
		"its section when it is made (see tcp-reaper-netns.service).\n",
	.max_args = 1,
	.global = true,
	.options = options,
	.words = words,
	.run = run,
};
