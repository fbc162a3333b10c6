// SPDX-License-Identifier: GPL-2.0-only
/*
 * reaperctl try: what another timeout would do, without setting it. Whom it
 * would reap now is told by the clocks of the tracked sockets; whom it would
 * have cut by how old those grew that then left by themselves.
 */
#include <inttypes.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "base/mem.h"
#include "draw/names.h"
#include "find/owner.h"
#include "find/survey.h"
#include "kernel/kfile.h"
#include "kernel/knobs.h"
#include "kernel/paths.h"
#include "kernel/stats.h"
#include "show/output.h"
#include "show/words.h"
#include "verb/verb.h"

#define AGES "recovered_age_ms_le_"

/* A CLASS.timeout_ms=TIME of the command line. */
struct wish {
	const char *class;
	uint64_t ms;
	char text[DURATION_TEXT];
};

/* What holds now in a namespace for the class of a wish. */
struct now {
	uint64_t timeout_ms;
	bool spare_active;
	bool spare_unread;
};

/* A program, and how many of the sockets that would go it holds. */
struct row {
	const struct relative *of;
	uint64_t sockets;
};

struct rows {
	struct row **v;
	size_t n;
	size_t cap;
	void *tree;
};

struct trial {
	struct wish *wishes;
	size_t nwishes;
	struct survey survey;
	struct relatives *relatives;
};

/* How many of a class there are, and what would become of them. */
struct outcome {
	uint64_t sockets;
	uint64_t go;
	uint64_t probed;
	uint64_t due;
};

static enum rc parse(struct wish *wish, const char *arg)
{
	const char *value = strchr(arg, '=');
	char key[KNOB_NAME];
	char ms[KNOB_VALUE];
	const char *why;
	size_t i;

	if (!value || value == arg || !value[1])
		return output_usage("try", "try: %s: not KEY=VALUE", arg);
	snprintf(key, sizeof(key), "%.*s", (int)(value - arg), arg);
	for (i = 0; i < CLASSES && !wish->class; i++) {
		char name[KNOB_NAME];

		snprintf(name, sizeof(name), "%s.timeout_ms", classes[i]);
		if (knob_same_key(name, key))
			wish->class = classes[i];
	}
	if (!wish->class)
		return output_usage("try",
				    "try: %s: only a CLASS.timeout_ms can be tried",
				    key);
	why = knob_parse(key, value + 1, ms);
	if (!why && !number_parse(ms, &wish->ms))
		why = "not a time";
	if (why)
		return output_usage("try", "try: %s: %s", arg, why);
	duration_exact(wish->text, wish->ms);
	return RC_DONE;
}

static bool wanted(const struct sock *sock, const void *arg)
{
	const struct trial *trial = arg;
	size_t i;

	for (i = 0; i < trial->nwishes; i++) {
		if (!strcmp(trial->wishes[i].class, sock->class))
			return true;
	}
	return false;
}

static uint64_t setting(const struct knobs *knobs, const char *class,
			const char *name, uint64_t otherwise)
{
	char key[KNOB_NAME];
	char value[KNOB_VALUE];
	const struct knob *knob;
	uint64_t number;

	snprintf(key, sizeof(key), "%s.%s", class, name);
	knob = knobs_get(knobs, key);
	return knob && !knob_read(knob, value) && number_parse(value, &number)
		       ? number
		       : otherwise;
}

/* Is anything of the class looked for? What is not can be tried on nobody. */
static enum rc settings(struct now *now, const struct netns *ns,
			const char *class)
{
	struct knobs knobs = { 0 };
	char label[NETNS_LABEL];
	char mode[KNOB_VALUE] = "";
	enum rc rc = knobs_find(&knobs, ns);
	const struct knob *knob;

	if (rc != RC_DONE)
		return rc;
	now->timeout_ms = setting(&knobs, class, "timeout_ms", 0);
	now->spare_active = setting(&knobs, class, "spare_active", 1);
	now->spare_unread = setting(&knobs, class, "spare_unread", 0);
	knob = knobs_get(&knobs, "mode");
	if (knob && !knob_read(knob, mode) && !strcmp(mode, "off")) {
		output_error("try: nothing is tracked in %s: its mode is off; set mode=observe, and try again a while later",
			     netns_label(label, ns));
		rc = RC_FAILED;
	} else if (!now->timeout_ms && strcmp(class, "close_wait") &&
		   strcmp(class, "orphan")) {
		output_error("try: no %s is looked for in %s, as %s.timeout_ms is never; set a long time, and try again a while later",
			     class, netns_label(label, ns), class);
		rc = RC_FAILED;
	}
	knobs_free(&knobs);
	return rc;
}

/*
 * Would it be due? What is spared for what it is stays, and so does what a rule
 * gives a time of its own, or what was acted on already.
 */
static bool would_go(const struct sock *sock, const struct now *now,
		     const struct wish *wish)
{
	bool close_wait = !strcmp(sock->class, "close_wait");
	uint64_t clock = close_wait && !now->spare_active ? sock->age_ms
							  : sock->idle_ms;
	static const char *const may[] = { "wait", "due", "never", "active",
					   "unread" };
	size_t i;

	for (i = 0; i < sizeof(may) / sizeof(may[0]); i++) {
		if (!strcmp(sock->verdict, may[i]))
			break;
	}
	if (i == sizeof(may) / sizeof(may[0]) ||
	    !strcmp(sock->action, "linger") || !strcmp(sock->action, "probing"))
		return false;
	if (sock->timeout_ms != UINT64_MAX &&
	    sock->timeout_ms != now->timeout_ms)
		return !strcmp(sock->verdict, "due");
	/* A FIN counts as a byte. */
	if (close_wait && now->spare_unread && sock->rxq > 1)
		return false;
	return wish->ms && clock >= wish->ms;
}

static int by_program(const void *a, const void *b)
{
	const struct relative *x = ((const struct row *)a)->of;
	const struct relative *y = ((const struct row *)b)->of;
	int order = strcmp(x->comm, y->comm);

	return order ? order : strcmp(x->cgroup, y->cgroup);
}

static int by_sockets(const void *a, const void *b)
{
	const struct row *x = *(const struct row *const *)a;
	const struct row *y = *(const struct row *const *)b;

	if (x->sockets != y->sockets)
		return x->sockets < y->sockets ? 1 : -1;
	return by_program(x, y);
}

static void count(struct rows *rows, const struct trial *trial,
		  const struct sock *sock)
{
	static const struct relative orphans = { .comm = "(orphans)" };
	static const struct relative waiting = { .comm = "(not accepted)" };
	static const struct relative unseen = { .comm = "(not seen)" };
	const struct holder *holder =
		owner_pick(trial->relatives,
			   holders_of(trial->survey.holders, sock->inode));
	struct row key = { 0 };
	struct row **known;
	struct row *new;

	if (holder)
		key.of = relatives_get(trial->relatives, holder->pid);
	else if (!strcmp(sock->class, "orphan"))
		key.of = &orphans;
	else
		key.of = sock->inode ? &unseen : &waiting;
	known = tfind(&key, &rows->tree, by_program);
	if (!known) {
		new = mem_zalloc(1, sizeof(*new));
		*new = key;
		mem_or_die(tsearch(new, &rows->tree, by_program));
		*mem_add(rows) = new;
		known = &new;
	}
	(*known)->sockets++;
}

static void judge(struct outcome *outcome, struct rows *rows,
		  const struct trial *trial, const struct sockets *sockets,
		  const struct now *now, const struct wish *wish)
{
	struct sock sock;
	size_t i;

	for (i = 0; i < sockets->n; i++) {
		sockets_get_all(sockets, i, &sock);
		if (strcmp(sock.class, wish->class))
			continue;
		outcome->sockets++;
		outcome->due += !strcmp(sock.verdict, "due");
		if (!would_go(&sock, now, wish))
			continue;
		outcome->go++;
		outcome->probed += !strcmp(sock.action, "probe");
		count(rows, trial, &sock);
	}
	if (rows->n)
		qsort(rows->v, rows->n, sizeof(*rows->v), by_sockets);
}

static void show_rows(const struct rows *rows)
{
	size_t i;

	output_open_array("holders");
	for (i = 0; i < rows->n; i++) {
		const struct relative *of = rows->v[i]->of;
		char text[TEXT] = "";

		names_program(text, of);
		output_open(NULL);
		output_string("name", of->comm);
		if (*of->unit)
			output_string("unit", of->unit);
		if (*of->pod)
			output_string("pod", of->pod);
		output_u64("sockets", rows->v[i]->sockets);
		output_close();
		output_line("%8" PRIu64 "  %s", rows->v[i]->sockets, text);
	}
	output_close();
}

/*
 * Those that left by themselves, by the bounds of the histogram: between two of
 * them it is not known how many were older.
 */
static void show_left(const struct stats *ages, const struct wish *wish)
{
	uint64_t below = 0, above = UINT64_MAX, sure = 0, maybe = 0, all = 0;
	char range[64];
	size_t i;

	for (i = 0; i < ages->n; i++) {
		const struct stat_entry *entry = &ages->v[i];
		size_t len = strlen(wish->class);
		uint64_t bound;

		if (strncmp(entry->name, wish->class, len) ||
		    strncmp(entry->name + len, "_" AGES, sizeof(AGES)))
			continue;
		if (!number_parse(entry->name + len + sizeof(AGES), &bound)) {
			all = entry->value;
			continue;
		}
		if (bound <= wish->ms && bound >= below) {
			below = bound;
			maybe = entry->value;
		}
		if (bound >= wish->ms && bound <= above) {
			above = bound;
			sure = entry->value;
		}
	}
	if (!wish->ms || !ages->n)
		return;
	maybe = all - maybe;
	sure = above == UINT64_MAX ? 0 : all - sure;
	output_open("left");
	output_u64("all", all);
	output_u64("older_least", sure);
	output_u64("older_most", maybe);
	output_close();
	if (sure == maybe)
		snprintf(range, sizeof(range), "%" PRIu64, sure);
	else
		snprintf(range, sizeof(range), "%" PRIu64 " to %" PRIu64, sure,
			 maybe);
	output_line("%s of %" PRIu64
		    " that left by themselves since the module was loaded were older: %s",
		    range, all,
		    maybe ? "they would have been cut, but for those that made progress"
			  : "nobody would have been cut");
}

static enum rc show(const struct netns *ns, const struct trial *trial,
		    const struct wish *wish, const struct stats *ages)
{
	const struct sockets *sockets =
		&trial->survey.parts[ns - trial->survey.netns->v].sockets;
	struct outcome outcome = { 0 };
	struct rows rows = { 0 };
	char was[DURATION_TEXT];
	char probed[64] = "";
	struct now now = { 0 };
	enum rc rc = settings(&now, ns, wish->class);

	if (rc != RC_DONE)
		return rc;
	judge(&outcome, &rows, trial, sockets, &now, wish);
	output_open(NULL);
	output_string("class", wish->class);
	output_u64("timeout_ms", wish->ms);
	output_u64("now_ms", now.timeout_ms);
	output_u64("sockets", outcome.sockets);
	output_u64("go", outcome.go);
	output_u64("probed", outcome.probed);
	output_u64("due", outcome.due);
	if (outcome.probed)
		snprintf(probed, sizeof(probed),
			 ", %" PRIu64 " of them only be probed",
			 outcome.probed);
	output_line("%s.timeout_ms=%s, now %s: %" PRIu64 " of %" PRIu64
		    " sockets would go%s; %" PRIu64 " %s due as it is",
		    wish->class, wish->text,
		    duration_exact(was, now.timeout_ms), outcome.go,
		    outcome.sockets, probed, outcome.due,
		    outcome.due == 1 ? "is" : "are");
	show_rows(&rows);
	show_left(ages, wish);
	output_close();
	tdestroy(rows.tree, free);
	free(rows.v);
	return rc;
}

static enum rc show_netns(const struct netns *ns, void *arg)
{
	struct trial *trial = arg;
	struct stats ages = { 0 };
	enum rc rc = stats_read_more(&ages, PROC_AGES, ns);
	size_t i;

	netns_heading(trial->survey.netns, ns);
	output_open(NULL);
	netns_output(ns);
	output_open_array("tries");
	for (i = 0; i < trial->nwishes; i++)
		rc = rc_first(rc, show(ns, trial, &trial->wishes[i], &ages));
	output_close();
	output_close();
	stats_free(&ages);
	return rc;
}

static enum rc run(struct call *call)
{
	struct trial trial = { 0 };
	enum rc rc = RC_DONE;

	trial.wishes = mem_zalloc(call->argc, sizeof(*trial.wishes));
	while (rc == RC_DONE && trial.nwishes < (size_t)call->argc) {
		rc = parse(&trial.wishes[trial.nwishes],
			   call->argv[trial.nwishes]);
		trial.nwishes++;
	}
	if (rc == RC_DONE) {
		rc = survey_read(&trial.survey, &call->netns, wanted, &trial);
		survey_holders(&trial.survey);
		trial.relatives = relatives_new();
		rc = rc_first(rc, netns_each(&call->netns, show_netns, &trial));
		relatives_free(trial.relatives);
		survey_free(&trial.survey);
	}
	free(trial.wishes);
	return rc;
}

static void words(int argc, char **argv)
{
	char key[KNOB_NAME];
	size_t i;

	(void)argc;
	(void)argv;
	for (i = 0; i < CLASSES; i++) {
		snprintf(key, sizeof(key), "%s.timeout_ms=", classes[i]);
		words_add(key, "");
	}
}

const struct verb verb_try = {
	.name = "try",
	.args = "CLASS.timeout_ms=TIME...",
	.what = "what another timeout would do, without setting it",
	.help = "Says how many of the sockets that are tracked now would go, whose they are, and\n"
		"how many that left by themselves since the module was loaded were older, so would\n"
		"have been cut. Sets nothing, in whatever mode:\n"
		"  reaperctl try close_wait.timeout_ms=10m orphan.timeout_ms=1m\n"
		"A socket that a rule gives a time of its own goes as that says.\n",
	.min_args = 1,
	.max_args = -1,
	.words = words,
	.run = run,
};
