// SPDX-License-Identifier: GPL-2.0-only
/*
 * reaperctl record: what every namespace's log tells, into the journal.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/duration.h"
#include "base/mem.h"
#include "draw/names.h"
#include "draw/users.h"
#include "find/records.h"
#include "find/sources.h"
#include "kernel/journal.h"
#include "show/clean.h"
#include "show/output.h"
#include "verb/verb.h"

/* A look at all namespaces takes at most a twentieth of the time. */
#define ROUND_MS 1000
#define REST 20
#define ROUND_MOST_MS 60000

/* A log that is open is read in each round, and others are looked for in one
 * of so many: there may be thousands of processes.
 */
#define LOOK_ROUNDS 5

/* Entries a second of the initial namespace; all others together may have a
 * part of that, and each of them half of what is left of it.
 */
#define RATE 1000
#define PART 10

/* So many logs are kept open, which keeps no namespace; the others are read
 * from their beginning each time.
 */
#define OPEN_MOST 512

/**
 * struct recorder - who sends them
 * @sources: the logs
 * @rate: entries that the initial namespace may make in a second
 * @seconds: since the last round began, which may be long ago
 * @left: those that all others may still make in this one
 * @turn: who is first in this round
 * @mute: the journal takes nothing, which was said
 * @holders: of the sockets
 * @relatives: of these
 */
struct recorder {
	struct sources sources;
	uint64_t rate;
	uint64_t seconds;
	uint64_t left;
	size_t turn;
	bool mute;
	struct holders *holders;
	struct relatives *relatives;
};

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	(void)signal;
	stopped = 1;
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ULL + now.tv_nsec / 1000000;
}

static void put_field(const char *name, const char *value, void *arg)
{
	char field[64] = "TCP_REAPER_";
	size_t n = strlen(field);

	for (; *name; name++)
		field[n++] = (char)(*name >= 'a' && *name <= 'z'
					    ? *name - ('a' - 'A')
					    : *name);
	field[n] = '\0';
	journal_put(arg, field, value);
}

static void put_number(struct journal_entry *entry, const char *name,
		       uint64_t n)
{
	char text[24];

	*number_put(text, n) = '\0';
	journal_put(entry, name, text);
}

static void begin_entry(const struct recorder *recorder,
			const struct source *source,
			struct journal_entry *entry, const char *id,
			const char *priority)
{
	journal_begin(entry);
	journal_put(entry, "MESSAGE_ID", id);
	journal_put(entry, "PRIORITY", priority);
	journal_put(entry, "SYSLOG_IDENTIFIER", "tcp_reaper");
	journal_put(entry, "TCP_REAPER_LOAD", recorder->sources.load);
	journal_put(entry, "TCP_REAPER_NETNS", source->netns);
	put_number(entry, "TCP_REAPER_NETNS_INODE", source->inode);
}

/* A sentence, which a terminal may be shown, and what it is made of. */
static int send_line(const struct recorder *recorder,
		     const struct source *source, const struct logline *line)
{
	const struct holder *holder =
		holders_of(recorder->holders, line->inode);
	struct relative made = { 0 };
	bool done = !strcmp(line->result, "done");
	struct journal_entry entry;
	char age[DURATION_TEXT];
	char text[TEXT] = "";
	char *who = users_plain(recorder->holders, line->inode);

	begin_entry(recorder, source, &entry, RECORDS_REAP, done ? "6" : "4");
	logline_fields(line, put_field, &entry);
	text_add(text, "%s %s: %s, %s to %s, after %s%s", line->action,
		 line->result, line->class, line->local, line->remote,
		 duration_age(age, line->age_ms),
		 line->inode ? "" : ", held by nobody");
	if (logline_unit(line, made.unit, made.pod)) {
		char *unit = clean_name(made.unit, "");
		size_t len = strlen(unit);

		text_add(text, ",");
		names_unit(text, &made);
		journal_put(&entry, "TCP_REAPER_UNIT", unit);
		/* For journalctl -u, which believes root. */
		if (len > 8 && !strcmp(unit + len - 8, ".service"))
			journal_put(&entry, "OBJECT_SYSTEMD_UNIT", unit);
		free(unit);
	}
	if (*made.pod)
		journal_put(&entry, "TCP_REAPER_POD", made.pod);
	if (holder) {
		text_add(text, ", held by %s", who);
		names_unit(text,
			   relatives_get(recorder->relatives, holder->pid));
		journal_put(&entry, "TCP_REAPER_HOLDER", who);
	}
	journal_put(&entry, "MESSAGE", text);
	free(who);
	return journal_send(&entry);
}

static int tell_left_out(const struct recorder *recorder,
			 const struct source *source, uint64_t owed)
{
	struct journal_entry entry;
	char text[TEXT] = "";

	begin_entry(recorder, source, &entry, RECORDS_LEFT_OUT, "5");
	put_number(&entry, "TCP_REAPER_LEFT_OUT", owed);
	put_number(&entry, "TCP_REAPER_UP_TO", source->number);
	text_add(text, "%" PRIu64 " more are left out, in namespace %s", owed,
		 source->netns);
	journal_put(&entry, "MESSAGE", text);
	return journal_send(&entry);
}

/* Nothing is lost by waiting: the logs are there, and the file is as it was. */
static void journal_fails(struct recorder *recorder, int err)
{
	if (err && !recorder->mute)
		output_error("record: journal: %s; it is tried again",
			     strerror(-err));
	recorder->mute = err;
}

/* Return: false if the journal takes nothing. */
static bool send_next(struct recorder *recorder, struct source *source,
		      const struct logline *line, bool room)
{
	struct source was = *source;
	int err;

	source->owed += line->number - source->number - 1 + !room;
	source->number = line->number;
	source->time_ms = line->time_ms;
	if (!room)
		return true;
	sources_remember(&recorder->sources, source, SOURCE_SENDING);
	err = send_line(recorder, source, line);
	if (err)
		*source = was;
	sources_remember(&recorder->sources, source, SOURCE_IDLE);
	journal_fails(recorder, err);
	return !err;
}

static void send_source(struct recorder *recorder, struct source *source)
{
	struct logfile *log = &source->log;
	bool host = !strcmp(source->netns, "initial");
	uint64_t room = host ? recorder->rate * recorder->seconds
			     : (recorder->left + 1) / 2;
	uint64_t sent;
	size_t i = 0;
	int err;

	while (i < log->n && !stopped &&
	       send_next(recorder, source, &log->v[i], i < room))
		i++;
	sent = i < room ? i : room;
	if (source->owed && (host || recorder->left) && !recorder->mute &&
	    !stopped) {
		sources_remember(&recorder->sources, source, SOURCE_TELLING);
		err = tell_left_out(recorder, source, source->owed);
		journal_fails(recorder, err);
		source->owed = err ? source->owed : 0;
		sent++;
	}
	if (i || sent)
		sources_remember(&recorder->sources, source, SOURCE_IDLE);
	if (!host)
		recorder->left -= sent < recorder->left ? sent : recorder->left;
	/* What is left is read again, from the beginning. */
	if (i < log->n || recorder->sources.open > OPEN_MOST)
		sources_shut(&recorder->sources, source);
	free(log->v);
	log->v = NULL;
	log->n = 0;
	log->cap = 0;
	rowfile_free(&log->file);
}

static void find_holders(struct recorder *recorder)
{
	size_t n = 0;
	size_t i;
	size_t k;

	for (i = 0; i < recorder->sources.n; i++)
		n += recorder->sources.v[i].log.n;
	recorder->holders = holders_new(n);
	recorder->relatives = relatives_new();
	for (i = 0; i < recorder->sources.n; i++)
		for (k = 0; k < recorder->sources.v[i].log.n; k++)
			holders_want(recorder->holders,
				     recorder->sources.v[i].log.v[k].inode);
	if (n)
		holders_scan(recorder->holders);
}

static void send_all(void *arg)
{
	struct recorder *recorder = arg;
	struct source gone = { .netns = "(gone)" };
	size_t i;

	find_holders(recorder);
	/* Each is the first in its turn, where there are too many. */
	for (i = 0; i < recorder->sources.n && !stopped; i++) {
		struct source *source =
			&recorder->sources
				 .v[(recorder->turn + i) % recorder->sources.n];

		if (source->inode)
			send_source(recorder, source);
	}
	if (recorder->sources.gone && !recorder->mute &&
	    !tell_left_out(recorder, &gone, recorder->sources.gone))
		recorder->sources.gone = 0;
	holders_free(recorder->holders);
	relatives_free(recorder->relatives);
}

static void round_of(struct recorder *recorder)
{
	struct sources *sources = &recorder->sources;
	bool other;

	if (!sources_load(sources, &other))
		return;
	if (other)
		recorder->turn = 0;
	recorder->left = recorder->rate * recorder->seconds / PART;
	if (recorder->turn % LOOK_ROUNDS)
		sources_read_on(sources);
	else
		sources_look(sources, send_all, recorder);
	send_all(recorder);
	recorder->turn++;
}

static enum rc run(struct call *call)
{
	struct recorder recorder = { .rate = RATE, .seconds = 1 };
	struct sigaction action = { .sa_handler = stop };
	const char *rate = call->option['r'];
	enum rc rc;

	if (rate && (!number_parse(rate, &recorder.rate) ||
		     recorder.rate < PART || recorder.rate > 1000000))
		return output_usage("record",
				    "-r %s: not a number from 10 to 1000000",
				    rate);
	rc = sources_open(&recorder.sources);
	if (rc != RC_DONE)
		return rc;
	/* Not between two things that belong together. */
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	while (!stopped) {
		uint64_t began = now_ms();
		uint64_t rest;

		round_of(&recorder);
		if (call->option['1'])
			break;
		rest = (now_ms() - began) * REST;
		rest = rest < ROUND_MS ? ROUND_MS : rest;
		poll(NULL, 0,
		     (int)(rest < ROUND_MOST_MS ? rest : ROUND_MOST_MS));
		recorder.seconds = (now_ms() - began + 999) / 1000;
	}
	sources_free(&recorder.sources);
	return recorder.mute ? RC_FAILED : RC_DONE;
}

static const struct verb_option options[] = {
	{ 'r', "rate", "N",
	  "so many entries a second at most of the initial namespace, and a tenth of it of all others (1000)",
	  NULL },
	{ '1', "once", NULL, "what there is, and no more", NULL },
	{ 0 },
};

const struct verb verb_record = {
	.name = "record",
	.args = "",
	.what = "each action into systemd's journal, where it stays",
	.help = "For tcp-reaper-log.service: an entry of the journal for each action of each namespace,\n"
		"once, however often it is started. What is too many for the time, or was overwritten\n"
		"before it was read, is told by an entry that counts it. reaperctl log --since reads\n"
		"them where the log itself does not reach back so far.\n",
	.global = true,
	.options = options,
	.run = run,
};
