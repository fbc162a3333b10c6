// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sockets that were ended, by the namespace's log. Their descriptors stay open
 * until their owner closes them, which is why they are of interest.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "kernel/kfile.h"
#include "kernel/paths.h"
#include "kernel/reaped.h"
#include "kernel/rowfile.h"

struct entry {
	uint64_t inode;
};

static const struct rowfile_column columns[] = {
	ROWFILE_NUMBER(entry, inode),
};

struct reading {
	struct reaped *reaped;
	struct rowfile file;
};

static int take(const struct kline *line, void *arg)
{
	struct reading *reading = arg;
	struct reaped *reaped = reading->reaped;
	struct entry entry;

	if (rowfile_take(&reading->file, line, &entry) && entry.inode) {
		reaped->v = mem_grow(reaped->v, reaped->n, &reaped->cap,
				     sizeof(*reaped->v));
		reaped->v[reaped->n++] = entry.inode;
	}
	return !reading->file.fields;
}

/**
 * reaped_read() - add those of a namespace
 * @reaped: zeroed at first; reaped_free() it in any case
 * @ns: where the caller is, for the message
 *
 * Return: RC_DONE, or RC_FAILED after a line on stderr; what was right is in
 * @reaped nevertheless.
 */
enum rc reaped_read(struct reaped *reaped, const struct netns *ns)
{
	struct reading reading = {
		.reaped = reaped,
		.file = { .columns = columns,
			  .n = sizeof(columns) / sizeof(columns[0]) },
	};
	int err = kfile_lines(PROC_LOG, take, &reading);

	return badlines_report(&reading.file.bad, PROC_LOG, ns,
			       err < 0 ? err : 0);
}

/**
 * reaped_free() - forget them
 * @reaped: what was read
 */
void reaped_free(struct reaped *reaped)
{
	free(reaped->v);
	memset(reaped, 0, sizeof(*reaped));
}
