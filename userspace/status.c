// SPDX-License-Identifier: GPL-2.0
/*
 * reaperctl status: one namespace on one screen.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "duration.h"
#include "kfile.h"
#include "knobs.h"
#include "output.h"
#include "stats.h"
#include "verb.h"

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
	{ "active", "data still moves after the peer's FIN" },
	{ "unread", "its owner has bytes to read" },
	{ "rule", "an exception in the rules" },
	{ "kernel", "made by the kernel itself" },
	{ "mptcp", "a subflow of an MPTCP connection" },
	{ "repair", "under TCP_REPAIR: being saved or restored" },
	{ "ulp",
	  "a protocol above TCP that cannot be ended in order, as kTLS" },
};

static const struct word health[] = {
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

/* The counters of a class, in the order of the columns. */
static const char *const counters[] = {
	"tracked", "seen", "recovered", "reaped", "would_reap",
};

static const struct output_column columns[] = {
	{ "CLASS", false },    { "TRACKED", true }, { "SEEN", true },
	{ "RECOVERED", true }, { "REAPED", true },  { "WOULD-REAP", true },
	{ "TIMEOUT", true },   { "ACTION", false },
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

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
	return rc;
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
	output_cell("%s", number_parse(timeout, &ms) ? duration_exact(text, ms)
						     : timeout);
	output_cell("%s", action);
	return rc;
}

static enum rc show_class(const struct netns *ns, const struct knobs *knobs,
			  struct stats *stats, const char *class)
{
	enum rc rc;
	size_t i;

	if (!stats_get(stats, class, "tracked"))
		return RC_DONE;
	output_open(class);
	output_cell("%s", class);
	for (i = 0; i < COUNT(counters); i++) {
		struct stat_entry *entry = stats_get(stats, class, counters[i]);

		if (!entry) {
			output_null(counters[i]);
			output_cell("%s", "-");
			continue;
		}
		entry->shown = true;
		output_u64(counters[i], entry->value);
		output_cell("%" PRIu64, entry->value);
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
		if (!entry->value || strstr(entry->name, "_age_ms_le_"))
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
	output_table(columns, COUNT(columns));
	for (i = 0; i < CLASSES; i++)
		rc = rc_first(rc, show_class(ns, &knobs, &stats, classes[i]));
	output_table_end();
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
	return netns_each(&call->netns, status, call);
}

const struct verb verb_status = {
	.name = "status",
	.args = "",
	.what = "the namespace on one screen (default)",
	.help = "Shows mode and hook, and for each class how many sockets are TRACKED now, were\n"
		"SEEN to linger, RECOVERED by themselves, were REAPED or, in mode observe, would\n"
		"have been; then, where not zero, why sockets were spared and what else happened.\n",
	.run = run,
};
