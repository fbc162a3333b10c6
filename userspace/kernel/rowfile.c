// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files whose first line names the columns. They are found by name, so that
 * the module may add some.
 */
#include <search.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "base/mem.h"
#include "kernel/rowfile.h"

#define FIELDS_MAX 32

/* Cut @text into @field. Return: how many there are, even past FIELDS_MAX. */
static size_t split(char *text, char *field[FIELDS_MAX])
{
	size_t n = 0;

	for (;;) {
		while (*text == ' ' || *text == '\t')
			text++;
		if (!*text)
			return n;
		if (n < FIELDS_MAX)
			field[n] = text;
		n++;
		while (*text && *text != ' ' && *text != '\t')
			text++;
		if (*text)
			*text++ = '\0';
	}
}

/* The first line, which is cut up. Return: NULL, or what is wrong with it. */
static const char *take_header(struct rowfile *file, char *text)
{
	char *field[FIELDS_MAX];
	size_t fields = split(text, field);
	size_t c;

	if (fields > FIELDS_MAX)
		return "has too many columns";
	for (c = 0; c < file->n; c++) {
		size_t f = 0;

		while (f < fields && strcmp(field[f], file->columns[c].name))
			f++;
		if (f == fields && file->columns[c].missing)
			return file->columns[c].missing;
		file->place[c] = f;
	}
	file->fields = fields;
	return NULL;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

/**
 * rowfile_share() - keep a string for as long as the file is
 * @file: the file
 * @word: the string
 *
 * Return: the one that was kept.
 */
const char *rowfile_share(struct rowfile *file, const char *word)
{
	void **found = tfind(word, &file->shared, by_text);

	if (!found)
		found = mem_or_die(
			tsearch(mem_strdup(word), &file->shared, by_text));
	return *found;
}

/**
 * rowfile_free() - let go of its strings
 * @file: the file
 */
void rowfile_free(struct rowfile *file)
{
	tdestroy(file->shared, free);
	file->shared = NULL;
}

/* Another line, likewise, into @row. */
static const char *take_row(struct rowfile *file, char *text, void *row)
{
	char *field[FIELDS_MAX];
	size_t c;

	if (split(text, field) != file->fields)
		return "has not as many fields as the first line";
	for (c = 0; c < file->n; c++) {
		const struct rowfile_column *column = &file->columns[c];
		char *at = (char *)row + column->offset;
		bool there = file->place[c] < file->fields;
		const char *word = there ? field[file->place[c]] : "";
		size_t len = strlen(word);

		if (!column->size) {
			uint64_t value = UINT64_MAX;

			if (there && !number_parse(word, &value))
				return column->wrong;
			memcpy(at, &value, sizeof(value));
		} else if (column->size == ROWFILE_SHARED) {
			const char *kept = rowfile_share(file, word);

			memcpy(at, &kept, sizeof(kept));
		} else if (len < column->size) {
			memcpy(at, word, len + 1);
		} else {
			return column->wrong;
		}
	}
	return NULL;
}

/**
 * rowfile_take() - take in a line
 * @file: with the columns we know
 * @line: the line, which is cut up
 * @row: the struct to fill
 *
 * Return: true if it was filled; not by the first line, nor by one that was
 * left out.
 */
bool rowfile_take(struct rowfile *file, const struct kline *line, void *row)
{
	const char *why = line->bad;

	if (!why)
		why = line->no == 1 ? take_header(file, line->text)
				    : take_row(file, line->text, row);
	if (why)
		badlines_add(&file->bad, line, why);
	return !why && line->no > 1;
}
