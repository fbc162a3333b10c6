// SPDX-License-Identifier: GPL-2.0
/*
 * Tables, as wide as they must be. They may have a hundred thousand rows: the
 * text of all cells is in one piece, and plain text is not looked at twice.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "clean.h"
#include "mem.h"
#include "output.h"

/* A last column narrower than this says nothing any more. */
#define LAST_MIN 12

/* Longer cells take the long way. */
#define SHORT_CELL 256

struct cell {
	size_t at; /* in the text of all */
	size_t len;
	size_t width;
	enum output_style style;
};

static struct {
	const struct output_column *columns;
	size_t ncolumns;
	struct cell *cells; /* row after row */
	size_t ncells;
	size_t cap;
	char *text;
	size_t len;
	size_t text_cap;
} table;

static void put(const char *text, size_t len, size_t width)
{
	table.cells = mem_grow(table.cells, table.ncells, &table.cap,
			       sizeof(*table.cells));
	while (table.len + len > table.text_cap)
		table.text = mem_grow(table.text, table.text_cap,
				      &table.text_cap, 1);
	memcpy(table.text + table.len, text, len);
	table.cells[table.ncells++] =
		(struct cell){ table.len, len, width, output_take_style() };
	table.len += len;
}

/**
 * output_table() - begin a table, for text only
 * @columns: its columns, which stay until output_table_end()
 * @n: how many
 */
void output_table(const struct output_column *columns, size_t n)
{
	size_t i;

	if (output_json())
		return;
	table.columns = columns;
	table.ncolumns = n;
	for (i = 0; i < n; i++) {
		output_style(OUTPUT_STRONG);
		output_word(columns[i].head);
	}
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
	char *p = text + sizeof(text);

	*--p = '\0';
	do {
		*--p = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	output_word(p);
}

/**
 * output_cell() - likewise
 * @format: as printf()
 */
void output_cell(const char *format, ...)
{
	char text[SHORT_CELL];
	va_list args;
	char *longer;
	int len;

	if (output_json())
		return;
	va_start(args, format);
	len = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (len < (int)sizeof(text)) {
		output_word(len < 0 ? "?" : text);
		return;
	}
	longer = mem_zalloc(len + 1, 1);
	va_start(args, format);
	vsnprintf(longer, len + 1, format, args);
	va_end(args);
	output_word(longer);
	free(longer);
}

/* Columns of the terminal that standard output is, 0 if it is none. */
static size_t terminal_width(void)
{
	struct winsize size;

	if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size))
		return 0;
	return size.ws_col;
}

/* Cut a cell to @width characters, the last of them a '~'. */
static void cut(struct cell *cell, size_t width)
{
	char *start = table.text + cell->at;
	char *p = start;
	size_t n;

	if (cell->width <= width)
		return;
	for (n = 0; n < width - 1; n++) {
		p++;
		while (((unsigned char)*p & 0xc0) == 0x80)
			p++;
	}
	*p++ = '~';
	cell->len = p - start;
	cell->width = width;
}

/* Make the table fit the terminal, as far as its last column can give way. */
static void fit(size_t *widths)
{
	size_t last = table.ncolumns - 1;
	size_t room = terminal_width();
	size_t sum = 0;
	size_t i;

	if (!room || table.columns[last].right)
		return;
	for (i = 0; i < last; i++)
		sum += widths[i] + 2;
	if (sum + widths[last] <= room)
		return;
	widths[last] = room > sum + LAST_MIN ? room - sum : LAST_MIN;
	for (i = last; i < table.ncells; i += table.ncolumns)
		cut(&table.cells[i], widths[last]);
}

/* A row is put together first: a call of stdio for each cell costs more. */
struct row {
	char *text;
	size_t len;
	size_t cap;
};

static void append(struct row *row, const char *text, size_t len)
{
	while (row->len + len > row->cap)
		row->text = mem_grow(row->text, row->cap, &row->cap, 1);
	memcpy(row->text + row->len, text, len);
	row->len += len;
}

static void blanks(struct row *row, size_t n)
{
	static const char some[] = "                                ";

	for (; n > sizeof(some) - 1; n -= sizeof(some) - 1)
		append(row, some, sizeof(some) - 1);
	append(row, some, n);
}

static void append_cell(struct row *row, const struct cell *cell, bool right,
			bool last, size_t width)
{
	const char *on = output_style_on(cell->style);
	const char *off = output_style_off(cell->style);

	if (right)
		blanks(row, width - cell->width);
	if (*on)
		append(row, on, strlen(on));
	append(row, table.text + cell->at, cell->len);
	if (*off)
		append(row, off, strlen(off));
	if (last)
		append(row, "\n", 1);
	else
		blanks(row, 2 + (right ? 0 : width - cell->width));
}

/**
 * output_table_end() - print the table, each column as wide as it must be
 */
void output_table_end(void)
{
	struct row row = { 0 };
	size_t *widths;
	size_t c = 0;
	size_t i;

	if (output_json())
		return;
	widths = mem_zalloc(table.ncolumns, sizeof(*widths));
	for (i = 0; i < table.ncells; i++) {
		if (table.cells[i].width > widths[c])
			widths[c] = table.cells[i].width;
		c = c + 1 < table.ncolumns ? c + 1 : 0;
	}
	fit(widths);
	for (i = 0; i < table.ncells; i++) {
		append_cell(&row, &table.cells[i], table.columns[c].right,
			    c == table.ncolumns - 1, widths[c]);
		if (c == table.ncolumns - 1) {
			fwrite(row.text, 1, row.len, stdout);
			row.len = 0;
		}
		c = c + 1 < table.ncolumns ? c + 1 : 0;
	}
	free(row.text);
	free(widths);
	free(table.cells);
	free(table.text);
	memset(&table, 0, sizeof(table));
}
