// SPDX-License-Identifier: GPL-2.0
/*
 * Files whose first line names the columns. They are found by name, so that
 * the module may add some.
 */
#include <stdint.h>
#include <string.h>

#include "duration.h"
#include "rowfile.h"

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

/**
 * rowfile_header() - take in the first line
 * @file: with the columns we know
 * @text: the line, which is cut up
 *
 * Return: NULL, or what is wrong, to go after "line 1".
 */
const char *rowfile_header(struct rowfile *file, char *text)
{
	char *field[FIELDS_MAX];
	size_t c;

	file->fields = split(text, field);
	if (file->fields > FIELDS_MAX)
		return "has too many columns";
	for (c = 0; c < file->n; c++) {
		size_t f = 0;

		while (f < file->fields &&
		       strcmp(field[f], file->columns[c].name))
			f++;
		if (f == file->fields)
			return file->columns[c].missing;
		file->place[c] = f;
	}
	return NULL;
}

/**
 * rowfile_row() - take in another line
 * @file: with its first line
 * @text: the line, which is cut up
 * @row: the struct to fill
 *
 * Return: NULL, or what is wrong, to go after "line N".
 */
const char *rowfile_row(const struct rowfile *file, char *text, void *row)
{
	char *field[FIELDS_MAX];
	size_t c;

	if (split(text, field) != file->fields)
		return "has not as many fields as the first line";
	for (c = 0; c < file->n; c++) {
		const struct rowfile_column *column = &file->columns[c];
		char *at = (char *)row + column->offset;
		const char *word = field[file->place[c]];
		size_t len = strlen(word);

		if (!column->size) {
			uint64_t value;

			if (!number_parse(word, &value))
				return column->wrong;
			memcpy(at, &value, sizeof(value));
		} else if (len < column->size) {
			memcpy(at, word, len + 1);
		} else {
			return column->wrong;
		}
	}
	return NULL;
}
