// SPDX-License-Identifier: GPL-2.0-only
/*
 * reaperctl list: the tracked sockets and who holds them.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/duration.h"
#include "base/mem.h"
#include "draw/names.h"
#include "draw/users.h"
#include "find/filter.h"
#include "find/survey.h"
#include "kernel/logfile.h"
#include "kernel/wordlists.h"
#include "show/output.h"
#include "show/words.h"
#include "verb/verb.h"

static const struct output_column columns[] = {
	{ "CLASS", false, 1 },	{ "STATE", false, 5 },	{ "AGE", true, 0 },
	{ "IDLE", true, 4 },	{ "RECV-Q", true, 3 },	{ "SEND-Q", true, 2 },
	{ "LOCAL", false, 8 },	{ "REMOTE", false, 6 }, { "VERDICT", false, 7 },
	{ "HOLDER", false, 0 },
};

#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

struct listing {
	struct survey survey;
	struct filter filter;
	struct relatives *relatives;
	uint64_t most; /* to show of a namespace */
	size_t unseen; /* sockets that must have a holder, none found */
};

/* Return: false if the socket is not to be shown. */
static bool show(struct listing *listing, const struct sock *sock)
{
	const struct holder *first =
		holders_of(listing->survey.holders, sock->inode);
	char age[DURATION_TEXT];
	char idle[DURATION_TEXT];
	bool kernel = !strcmp(sock->verdict, "kernel");

	if (!filter_holder(&listing->filter, listing->relatives, first))
		return false;
	/* Its owner has closed it meanwhile, or does not show itself. */
	if (!first && !strcmp(sock->verdict, "left"))
		return false;
	output_open(NULL);
	output_string("class", sock->class);
	output_string("state", sock->state);
	output_u64("age_ms", sock->age_ms);
	output_u64("idle_ms", sock->idle_ms);
	output_u64("rxq", sock->rxq);
	output_u64("txq", sock->txq);
	output_string("local", sock->local);
	output_string("remote", sock->remote);
	output_string("verdict", sock->verdict);
	output_u64("uid", sock->uid);
	output_u64("inode", sock->inode);
	users_output(listing->relatives, listing->survey.holders, sock->inode);
	output_close();

	if (sock->inode && !first && !kernel)
		listing->unseen++;
	if (output_json())
		return true;
	output_word(sock->class);
	output_word(sock->state);
	output_word(duration_age(age, sock->age_ms));
	output_word(duration_age(idle, sock->idle_ms));
	output_number(sock->rxq);
	output_number(sock->txq);
	output_word(sock->local);
	output_word(sock->remote);
	output_style(!strcmp(sock->verdict, "due")    ? OUTPUT_BAD
		     : !strcmp(sock->verdict, "left") ? OUTPUT_WARN
		     : !strcmp(sock->verdict, "wait") ? OUTPUT_PLAIN
						      : OUTPUT_GOOD);
	output_word(sock->verdict);
	if (first) {
		char *who = users_as_ss(listing->survey.holders, sock->inode);
		char unit[TEXT] = "";
		char *cell;

		names_unit(unit, relatives_get(listing->relatives, first->pid));
		cell = mem_zalloc(strlen(who) + strlen(unit) + 1, 1);
		strcat(strcpy(cell, who), unit);
		output_word(cell);
		free(cell);
		free(who);
	} else if (kernel) {
		output_word("kernel");
	} else if (sock->inode) {
		output_word("?");
	} else if (!strcmp(sock->class, "orphan")) {
		output_word("none");
	} else {
		output_word("not accepted");
	}
	return true;
}

static void show_rows(struct listing *listing, const struct sockets *sockets)
{
	uint64_t shown = 0;
	struct sock sock;
	size_t s;

	for (s = 0; s < sockets->n && shown < listing->most; s++) {
		sockets_get_all(sockets, s, &sock);
		shown += show(listing, &sock);
	}
}

static void show_part(struct listing *listing, const struct survey_part *part)
{
	size_t unseen = listing->unseen;

	if (!part->read)
		return;
	netns_heading(listing->survey.netns, part->ns);
	output_open(NULL);
	netns_output(part->ns);
	output_open_array("sockets");
	output_table(columns, COLUMNS);
	do {
		listing->unseen = unseen;
		show_rows(listing, &part->sockets);
	} while (output_table_again());
	output_close();
	output_close();
}

struct leaving {
	struct listing *listing;
	struct survey_part *part;
	uint64_t now_ms;
};

/* As it was when it was ended, but for the time since. */
static void add_left(const struct logline *line, void *arg)
{
	const struct leaving *leaving = arg;
	uint64_t since = leaving->now_ms > line->time_ms
				 ? leaving->now_ms - line->time_ms
				 : 0;
	struct sock sock = { .verdict = "left",
			     .age_ms = line->age_ms + since,
			     .idle_ms = line->idle_ms + since,
			     .uid = line->uid,
			     .inode = line->inode,
			     .timeout_ms = UINT64_MAX };

	strcpy(sock.class, line->class);
	strcpy(sock.state, line->state);
	strcpy(sock.local, line->local);
	strcpy(sock.remote, line->remote);
	if (!filter_keep(&sock, &leaving->listing->filter))
		return;
	sockets_add(&leaving->part->sockets, &sock);
	leaving->listing->survey.sockets++;
}

static enum rc read_left(const struct netns *ns, void *arg)
{
	struct listing *listing = arg;
	struct survey *survey = &listing->survey;
	struct leaving leaving = {
		.listing = listing,
		.part = &survey->parts[ns - survey->netns->v],
	};
	struct timespec now;
	uint64_t told = 0;

	clock_gettime(CLOCK_REALTIME, &now);
	leaving.now_ms = now.tv_sec * 1000ULL + now.tv_nsec / 1000000;
	return reaped_each(ns, add_left, &leaving, &told);
}

static enum rc parse(struct listing *listing, const struct call *call,
		     const char *by)
{
	const char *most = call->option['m'];
	struct sockets none = { 0 };
	enum rc rc = filter_parse(&listing->filter, call->option);

	if (rc != RC_DONE)
		return rc;
	if (!sockets_sort(&none, by, false))
		return output_usage("list", "-S %s: no column to sort by", by);
	listing->most = UINT64_MAX;
	if (most && !number_parse(most, &listing->most))
		return output_usage("list", "-m %s: not a number", most);
	return RC_DONE;
}

static enum rc run(struct call *call)
{
	struct listing listing = { .unseen = 0 };
	struct survey *survey = &listing.survey;
	const char *by = call->option['S'] ? call->option['S'] : "age";
	enum rc rc = parse(&listing, call, by);
	size_t i;

	if (rc != RC_DONE)
		return rc;
	rc = survey_read(survey, &call->netns, filter_keep, &listing.filter);
	if (filter_left(&listing.filter))
		rc = rc_first(rc,
			      netns_each(&call->netns, read_left, &listing));
	/* Before the holders, so that they take their memory one by one. */
	for (i = 0; i < call->netns.n; i++)
		sockets_sort(&survey->parts[i].sockets, by, call->option['r']);
	survey_holders(survey);
	listing.relatives = relatives_new();
	for (i = 0; i < call->netns.n; i++)
		show_part(&listing, &survey->parts[i]);
	/* No failure, as it is none for ss: what may be seen was shown. */
	if (listing.unseen && proc_hides())
		output_error("holders of %zu sockets not shown: /proc shows you no processes of others (hidepid=); run it as root",
			     listing.unseen);
	else if (listing.unseen && survey->unread)
		output_error("holders of %zu sockets not shown: %zu processes hide their descriptors from you; run it as root",
			     listing.unseen, survey->unread);
	relatives_free(listing.relatives);
	survey_free(survey);
	return rc;
}

static const struct verb_option options[] = {
	{ 'c', "class", "CLASS,...", "only these classes", words_classes },
	{ 's', "state", "STATE,...",
	  "only these states, as ss or the kernel writes them",
	  filter_state_words },
	{ 'P', "port", "PORT[-PORT]", "only with such a port at either end",
	  NULL },
	{ 'A', "address", "PREFIX",
	  "only with such an address at either end: 192.0.2.0/24", NULL },
	{ 'v', "verdict", "VERDICT,...", "only with these verdicts",
	  filter_verdict_words },
	{ 'H', "holder", "PID|NAME", "only those that such a process holds",
	  words_pids },
	{ 'U', "unit", "NAME",
	  "only those that such a unit, container (its id) or pod (its UID) holds",
	  NULL },
	{ 'g', "age", "TIME", "only those at least so old: 30s, 5m, 1h", NULL },
	{ 'S', "sort", "COLUMN",
	  "by age (default), idle, rxq, txq, local, remote, ...",
	  sockets_sort_words },
	{ 'r', "reverse", NULL, "the other way round", NULL },
	{ 'm', "max", "N", "no more than so many of a namespace", NULL },
	{ 0 },
};

const struct verb verb_list = {
	.name = "list",
	.args = "",
	.what = "tracked sockets, the oldest first, and who holds them",
	.help = "A line for each tracked socket, the oldest first. AGE counts from what made it\n"
		"linger, IDLE from its last progress; VERDICT is wait, due, or why it is left alone.\n"
		"With -v left: those that were reaped, as they were then, and are open still.\n"
		"HOLDER names each process and descriptor that keeps it; \"not accepted\": it waits in\n"
		"a listener's queue; \"none\": its owner has let go; \"kernel\": it is the kernel's own;\n"
		"\"?\": the holder cannot be seen.\n"
		"A terminal too narrow for all columns has those that say least left out.\n"
		"With -j times are in milliseconds and holders an array.\n",
	.options = options,
	.run = run,
};
