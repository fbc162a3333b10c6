// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tables, as wide as they must be. They may have a million rows, so nothing of
 * them is kept: they come twice, first to be measured, then to be printed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/duration.h"
#include "base/mem.h"
#include "show/clean.h"
#include "show/output.h"

#define COLUMNS_MAX 16

/* A last column narrower than this says nothing any more. */
#define LAST_MIN 12

/* So much of the last column is worth more than the columns that may go. */
#define LAST_WANTED 44

/* The width of a column that is left out; those that are shown have a head. */
#define DROPPED 0

static struct {
	const struct output_column *columns;
	size_t n;
	size_t widths[COLUMNS_MAX];
	size_t column; /* of the next cell */
	bool measures;
	/* The row so far: a call of stdio for each cell costs more. */
	char *text;
	size_t len;
	size_t room;
} table;

static void append(const char *text, size_t len)
{
	if (!len)
		return;
	while (table.len + len > table.room)
		table.text = mem_grow(table.text, table.room, &table.room, 1);
	memcpy(table.text + table.len, text, len);
	table.len += len;
}

static void blanks(size_t n)
{
	static const char some[] = "                                ";

	for (; n > sizeof(some) - 1; n -= sizeof(some) - 1)
		append(some, sizeof(some) - 1);
	append(some, n);
}

/* A text that is too wide is cut, its last character a '~'. */
static void append_cell(const char *text, size_t len, size_t width,
			enum output_style style)
{
	bool right = table.columns[table.column].right;
	size_t room = table.widths[table.column];
	bool cut = width > room;
	size_t rest = cut ? 0 : room - width;
	const char *on = output_style_on(style);
	const char *off = output_style_off(style);

	if (right)
		blanks(rest);
	append(on, strlen(on));
	append(text, cut ? clean_fit(text, room - 1) : len);
	append("~", cut);
	append(off, strlen(off));
	if (table.column + 1 < table.n)
		blanks(2 + (right ? 0 : rest));
}

static void put(const char *text, size_t len, size_t width)
{
	enum output_style style = output_take_style();
	size_t *widest = &table.widths[table.column];

	if (table.measures)
		*widest = width > *widest ? width : *widest;
	else if (*widest != DROPPED)
		append_cell(text, len, width, style);
	if (++table.column < table.n)
		return;
	table.column = 0;
	if (table.measures)
		return;
	append("\n", 1);
	fwrite(table.text, 1, table.len, stdout);
	table.len = 0;
}

static void heads(void)
{
	size_t i;

	for (i = 0; i < table.n; i++) {
		output_style(OUTPUT_STRONG);
		output_word(table.columns[i].head);
	}
}

/**
 * output_table() - begin a table, for text only
 * @columns: its columns, which stay until output_table_again() is false
 * @n: how many
 *
 * After the rows output_table_again() asks for them once more; errors are only
 * said the second time.
 */
void output_table(const struct output_column *columns, size_t n)
{
	if (output_json())
		return;
	if (n > COLUMNS_MAX)
		abort();
	memset(&table, 0, sizeof(table));
	table.columns = columns;
	table.n = n;
	table.measures = true;
	output_hold_errors(true);
	heads();
}

/**
 * output_word() - the next cell of a table, for text only
 * @text: anything
 */
void output_word(const char *text)
{
	size_t width;
	size_t len;
	char *clean;

	if (output_json())
		return;
	for (len = 0; text[len] >= 0x20 && text[len] < 0x7f; len++)
		;
	if (!text[len]) {
		put(text, len, len);
		return;
	}
	clean = clean_text(text, &width);
	put(clean, strlen(clean), width);
	free(clean);
}

/**
 * output_number() - likewise
 * @value: a number
 */
void output_number(uint64_t value)
{
	char text[24];

	*number_put(text, value) = '\0';
	output_word(text);
}

/* Columns of the terminal that standard output is, 0 if it is none. */
static size_t terminal_width(void)
{
	struct winsize size;

	if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size))
		return 0;
	return size.ws_col;
}

/* What the columns before the last take, with the blanks between. */
static size_t before_last(void)
{
	size_t sum = 0;
	size_t i;

	for (i = 0; i < table.n - 1; i++)
		sum += table.widths[i] == DROPPED ? 0 : table.widths[i] + 2;
	return sum;
}

/* Leave columns out until the last one has room, as far as any may go. */
static void drop_columns(size_t room, size_t wanted)
{
	unsigned char rank;
	size_t i;

	for (rank = 1; rank <= table.n; rank++) {
		for (i = 0; i < table.n; i++) {
			if (table.columns[i].drop != rank)
				continue;
			if (before_last() + wanted <= room)
				return;
			table.widths[i] = DROPPED;
		}
	}
}

/* Make the table fit the terminal: leave out what says least, cut the last. */
static void fit(void)
{
	size_t last = table.n - 1;
	size_t room = terminal_width();
	size_t wanted = table.widths[last];
	size_t sum;

	if (!room)
		return;
	drop_columns(room, wanted < LAST_WANTED ? wanted : LAST_WANTED);
	sum = before_last();
	if (table.columns[last].right || sum + table.widths[last] <= room)
		return;
	table.widths[last] = room > sum + LAST_MIN ? room - sum : LAST_MIN;
}

/**
 * output_table_again() - the rows have come: once more?
 *
 * Return: true once, when they were measured and are to be printed.
 */
bool output_table_again(void)
{
	if (output_json())
		return false;
	if (!table.measures) {
		free(table.text);
		return false;
	}
	output_hold_errors(false);
	table.measures = false;
	fit();
	heads();
	return true;
}
