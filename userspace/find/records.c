// SPDX-License-Identifier: GPL-2.0-only
/*
 * Actions in the journal, as reaperctl record wrote them. Anybody may write to
 * the journal: what systemd itself says of who did is asked for.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "base/mem.h"
#include "find/records.h"
#include "kernel/journal.h"
#include "kernel/kfile.h"
#include "kernel/paths.h"

#define BOOT_ID "/proc/sys/kernel/random/boot_id"
#define PREFIX "TCP_REAPER_"

/**
 * records_load() - which load of the module it is, among those of all boots
 * @load: the answer
 *
 * Return: false if it is not loaded.
 */
bool records_load(char load[RECORDS_LOAD])
{
	char boot[40];
	uint64_t inode;

	if (kfile_inode(SYS_MODULE, &inode))
		return false;
	if (kfile_value(BOOT_ID, boot, sizeof(boot)))
		strcpy(boot, "?");
	snprintf(load, RECORDS_LOAD, "%s/%" PRIu64, boot, inode);
	return true;
}

/**
 * records_netns() - what a namespace is called in the journal
 * @key: the answer: its name, or a number that it has as long as it is there
 * @ns: the namespace
 *
 * Return: @key.
 */
const char *records_netns(char key[NETNS_LABEL], const struct netns *ns)
{
	if (ns->initial)
		return strcpy(key, "initial");
	/* One that is called so is another. */
	if (*ns->name && strcmp(ns->name, "initial"))
		return strcpy(key, ns->name);
	snprintf(key, NETNS_LABEL, "net:[%" PRIu64 "]", ns->inode);
	return key;
}

/* The fields of one entry, which come in any order. */
static void take(const char *name, const char *value, void *arg)
{
	struct records *records = arg;
	struct record *record = &records->next;
	uint64_t us;

	if (!name) {
		if (record->netns &&
		    (record->line.left_out || *record->line.class))
			*mem_add(records) = *record;
		*record = (struct record){ .line = { .number = UINT64_MAX,
						     .cgroup = "" } };
		return;
	}
	if (!strcmp(name, "__REALTIME_TIMESTAMP") && number_parse(value, &us) &&
	    !record->line.time_ms)
		record->line.time_ms = us / 1000;
	if (strncmp(name, PREFIX, strlen(PREFIX)))
		return;
	name += strlen(PREFIX);
	if (!strcmp(name, "NETNS"))
		record->netns = rowfile_share(&records->log.file, value);
	else if (!strcmp(name, "LOAD"))
		record->line.load = rowfile_share(&records->log.file, value);
	else if (!strcmp(name, "LEFT_OUT"))
		number_parse(value, &record->line.left_out);
	else if (!strcmp(name, "UP_TO"))
		number_parse(value, &record->line.number);
	else
		logline_field(&records->log, &record->line, name, value);
}

/**
 * records_read() - read what the journal has
 * @records: zeroed; records_free() it in any case
 * @since_ms: since then
 *
 * Return: 0 or a negative errno; what could be read is there nevertheless.
 */
int records_read(struct records *records, uint64_t since_ms)
{
	char since[40];
	char *matches[] = { since, "_SYSTEMD_UNIT=" RECORDS_UNIT, NULL };

	snprintf(since, sizeof(since), "--since=@%" PRIu64, since_ms / 1000);
	records->log.stream.fd = -1;
	take(NULL, NULL, records);
	return journal_read(matches, take, records);
}

static int by_time(const void *a, const void *b)
{
	const struct logline *x = a;
	const struct logline *y = b;

	if (x->time_ms != y->time_ms)
		return x->time_ms < y->time_ms ? -1 : 1;
	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	/* What says no more than how many comes after the action itself. */
	return (x->left_out > 0) - (y->left_out > 0);
}

/**
 * records_add() - add to a namespace's log what the journal has of it besides
 * @records: read
 * @netns: the namespace, by records_netns()
 * @log: its log; in the order of time afterwards
 *
 * Return: true if it has anything.
 */
bool records_add(struct records *records, const char *netns,
		 struct logfile *log)
{
	char load[RECORDS_LOAD] = "";
	const char *now;
	size_t kept = 0;
	size_t had = log->n;
	size_t i;

	records_load(load);
	now = rowfile_share(&records->log.file, load);
	for (i = 0; i < log->n; i++)
		log->v[i].load = now;
	for (i = 0; i < records->n; i++)
		if (!strcmp(records->v[i].netns, netns))
			*mem_add(log) = records->v[i].line;
	if (log->n == had)
		return false;
	qsort(log->v, log->n, sizeof(*log->v), by_time);
	/* What is in both, or twice in the journal. */
	for (i = 0; i < log->n; i++)
		if (!i || !logline_same(&log->v[kept - 1], &log->v[i]))
			log->v[kept++] = log->v[i];
	log->n = kept;
	return true;
}

/**
 * records_have() - is something in the journal?
 * @load: of which load of the module
 * @inode: of which namespace
 * @field: what of it
 * @number: which
 *
 * Return: true if it is known to be.
 */
bool records_have(const char *load, uint64_t inode, const char *field,
		  uint64_t number)
{
	char in[64];
	char of[RECORDS_LOAD + 32];
	char no[64];
	char *sync[] = { "--sync", NULL };
	char *matches[] = { "_SYSTEMD_UNIT=" RECORDS_UNIT, in, of, no, NULL };
	struct records records = { .log.stream.fd = -1 };
	bool have;

	snprintf(in, sizeof(in), PREFIX "NETNS_INODE=%" PRIu64, inode);
	snprintf(of, sizeof(of), PREFIX "LOAD=%s", load);
	snprintf(no, sizeof(no), PREFIX "%s=%" PRIu64, field, number);
	take(NULL, NULL, &records);
	journal_read(sync, take, &records);
	journal_read(matches, take, &records);
	have = records.n;
	records_free(&records);
	return have;
}

/**
 * records_free() - let go of them
 * @records: read
 */
void records_free(struct records *records)
{
	logfile_free(&records->log);
	free(records->v);
}
