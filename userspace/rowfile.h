/* SPDX-License-Identifier: GPL-2.0 */
#ifndef REAPERCTL_ROWFILE_H
#define REAPERCTL_ROWFILE_H

#include <stddef.h>

/* The most columns that we know of a file. */
#define ROWFILE_COLUMNS 16

/**
 * struct rowfile_column - a column we know
 * @name: as in the first line
 * @offset: where in the struct of a row it goes
 * @size: room for a string there; 0 for a number, a uint64_t
 * @missing: what to say of a first line without it, after "line 1"
 * @wrong: what to say of a row in which it is not right
 */
struct rowfile_column {
	const char *name;
	size_t offset;
	size_t size;
	const char *missing;
	const char *wrong;
};

#define ROWFILE_COLUMN(type, field, bytes, fault) \
	{ \
		.name = #field, .offset = offsetof(struct type, field), \
		.size = bytes, .missing = "has no column " #field, \
		.wrong = fault #field \
	}
#define ROWFILE_WORD(type, field) \
	ROWFILE_COLUMN(type, field, sizeof(((struct type *)0)->field), \
		       "has too long a ")
#define ROWFILE_NUMBER(type, field) \
	ROWFILE_COLUMN(type, field, 0, "has no number as ")

/**
 * struct rowfile - a file whose first line names its columns
 * @columns: those we know
 * @n: how many
 * @fields: how many the file has, 0 before its first line
 * @place: which field of a line each column is
 */
struct rowfile {
	const struct rowfile_column *columns;
	size_t n;
	size_t fields;
	size_t place[ROWFILE_COLUMNS];
};

const char *rowfile_header(struct rowfile *file, char *text);
const char *rowfile_row(const struct rowfile *file, char *text, void *row);

#endif
