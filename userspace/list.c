// SPDX-License-Identifier: GPL-2.0
/*
 * reaperctl list: the tracked sockets and who holds them.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "duration.h"
#include "filter.h"
#include "output.h"
#include "survey.h"
#include "verb.h"
#include "words.h"

static const struct output_column columns[] = {
	{ "CLASS", false },  { "STATE", false },  { "AGE", true },
	{ "IDLE", true },    { "RECV-Q", true },  { "SEND-Q", true },
	{ "LOCAL", false },  { "REMOTE", false }, { "VERDICT", false },
	{ "HOLDER", false },
};

/* Longer than any name of a process. */
#define COMM_MAX 128

#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

struct listing {
	struct survey survey;
	struct filter filter;
	uint64_t most; /* to show of a namespace */
	size_t unseen; /* sockets that must have a holder, none found */
};

/* The holders as ss writes them, so that what reads ss reads this. */
static void show_holders(const struct holder *first)
{
	const struct holder *holder;
	char few[COMM_MAX + 96];
	char *text = NULL;
	char *p;
	size_t size;
	FILE *file;

	if (!first->next) {
		/* Nearly always so, and printf() would cost most of the row. */
		p = stpcpy(few, "users:((\"");
		p = stpncpy(p, first->comm, COMM_MAX);
		p = stpcpy(p, "\",pid=");
		p = number_put(p, (uint64_t)first->pid);
		p = stpcpy(p, ",fd=");
		p = number_put(p, (uint64_t)first->fd);
		strcpy(p, "))");
		output_word(few);
		return;
	}
	file = open_memstream(&text, &size);
	if (!file) {
		output_word("?");
		return;
	}
	fputs("users:(", file);
	for (holder = first; holder; holder = holder->next)
		fprintf(file, "%s(\"%s\",pid=%d,fd=%d)",
			holder == first ? "" : ",", holder->comm,
			(int)holder->pid, holder->fd);
	fputc(')', file);
	output_word(fclose(file) || !text ? "?" : text);
	free(text);
}

/* Return: false if the socket is not to be shown. */
static bool show(struct listing *listing, const struct sock *sock)
{
	const struct holder *first =
		holders_of(listing->survey.holders, sock->inode);
	const struct holder *holder;
	char age[DURATION_TEXT];
	char idle[DURATION_TEXT];
	bool kernel = !strcmp(sock->verdict, "kernel");

	if (!filter_holder(&listing->filter, first))
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
	output_open_array("holders");
	for (holder = first; holder; holder = holder->next) {
		output_open(NULL);
		output_string("name", holder->comm);
		output_u64("pid", (uint64_t)holder->pid);
		output_u64("fd", (uint64_t)holder->fd);
		output_close();
	}
	output_close();
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
		     : !strcmp(sock->verdict, "wait") ? OUTPUT_PLAIN
						      : OUTPUT_GOOD);
	output_word(sock->verdict);
	if (first)
		show_holders(first);
	else if (kernel)
		output_word("kernel");
	else if (sock->inode)
		output_word("?");
	else if (!strcmp(sock->class, "orphan"))
		output_word("none");
	else
		output_word("not accepted");
	return true;
}

static void show_part(struct listing *listing, const struct survey_part *part)
{
	const struct sockets *sockets = &part->sockets;
	uint64_t shown = 0;
	size_t s;

	if (!part->read)
		return;
	netns_heading(listing->survey.netns, part->ns);
	output_open(NULL);
	netns_output(part->ns);
	output_open_array("sockets");
	output_table(columns, COLUMNS);
	for (s = 0; s < sockets->n && shown < listing->most; s++)
		shown += show(listing, &sockets->v[s]);
	output_table_end();
	output_close();
	output_close();
}

static enum rc parse(struct listing *listing, const struct call *call,
		     const char *by)
{
	const char *most = call->option['m'];
	struct sockets none = { 0 };
	enum rc rc = filter_parse(&listing->filter, call);

	if (rc != RC_DONE)
		return rc;
	if (!sockets_sort(&none, by, false)) {
		output_error("-S %s: no column to sort by; see reaperctl list --help",
			     by);
		return RC_USAGE;
	}
	listing->most = UINT64_MAX;
	if (most && !number_parse(most, &listing->most)) {
		output_error("-m %s: not a number; see reaperctl list --help",
			     most);
		return RC_USAGE;
	}
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
	survey_holders(survey, NULL, 0);
	for (i = 0; i < call->netns.n; i++) {
		sockets_sort(&survey->parts[i].sockets, by, call->option['r']);
		show_part(&listing, &survey->parts[i]);
	}
	/* No failure, as it is none for ss: what may be seen was shown. */
	if (listing.unseen && survey->unread)
		output_error("holders of %zu sockets not shown: %zu processes hide their descriptors from you; run it as root",
			     listing.unseen, survey->unread);
	survey_free(survey);
	return rc;
}

static const struct verb_option options[] = {
	{ 'c', "class", "CLASS,...", "only these classes", words_classes },
	{ 's', "state", "STATE,...",
	  "only these states, as ss or the kernel writes them", words_states },
	{ 'P', "port", "PORT[-PORT]", "only with such a port at either end",
	  NULL },
	{ 'H', "holder", "PID|NAME", "only those that such a process holds",
	  words_pids },
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
		"HOLDER names each process and descriptor that keeps it; \"not accepted\": it waits in\n"
		"a listener's queue; \"none\": its owner has let go; \"kernel\": it is the kernel's own;\n"
		"\"?\": the holder cannot be seen.\n"
		"With -j times are in milliseconds and holders an array.\n",
	.options = options,
	.run = run,
};
