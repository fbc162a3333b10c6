// SPDX-License-Identifier: GPL-2.0-only
/*
 * The logs of all namespaces on their way into the journal. A file remembers
 * how far each has come, so that a later run goes on there.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/mem.h"
#include "find/sources.h"
#include "kernel/kfile.h"
#include "kernel/loaded.h"
#include "kernel/paths.h"
#include "show/output.h"

#define FILE_CURSOR DIR_STATE "/recorded"

/* So many lines are kept in memory, whatever tenants have theirs log. */
#define LINES_MOST 50000

/* A line of the file. */
#define SLOT "%20" PRIu64 " %20" PRIu64 " %20" PRIu64 " %20" PRIu64 " %c\n"
#define SLOT_IN "%" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %c"
#define SLOT_LEN 86

/**
 * sources_remember() - note how far a log is
 * @sources: all of them
 * @source: the log
 * @state: what is about to be done with the last one of it
 */
void sources_remember(const struct sources *sources, struct source *source,
		      enum source_state state)
{
	char text[SLOT_LEN + 1];

	source->state = (char)state;
	snprintf(text, sizeof(text), SLOT, source->inode, source->number,
		 source->time_ms, source->owed, source->state);
	if (pwrite(sources->fd, text, SLOT_LEN,
		   (off_t)(RECORDS_LOAD + source->slot * SLOT_LEN)) != SLOT_LEN)
		output_error("record: " FILE_CURSOR ": %s; free some room",
			     strerror(errno));
}

static struct source *new_source(struct sources *sources)
{
	size_t slot = sources->n;
	struct source *source = mem_add(sources);

	source->slot = slot;
	source->log.stream.fd = -1;
	return source;
}

/**
 * sources_shut() - close a log, and drop what was not sent: it is read again
 * @sources: all of them
 * @source: the log
 */
void sources_shut(struct sources *sources, struct source *source)
{
	sources->open -= source->log.stream.fd >= 0;
	logfile_free(&source->log);
	source->log = (struct logfile){ .stream.fd = -1 };
}

static void forget(struct sources *sources, struct source *source)
{
	sources_shut(sources, source);
	sources->gone += source->owed;
	source->inode = 0;
	source->number = 0;
	source->owed = 0;
	sources_remember(sources, source, SOURCE_IDLE);
}

/* Begin anew, for the module as it is loaded now. */
static void begin(struct sources *sources)
{
	char head[RECORDS_LOAD + 1];

	while (sources->n)
		sources_shut(sources, &sources->v[--sources->n]);
	snprintf(head, sizeof(head), "%-*s\n", RECORDS_LOAD - 1, sources->load);
	if (ftruncate(sources->fd, 0) ||
	    pwrite(sources->fd, head, RECORDS_LOAD, 0) != RECORDS_LOAD)
		output_error("record: " FILE_CURSOR ": %s; free some room",
			     strerror(errno));
}

/* What came of it, if it was killed. */
static void find_out(const struct sources *sources, struct source *source)
{
	if (source->state == SOURCE_SENDING &&
	    !records_have(sources->load, source->inode, "NUMBER",
			  source->number)) {
		source->number--;
		source->time_ms = 0;
	}
	if (source->state == SOURCE_TELLING &&
	    records_have(sources->load, source->inode, "UP_TO", source->number))
		source->owed = 0;
	source->state = SOURCE_IDLE;
}

/* Return: false if the last run was with another load of the module, or none.
 */
static bool recall(struct sources *sources)
{
	char head[RECORDS_LOAD + 1] = "";
	char text[SLOT_LEN + 1] = "";
	struct source was = { .log.stream.fd = -1 };

	if (pread(sources->fd, head, RECORDS_LOAD, 0) != RECORDS_LOAD ||
	    sscanf(head, "%64s", text) != 1 || strcmp(text, sources->load))
		return false;
	while (pread(sources->fd, text, SLOT_LEN,
		     (off_t)(RECORDS_LOAD + was.slot * SLOT_LEN)) == SLOT_LEN &&
	       sscanf(text, SLOT_IN, &was.inode, &was.number, &was.time_ms,
		      &was.owed, &was.state) == 5) {
		*new_source(sources) = was;
		find_out(sources, &sources->v[was.slot++]);
	}
	return true;
}

/**
 * sources_open() - open the file that remembers how far each is
 * @sources: zeroed; sources_free() it
 *
 * Return: RC_DONE, or RC_FAILED after a line on stderr: one at a time.
 */
enum rc sources_open(struct sources *sources)
{
	char *path = kfile_path(FILE_CURSOR);
	int err = kfile_mkdir(DIR_STATE);

	if (!err) {
		sources->fd = open(path,
				   O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
				   0600);
		if (sources->fd < 0 || flock(sources->fd, LOCK_EX | LOCK_NB))
			err = -errno;
	}
	free(path);
	if (!err)
		return RC_DONE;
	if (err == -EWOULDBLOCK)
		output_error(
			"record: another one is at work; systemctl stop " RECORDS_UNIT);
	else
		output_error("record: " FILE_CURSOR ": %s; run it as root",
			     strerror(-err));
	return RC_FAILED;
}

static struct source *source_of(struct sources *sources, uint64_t inode)
{
	size_t i;

	for (i = 0; i < sources->n; i++)
		if (sources->v[i].inode == inode)
			return &sources->v[i];
	return NULL;
}

/*
 * Drop what was sent. Another namespace may have the number of one that is
 * gone: then its log has not the last action of that, and all that it has is
 * new.
 */
static void drop_sent(struct source *source)
{
	struct logfile *log = &source->log;
	bool other = source->number && !log->err;
	size_t sent = 0;

	for (; sent < log->n && log->v[sent].number <= source->number; sent++)
		if (log->v[sent].number == source->number && source->time_ms &&
		    log->v[sent].time_ms != source->time_ms)
			break;
	/* It goes on behind what was sent, or ends with that. */
	if (sent < log->n ? log->v[sent].number > source->number
			  : sent && log->v[sent - 1].number == source->number)
		other = false;
	if (other) {
		source->number = 0;
		return;
	}
	log->n -= sent;
	if (sent && log->n)
		memmove(log->v, log->v + sent, log->n * sizeof(*log->v));
}

/* Return: how many lines are new. */
static size_t look_at(struct sources *sources, const struct netns *ns)
{
	struct source *source = source_of(sources, ns->inode);

	if (!source)
		source = source_of(sources, 0);
	if (!source)
		source = new_source(sources);
	source->inode = ns->inode;
	source->seen = true;
	records_netns(source->netns, ns);
	if (source->log.stream.fd >= 0) {
		logfile_read(&source->log);
		if (!source->log.err)
			return source->log.n;
		/* That one is gone, and this is another. */
		sources_shut(sources, source);
		source->number = 0;
	}
	if (!netns_try(ns))
		return 0;
	logfile_open(&source->log);
	sources->open += source->log.stream.fd >= 0;
	drop_sent(source);
	return source->log.n;
}

/**
 * sources_look() - look for namespaces, and read what is new in all
 * @sources: of a load of the module
 * @full: called when there is much, to send it
 * @arg: handed on to @full
 */
void sources_look(struct sources *sources, void (*full)(void *arg), void *arg)
{
	struct netns_set set = { 0 };
	size_t lines = 0;
	size_t i;

	for (i = 0; i < sources->n; i++)
		sources->v[i].seen = false;
	/* Who makes namespaces is not to fill the journal with what is amiss.
	 */
	output_hold_errors(true);
	netns_select_all(&set);
	for (i = 0; i < set.n; i++) {
		lines += look_at(sources, &set.v[i]);
		if (lines < LINES_MOST)
			continue;
		full(arg);
		lines = 0;
	}
	output_hold_errors(false);
	netns_let_go(&set);
	netns_set_free(&set);
	for (i = 0; i < sources->n; i++)
		if (!sources->v[i].seen && sources->v[i].inode)
			forget(sources, &sources->v[i]);
}

/**
 * sources_read_on() - read what is new in those that are open
 * @sources: of a load of the module
 *
 * One that is gone is seen when they are looked for.
 */
void sources_read_on(struct sources *sources)
{
	size_t i;

	for (i = 0; i < sources->n; i++)
		if (sources->v[i].log.stream.fd >= 0)
			logfile_read(&sources->v[i].log);
}

/**
 * sources_load() - is the module loaded, and which time is it?
 * @sources: if it is another load than before all logs are new, or as the file
 *	has them
 * @other: set if so
 *
 * Return: true if it is loaded.
 */
bool sources_load(struct sources *sources, bool *other)
{
	char load[RECORDS_LOAD] = "";
	bool first = !*sources->load;

	/* Until it is loaded there is nothing. */
	if (!records_load(load) || !loaded())
		return false;
	*other = strcmp(load, sources->load);
	if (!*other)
		return true;
	strcpy(sources->load, load);
	if (!first || !recall(sources))
		begin(sources);
	return true;
}

/**
 * sources_free() - let go of them
 * @sources: opened
 */
void sources_free(struct sources *sources)
{
	while (sources->n)
		sources_shut(sources, &sources->v[--sources->n]);
	free(sources->v);
	close(sources->fd);
}
