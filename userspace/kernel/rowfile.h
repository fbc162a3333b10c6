/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_ROWFILE_H
#define REAPERCTL_ROWFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "kernel/badlines.h"

/* The most columns that we know of a file. */
#define ROWFILE_COLUMNS 16

/**
 * struct rowfile_column - a column we know
 * @name: as in the first line
 * @offset: where in the struct of a row it goes
 * @size: room for a string there; 0 for a number, a uint64_t; ROWFILE_SHARED
 *for a const char *, of which rows with the same have one between them
 * @missing: what to say of a first line without it, after "line 1"; NULL: an
 *	older module has no such column, and the value is "" or UINT64_MAX
 * @wrong: what to say of a row in which it is not right
 */
struct rowfile_column {
	const char *name;
	size_t offset;
	size_t size;
	const char *missing;
	const char *wrong;
};

#define ROWFILE_SHARED SIZE_MAX
#define ROWFILE_COLUMN(type, field, bytes, gone, fault) \
	{ \
		.name = #field, .offset = offsetof(struct type, field), \
		.size = bytes, .missing = gone, .wrong = fault #field \
	}
#define ROWFILE_BYTES(type, field) sizeof(((struct type *)0)->field)
#define ROWFILE_WORD(type, field) \
	ROWFILE_COLUMN(type, field, ROWFILE_BYTES(type, field), \
		       "has no column " #field, "has too long a ")
#define ROWFILE_NUMBER(type, field) \
	ROWFILE_COLUMN(type, field, 0, "has no column " #field, \
		       "has no number as ")

/* Those that older modules do not have. */
#define ROWFILE_NEW_WORD(type, field) \
	ROWFILE_COLUMN(type, field, ROWFILE_BYTES(type, field), NULL, \
		       "has too long a ")
#define ROWFILE_NEW_SHARED(type, field) \
	ROWFILE_COLUMN(type, field, ROWFILE_SHARED, NULL, "")
#define ROWFILE_NEW_NUMBER(type, field) \
	ROWFILE_COLUMN(type, field, 0, NULL, "has no number as ")

/**
 * struct rowfile - a file whose first line names its columns
 * @columns: those we know
 * @n: how many
 * @fields: how many the file has; 0 without a first line that is right, and
 *	then no other line can be understood
 * @place: which field of a line each column is
 * @bad: the lines that were left out
 * @shared: strings of rows, a tree of <search.h>
 */
struct rowfile {
	const struct rowfile_column *columns;
	size_t n;
	size_t fields;
	size_t place[ROWFILE_COLUMNS];
	struct badlines bad;
	void *shared;
};

const char *rowfile_share(struct rowfile *file, const char *word);
void rowfile_free(struct rowfile *file);
bool rowfile_take(struct rowfile *file, const struct kline *line, void *row);

#endif
