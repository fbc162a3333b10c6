// SPDX-License-Identifier: GPL-2.0-only
/*
 * The logs of some namespaces, a batch at a time.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "find/logs.h"
#include "kernel/loaded.h"
#include "show/output.h"

/**
 * logs_batch() - as many namespaces as are read at a time
 * @all: the namespaces
 * @first: from which of them on
 *
 * Return: them, which @all keeps.
 */
struct netns_set logs_batch(const struct netns_set *all, size_t first)
{
	struct netns_set batch = *all;

	batch.v += first;
	batch.n = batch.n - first < LOGS_BATCH ? batch.n - first : LOGS_BATCH;
	return batch;
}

/**
 * logs_new_parts() - parts of which none is open
 * @n: how many
 *
 * Return: them, for logs_close().
 */
struct logpart *logs_new_parts(size_t n)
{
	struct logpart *parts = mem_zalloc(n, sizeof(*parts));
	size_t i;

	for (i = 0; i < n; i++)
		parts[i].log.stream.fd = -1;
	return parts;
}

static enum rc open_part(const struct netns *ns, void *arg)
{
	struct logs *logs = arg;
	struct logpart *part = &logs->parts[ns - logs->netns->v];

	part->inode = ns->inode;
	logfile_open(&part->log);
	/* Only one is read on; there may be thousands. */
	if (logs->netns->many)
		kstream_close(&part->log.stream);
	return RC_DONE;
}

/**
 * logs_open() - read the logs from their beginning
 * @logs: with parts of which none is open
 *
 * Return: RC_DONE, or another code after a line on stderr.
 */
enum rc logs_open(struct logs *logs)
{
	size_t i;

	for (i = 0; i < logs->netns->n; i++)
		logs->parts[i].ns = &logs->netns->v[i];
	return netns_each(logs->netns, open_part, logs);
}

/**
 * logs_trim() - leave only what is wanted of what was there already
 * @part: read from its beginning
 * @wanted: that
 * @from_journal: what came first is from the journal, which has all since then
 */
void logs_trim(struct logpart *part, const struct logwanted *wanted,
	       bool from_journal)
{
	struct logfile *log = &part->log;
	uint64_t after = 0;

	/* What came before the first is of no interest if that is too old. */
	if (log->n && (from_journal || log->v->time_ms < wanted->since_ms))
		after = log->v->number - 1;
	part->lost = logfile_missed(log, after);
	logfile_trim(log, wanted);
}

/**
 * logs_judge() - what went wrong in any of them
 * @logs: what was read
 *
 * Return: RC_DONE if nothing did, or another code after a line on stderr.
 */
enum rc logs_judge(const struct logs *logs)
{
	enum rc rc = RC_DONE;
	size_t i;

	for (i = 0; i < logs->netns->n; i++) {
		const struct logpart *part = &logs->parts[i];

		if (part->log.err && !loaded()) {
			output_error("module unloaded; modprobe tcp_reaper");
			return RC_UNLOADED;
		}
		rc = rc_first(rc, logfile_report(&part->log, part->ns));
	}
	return rc;
}

/**
 * logs_part_of() - the part of a namespace
 * @parts: some
 * @n: how many
 * @inode: of the namespace
 *
 * Return: it, or NULL.
 */
const struct logpart *logs_part_of(const struct logpart *parts, size_t n,
				   uint64_t inode)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (parts[i].inode == inode)
			return &parts[i];
	}
	return NULL;
}

/**
 * logs_close() - let go of them
 * @parts: of logs_new_parts(), or NULL
 * @n: how many
 */
void logs_close(struct logpart *parts, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		logfile_free(&parts[i].log);
	free(parts);
}
