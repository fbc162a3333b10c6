// SPDX-License-Identifier: GPL-2.0-only
/*
 * reaperctl status: one namespace on one screen.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/duration.h"
#include "kernel/elsewhere.h"
#include "kernel/kfile.h"
#include "kernel/knobs.h"
#include "kernel/loaded.h"
#include "kernel/paths.h"
#include "kernel/stats.h"
#include "kernel/trial.h"
#include "show/output.h"
#include "verb/verb.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define HOOK SYS_MODULE "/parameters/hook"

struct word {
	const char *name;
	const char *meaning;
};

static const struct word modes[] = {
	{ "off", "tracks nothing" },
	{ "observe", "counts what would be reaped, touches no socket" },
	{ "enforce", "reaps what is due" },
};

static const struct word spared[] = {
	{ "active", "old enough, but something moved lately" },
	{ "unread", "its owner has bytes to read" },
	{ "rule", "an exception in the rules" },
	{ "kernel", "made by the kernel itself" },
	{ "mptcp", "a subflow of an MPTCP connection" },
	{ "repair", "under TCP_REPAIR: being saved or restored" },
	{ "ulp",
	  "a protocol above TCP that cannot be ended in order, as kTLS" },
};

static const struct word health[] = {
	{ "braked",
	  "due, and had to wait, as reaps_per_s bounds what is reaped" },
	{ "adopted",
	  "no hook saw them, a census found them; right after the load that is normal" },
	{ "raced", "changed between decision and action, so left alone" },
	{ "reap_failed", "could not be ended; dmesg may say why" },
	{ "hook_missed",
	  "changes the hook did not see; a census finds them, later" },
	{ "queue_lost",
	  "changes that came too fast for the ring; a census finds them, later" },
	{ "census_runs", "walks over all connections" },
	{ "track_failed",
	  "not tracked: no memory, or max_tracked or this namespace's share of it is reached" },
};

/* A counter of a class, and where it is shown. */
struct counter {
	const char *name;
	struct output_column column;
	bool rare; /* shown in text if any class has some */
};

/* TAKEN is the sum of those after it, up to FORGOTTEN. */
static const struct counter counters[] = {
	{ "seen", { "SEEN", true, 1 }, false },
	{ "taken", { "TAKEN", true, 2 }, false },
	{ "tracked", { "TRACKED", true, 0 }, false },
	{ "recovered", { "RECOVERED", true, 6 }, false },
	{ "reaped", { "REAPED", true, 0 }, false },
	{ "evicted", { "EVICTED", true, 4 }, true },
	{ "forgotten", { "FORGOTTEN", true, 3 }, true },
	{ "would_reap", { "WOULD-REAP", true, 5 }, false },
};

static const char *meaning(const struct word *words, size_t n, const char *name)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (!strcmp(words[i].name, name))
			return words[i].meaning;
	}
	return "";
}

/* The value of a setting, or "" after a line on stderr. */
static enum rc value_of(const struct knob *knob, const struct netns *ns,
			char value[KNOB_VALUE])
{
	int err = knob_read(knob, value);

	if (!err)
		return RC_DONE;
	knob_unreadable(knob, ns, err);
	return RC_FAILED;
}

static void show_hook(void)
{
	char hook[KNOB_VALUE];
	char *p;

	if (kfile_value(HOOK, hook, sizeof(hook))) {
		output_null("hook");
		output_line("hook    not known: %s cannot be read", HOOK);
		return;
	}
	/* One line here, however many the module takes. */
	for (p = hook; *p; p++) {
		if (*p == '\n')
			*p = ';';
	}
	output_string("hook", hook);
	output_line("hook    %s", hook);
}

/* A module of before has none. */
static enum rc show_brake(const struct netns *ns, const struct knobs *knobs)
{
	const struct knob *knob = knobs_get(knobs, "reaps_per_s");
	char value[KNOB_VALUE];
	enum rc rc;

	if (!knob)
		return RC_DONE;
	rc = value_of(knob, ns, value);
	if (rc != RC_DONE)
		return rc;
	output_auto("reaps_per_s", value);
	if (strcmp(value, "0"))
		output_line("brake   at most %s reaps a second", value);
	else
		output_line("%s", "brake   none");
	return rc;
}

/* A time as people read it. */
static const char *readable(char text[DURATION_TEXT], const char *key,
			    const char *value)
{
	uint64_t ms;

	return knob_is_time(key) && number_parse(value, &ms)
		       ? duration_exact(text, ms)
		       : value;
}

/* What goes back by itself, and when. */
static enum rc show_trial(const struct netns *ns)
{
	struct trial trial = { 0 };
	enum rc rc = trial_read(&trial, ns);
	char is[DURATION_TEXT], was[DURATION_TEXT], text[DURATION_TEXT];
	size_t i;

	if (rc == RC_DONE && trial.n) {
		output_open("trial");
		output_u64("left_ms", trial.left_ms);
		for (i = 0; i < trial.n; i++) {
			output_auto(trial.v[i].key, trial.v[i].was);
			output_line("%s  %s = %s, in %s back to %s",
				    i ? "      " : "trial ", trial.v[i].key,
				    readable(is, trial.v[i].key,
					     trial.v[i].value),
				    duration_age(text, trial.left_ms),
				    readable(was, trial.v[i].key,
					     trial.v[i].was));
		}
		output_close();
	}
	trial_free(&trial);
	return rc;
}

static enum rc show_head(const struct netns *ns, const struct knobs *knobs)
{
	char name[NETNS_LABEL];
	char mode[KNOB_VALUE] = "?";
	const struct knob *knob = knobs_get(knobs, "mode");
	enum rc rc = RC_DONE;

	output_line("netns   %s (inode %" PRIu64 ")", netns_name(name, ns),
		    ns->inode);
	if (knob)
		rc = value_of(knob, ns, mode);
	output_string("mode", mode);
	output_line("mode    %s: %s", mode, meaning(modes, COUNT(modes), mode));
	show_hook();
	loaded_warn();
	rc = rc_first(rc, show_brake(ns, knobs));
	return rc_first(rc, show_trial(ns));
}

static enum rc show_knobs(const struct netns *ns, const struct knobs *knobs,
			  const char *class)
{
	char timeout[KNOB_VALUE] = "-";
	char action[KNOB_VALUE] = "-";
	char text[DURATION_TEXT];
	enum rc rc = RC_DONE;
	uint64_t ms;
	size_t i;

	output_open("knobs");
	for (i = 0; i < knobs->n; i++) {
		const struct knob *knob = &knobs->v[i];
		char value[KNOB_VALUE];

		if (!knob->group || strcmp(knob->group, class))
			continue;
		rc = rc_first(rc, value_of(knob, ns, value));
		output_auto(knob->name, value);
		if (!strcmp(knob->name, "timeout_ms"))
			strcpy(timeout, value);
		else if (!strcmp(knob->name, "action"))
			strcpy(action, value);
	}
	output_close();
	output_word(number_parse(timeout, &ms) ? duration_exact(text, ms)
					       : timeout);
	output_word(action);
	return rc;
}

/* Is there a column for it? */
static bool has_column(const struct stats *stats, const struct counter *counter)
{
	size_t i;

	for (i = 0; counter->rare && i < CLASSES; i++) {
		const struct stat_entry *entry =
			stats_get(stats, classes[i], counter->name);

		if (entry && entry->value)
			return true;
	}
	return !counter->rare;
}

static void begin_table(const struct stats *stats)
{
	static struct output_column columns[COUNT(counters) + 3];
	size_t n = 0;
	size_t i;

	columns[n++] = (struct output_column){ "CLASS", false, 0 };
	for (i = 0; i < COUNT(counters); i++) {
		if (has_column(stats, &counters[i]))
			columns[n++] = counters[i].column;
	}
	columns[n++] = (struct output_column){ "TIMEOUT", true, 0 };
	columns[n++] = (struct output_column){ "ACTION", false, 0 };
	output_table(columns, n);
}

static enum rc show_class(const struct netns *ns, const struct knobs *knobs,
			  struct stats *stats, const char *class)
{
	enum rc rc;
	size_t i;

	if (!stats_get(stats, class, "tracked"))
		return RC_DONE;
	output_open(class);
	output_word(class);
	for (i = 0; i < COUNT(counters); i++) {
		struct stat_entry *entry =
			stats_get(stats, class, counters[i].name);
		bool cell = has_column(stats, &counters[i]);

		if (!entry) {
			output_null(counters[i].name);
			if (cell)
				output_word("-");
			continue;
		}
		entry->shown = true;
		output_u64(counters[i].name, entry->value);
		if (cell)
			output_number(entry->value);
	}
	rc = show_knobs(ns, knobs, class);
	output_close();
	return rc;
}

/* Those of @words that are there; in text, those that are not zero. */
static void show_words(struct stats *stats, const char *title,
		       const char *prefix, const struct word *words, size_t n)
{
	size_t i;

	output_open(title);
	for (i = 0; i < n; i++) {
		struct stat_entry *entry =
			stats_get(stats, prefix, words[i].name);

		if (!entry)
			continue;
		entry->shown = true;
		output_u64(words[i].name, entry->value);
		if (!entry->value)
			continue;
		output_line("%-6s  %s %" PRIu64 ": %s", title, words[i].name,
			    entry->value, words[i].meaning);
		title = "";
	}
	output_close();
}

/* What no line above took; in text, those that are not zero and no ages. */
static void show_others(const struct stats *stats)
{
	const char *title = "other";
	size_t i;

	output_open("other");
	for (i = 0; i < stats->n; i++) {
		const struct stat_entry *entry = &stats->v[i];

		if (entry->shown)
			continue;
		output_u64(entry->name, entry->value);
		if (!entry->value || strstr(entry->name, "_age_ms_"))
			continue;
		output_line("%-6s  %s %" PRIu64, title, entry->name,
			    entry->value);
		title = "";
	}
	output_close();
}

static enum rc status(const struct netns *ns, void *arg)
{
	const struct call *call = arg;
	struct knobs knobs = { 0 };
	struct stats stats = { 0 };
	enum rc rc;
	size_t i;

	if (call->netns.many && ns != call->netns.v)
		output_line("%s", "");
	rc = knobs_find(&knobs, ns);
	rc = rc_first(rc, stats_read(&stats, ns));
	output_open(NULL);
	netns_output(ns);
	rc = rc_first(rc, show_head(ns, &knobs));
	output_line("%s", "");
	output_open("classes");
	begin_table(&stats);
	do {
		for (i = 0; i < CLASSES; i++)
			rc = rc_first(rc, show_class(ns, &knobs, &stats,
						     classes[i]));
	} while (output_table_again());
	output_close();
	output_line("%s", "");
	show_words(&stats, "spared", "spared", spared, COUNT(spared));
	show_words(&stats, "health", "", health, COUNT(health));
	show_others(&stats);
	output_close();
	stats_free(&stats);
	knobs_free(&knobs);
	return rc;
}

static enum rc run(struct call *call)
{
	enum rc rc = netns_each(&call->netns, status, call);

	/* Whose own files are not as expected has been told once. */
	if (rc == RC_DONE)
		elsewhere_show(&call->netns, "others  ", "");
	return rc;
}

const struct verb verb_status = {
	.name = "status",
	.args = "",
	.what = "the namespace on one screen (default)",
	.help = "Shows mode and hook, and for each class how many sockets were TAKEN in for\n"
		"tracking, and what became of them: TRACKED now, RECOVERED by themselves, REAPED,\n"
		"EVICTED over a maximum, or FORGOTTEN as nobody asked any more; these add up, but\n"
		"that one which is sent a FIN is REAPED at once, and TRACKED until it is gone.\n"
		"SEEN counts transitions, also of sockets that were closed in time and never TAKEN;\n"
		"WOULD-REAP those that mode enforce would have ended, in mode observe.\n"
		"Then, where not zero, why sockets were spared and what else happened.\n",
	.run = run,
};
