// SPDX-License-Identifier: GPL-2.0-only
/*
 * reaperctl reload: the module anew, from the file that is installed now; each
 * namespace keeps its policy, whoever made it, and its counters. Descriptors
 * keep the namespaces meanwhile, so each gets its own back.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/strlist.h"
#include "kernel/change.h"
#include "kernel/kfile.h"
#include "kernel/knobs.h"
#include "kernel/loaded.h"
#include "kernel/paths.h"
#include "kernel/stats.h"
#include "kernel/trial.h"
#include "policy/applied.h"
#include "policy/rulefile.h"
#include "show/output.h"
#include "verb/verb.h"

#define MODE_KEY "mode"
/* As the module comes. */
#define MODE_LOADED "observe"
#define VERSION_TEXT 64

/* modprobe's own words, and an end. */
#define WORDS_BEFORE 3

/**
 * struct policies - what is in force
 * @set: the namespaces
 * @v: the settings and rules of each, then the mode, and a trial that goes on
 * @counters: of each, as text; NULL where nothing is to be handed over
 * @ages: of those that left by themselves in each, likewise
 * @living: those of all but the initial one added up
 * @others: the same, and those of namespaces that are gone
 * @parameters: of the module, as "name=value"
 * @mode: that of the template
 */
struct policies {
	struct netns_set set;
	struct changes *v;
	char **counters;
	char **ages;
	struct stats living;
	struct stats others;
	struct strlist parameters;
	char mode[KNOB_VALUE];
};

static void keep(struct changes *changes, const char *path, const char *key,
		 const char *value)
{
	changes_add(changes, NULL, path, key)->value = mem_strdup(value);
}

/* What is on trial is handed on as it was before, and the trial after it. */
static void keep_knob(struct changes *changes, const struct knob *knob,
		      const struct trial *trial, const char *value)
{
	const struct tried *tried = trial_of(trial, knob->key);

	keep(changes, knob->path, knob->key, tried ? tried->was : value);
}

static enum rc keep_rules(struct changes *changes, const struct netns *ns)
{
	struct rulefile rules = { 0 };
	char label[NETNS_LABEL];
	int err = rulefile_in_force(&rules);

	if (err)
		output_error("%s: " PROC_RULES ": %s; they will be lost",
			     netns_label(label, ns), strerror(-err));
	else
		keep(changes, PROC_RULES, "rules",
		     rules.text ? rules.text : "");
	rulefile_free(&rules);
	return err ? RC_FAILED : RC_DONE;
}

/*
 * What an earlier load counted, as the module takes it: "NAME VALUE" lines.
 * What was tracked then is forgotten, as the new load finds it anew: so the sum
 * of what was taken in still adds up.
 */
static char *counters_text(const struct stats *stats)
{
	static const char gauge[] = "_tracked", forgotten[] = "_forgotten";
	char *text = NULL;
	size_t size, i;
	FILE *f = open_memstream(&text, &size);

	mem_or_die(f);
	for (i = 0; i < stats->n; i++) {
		const struct stat_entry *entry = &stats->v[i];
		const char *end = strrchr(entry->name, '_');
		const struct stat_entry *tracked = NULL;
		uint64_t value = entry->value;
		char class[STAT_NAME];

		if (end && !strcmp(end, gauge))
			continue;
		if (end && !strcmp(end, forgotten)) {
			snprintf(class, sizeof(class), "%.*s",
				 (int)(end - entry->name), entry->name);
			tracked = stats_get(stats, class, gauge + 1);
		}
		if (tracked)
			value += tracked->value;
		if (value)
			fprintf(f, "%s%s %" PRIu64, ftell(f) ? "\n" : "",
				entry->name, value);
	}
	mem_or_die(fclose(f) ? NULL : text);
	if (*text)
		return text;
	free(text);
	return NULL;
}

/* What is counted between here and the exchange is lost. */
static enum rc keep_counters(struct policies *policies, const struct netns *ns)
{
	struct stats stats = { 0 };
	struct stats ages = { 0 };
	enum rc rc = stats_read(&stats, ns);

	rc = rc_first(rc, stats_read_more(&ages, PROC_AGES, ns));
	policies->counters[ns - policies->set.v] = counters_text(&stats);
	policies->ages[ns - policies->set.v] = counters_text(&ages);
	stats_free(&ages);
	if (ns != policies->set.v)
		stats_add(&policies->living, &stats, false);
	stats_free(&stats);
	return rc;
}

static enum rc keep_netns(const struct netns *ns, void *arg)
{
	struct policies *policies = arg;
	struct changes *changes = &policies->v[ns - policies->set.v];
	const struct knob *mode = NULL;
	struct knobs knobs = { 0 };
	struct trial trial = { 0 };
	char value[KNOB_VALUE];
	enum rc rc;
	size_t i;

	rc = knobs_find(&knobs, ns);
	if (rc == RC_DONE)
		rc = trial_read(&trial, ns);
	if (rc == RC_DONE)
		rc = keep_rules(changes, ns);
	for (i = 0; i < knobs.n; i++) {
		int err = knob_read(&knobs.v[i], value);

		if (err) {
			knob_unreadable(&knobs.v[i], ns, err);
			rc = RC_FAILED;
		} else if (!strcmp(knobs.v[i].key, MODE_KEY)) {
			mode = &knobs.v[i];
		} else {
			keep_knob(changes, &knobs.v[i], &trial, value);
		}
	}
	if (mode && !knob_read(mode, value))
		keep_knob(changes, mode, &trial, value);
	if (trial.n) {
		char *text = trial_text(&trial);

		keep(changes, PROC_TRIAL, "trial", text);
		free(text);
	}
	trial_free(&trial);
	knobs_free(&knobs);
	return rc_first(rc, keep_counters(policies, ns));
}

static void keep_parameter(const char *name, const char *target, void *arg)
{
	char path[sizeof(PARAMETERS) + NAME_MAX + 2];
	struct policies *policies = arg;
	char word[NAME_MAX + 1 + KNOB_VALUE];
	char value[KNOB_VALUE];

	(void)target;
	snprintf(path, sizeof(path), PARAMETERS "/%s", name);
	if (!kfile_writable(path) || kfile_value(path, value, sizeof(value)))
		return;
	if (!strcmp(name, MODE_KEY)) {
		strcpy(policies->mode, value);
		return;
	}
	snprintf(word, sizeof(word), "%s=%s", name, value);
	strlist_add(&policies->parameters, word);
}

static enum rc counters_back(const char *path, const char *text,
			     const char *whose)
{
	int err = text ? kfile_write(path, text) : 0;

	if (!err)
		return RC_DONE;
	output_error("%s: counters: not handed over, they begin anew: %s",
		     whose, strerror(-err));
	return RC_FAILED;
}

/* One that the new module does not take is named; the others count. */
static enum rc give_back(const struct netns *ns, void *arg)
{
	struct policies *policies = arg;
	const struct changes *changes = &policies->v[ns - policies->set.v];
	char label[NETNS_LABEL];
	enum rc rc = RC_DONE;
	size_t i;

	for (i = 0; i < changes->n; i++) {
		const struct change *change = &changes->v[i];
		int err;

		/* Half a policy reaps nothing, and none is tried on it. */
		if (rc != RC_DONE && !strcmp(change->path, PROC_TRIAL)) {
			output_error("%s: what was on trial has gone back, as its policy is not whole",
				     netns_label(label, ns));
			break;
		}
		if (rc != RC_DONE && !strcmp(change->value, "enforce")) {
			output_error("%s: mode observe, no longer enforce, as its policy is not whole; mend that, then set mode=enforce",
				     netns_label(label, ns));
			break;
		}
		err = kfile_write(change->path, change->value);
		if (!err)
			continue;
		output_error("%s: %s = %s: not handed over: %s",
			     netns_label(label, ns), change->key, change->value,
			     strerror(-err));
		rc = RC_FAILED;
	}
	netns_label(label, ns);
	i = ns - policies->set.v;
	rc = rc_first(rc,
		      counters_back(PROC_STATS, policies->counters[i], label));
	return rc_first(rc, counters_back(PROC_AGES, policies->ages[i], label));
}

/*
 * The module adds what the living get back to the sum over all namespaces but
 * the initial one. What that lacks is of those that are gone. The caller is in
 * the initial one.
 */
static enum rc give_others_back(struct policies *policies)
{
	struct stats *others = &policies->others;
	enum rc rc;
	char *text;
	size_t i;

	for (i = 0; i < others->n; i++) {
		struct stat_entry *entry = &others->v[i];
		const struct stat_entry *living =
			stats_get(&policies->living, "", entry->name);

		/* Read later, so it is no less. */
		if (living && living->value <= entry->value)
			entry->value -= living->value;
	}
	text = counters_text(others);
	rc = counters_back(PROC_OTHERS, text, "namespaces that are gone");
	free(text);
	return rc;
}

/*
 * Those that were made in between are as the template has it, but observe, as
 * the module was loaded. One with another mode was told so since, by its owner.
 */
static enum rc catch_up(const struct netns *ns, void *arg)
{
	static const char path[] = SYSCTL_REAPER "/" MODE_KEY;
	const struct policies *policies = arg;
	char label[NETNS_LABEL];
	char mode[KNOB_VALUE];
	size_t i;
	int err;

	for (i = 0; i < policies->set.n; i++) {
		if (policies->set.v[i].inode == ns->inode)
			return RC_DONE;
	}
	if (!kfile_value(path, mode, sizeof(mode)) && strcmp(mode, MODE_LOADED))
		return RC_DONE;
	err = kfile_write(path, policies->mode);
	if (!err)
		return RC_DONE;
	output_error("%s, which is new: mode = %s: not set: %s",
		     netns_label(label, ns), policies->mode, strerror(-err));
	return RC_FAILED;
}

/* From here on a new namespace begins with the template's mode; those that have
 * begun with another one get it at once, before their owners set theirs. */
static enum rc give_template_back(struct policies *policies)
{
	struct netns_set now = { 0 };
	enum rc rc = RC_DONE;
	int err;

	if (!strcmp(policies->mode, MODE_LOADED))
		return RC_DONE;
	err = kfile_write(PARAMETERS "/" MODE_KEY, policies->mode);
	if (err) {
		output_error("template: mode = %s: not handed over: %s",
			     policies->mode, strerror(-err));
		return RC_FAILED;
	}
	if (netns_select_all(&now) == RC_DONE)
		rc = netns_each(&now, catch_up, policies);
	netns_set_free(&now);
	return rc;
}

static enum rc give_all_back(struct policies *policies)
{
	enum rc rc = give_template_back(policies);

	rc = rc_first(rc, netns_each(&policies->set, give_back, policies));
	if (netns_enter(&policies->set.v[0]) == RC_DONE)
		rc = rc_first(rc, give_others_back(policies));
	return rc;
}

/* A program of the system's, which says itself what it cannot do. */
static bool done_by(char *const words[])
{
	int status = -1;
	pid_t pid;
	int err = posix_spawnp(&pid, words[0], NULL, NULL, words, environ);

	if (err) {
		output_error("reload: %s: %s; install the package kmod",
			     words[0], strerror(err));
		return false;
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) && !WEXITSTATUS(status);
}

/*
 * The module goes and comes. It comes in mode observe, whatever the template
 * says: no namespace is to be reaped by anything but its own policy.
 */
static enum rc exchange(const struct policies *policies)
{
	char *out[] = { "rmmod", "tcp_reaper", NULL };
	char **in = mem_zalloc(policies->parameters.n + WORDS_BEFORE + 1,
			       sizeof(*in));
	bool done;

	in[0] = "modprobe";
	in[1] = "tcp_reaper";
	in[2] = MODE_KEY "=" MODE_LOADED;
	if (policies->parameters.n)
		memcpy(in + WORDS_BEFORE, policies->parameters.v,
		       policies->parameters.n * sizeof(*in));
	done = done_by(out);
	if (!done) {
		output_error(
			"reload: rmmod could not take the old module out; all is as it was");
	} else if (!done_by(in) || !loaded()) {
		output_error(
			"reload: the new module could not be loaded (dmesg may say why), the old one is gone; mend that, then modprobe tcp_reaper: /etc/tcp_reaper.conf will count");
		done = false;
	}
	free(in);
	return done ? RC_DONE : RC_FAILED;
}

static void version(char text[VERSION_TEXT])
{
	if (kfile_value(SYS_MODULE "/version", text, VERSION_TEXT))
		strcpy(text, "?");
}

static void report(const struct policies *policies, const char *was)
{
	char is[VERSION_TEXT];

	version(is);
	output_open(NULL);
	output_string("was", was);
	output_string("module", is);
	output_u64("namespaces", policies->set.n);
	output_close();
	output_line("tcp_reaper %s is loaded, %s was; each of %zu namespaces keeps its policy and counters; log and ages begin anew",
		    is, was, policies->set.n);
}

static void policies_free(struct policies *policies)
{
	size_t i;

	for (i = 0; policies->v && i < policies->set.n; i++) {
		changes_free(&policies->v[i]);
		free(policies->counters[i]);
		free(policies->ages[i]);
	}
	strlist_free(&policies->parameters);
	free(policies->v);
	free(policies->counters);
	free(policies->ages);
	stats_free(&policies->living);
	stats_free(&policies->others);
	netns_set_free(&policies->set);
}

static enum rc reload(struct policies *policies)
{
	char *try[] = { "modprobe", "--dry-run", "tcp_reaper", NULL };
	char was[VERSION_TEXT];
	enum rc rc;

	if (!done_by(try)) {
		output_error(
			"reload: no module for this kernel is installed (dkms status); nothing was done");
		return RC_FAILED;
	}
	rc = netns_select_all(&policies->set);
	if (rc != RC_DONE)
		return rc;
	policies->v = mem_zalloc(policies->set.n, sizeof(*policies->v));
	policies->counters =
		mem_zalloc(policies->set.n, sizeof(*policies->counters));
	policies->ages = mem_zalloc(policies->set.n, sizeof(*policies->ages));
	version(was);
	kfile_entries(PARAMETERS, keep_parameter, policies);
	/* What cannot be read is named, and lost. */
	rc = netns_each(&policies->set, keep_netns, policies);
	if (netns_enter(&policies->set.v[0]) != RC_DONE)
		return RC_FAILED;
	rc = rc_first(rc, stats_read_more(&policies->others, PROC_OTHERS,
					  &policies->set.v[0]));
	if (exchange(policies) != RC_DONE)
		return RC_FAILED;
	rc = rc_first(rc, give_all_back(policies));
	load_served();
	report(policies, was);
	return rc;
}

static enum rc run(struct call *call)
{
	struct policies policies = { .mode = MODE_LOADED };
	sigset_t ends;
	enum rc rc;
	int err;

	(void)call;
	if (!loaded())
		return loaded_not();
	/* Half way is the worst place to end. */
	sigemptyset(&ends);
	sigaddset(&ends, SIGHUP);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	sigprocmask(SIG_BLOCK, &ends, NULL);
	err = load_lock();
	if (err) {
		output_error("reload: /run/reaperctl/lock: %s; run it as root",
			     strerror(-err));
		return RC_FAILED;
	}
	rc = reload(&policies);
	policies_free(&policies);
	return rc;
}

const struct verb verb_reload = {
	.name = "reload",
	.args = "",
	.what = "the installed module in place of the loaded one",
	.help = "Takes the module out and loads the one that is installed now, as an upgrade does.\n"
		"The template, and the settings and rules of every namespace that a name or a\n"
		"process reaches, are as before, however they were set; what the new module does\n"
		"not take is named, and such a namespace is left in mode observe. Counters go on;\n"
		"the log and the ages of tracked sockets begin anew.\n",
	.global = true,
	.run = run,
};
