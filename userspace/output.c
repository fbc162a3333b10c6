// SPDX-License-Identifier: GPL-2.0
/*
 * The only way out, for text and for JSON. A verb says everything twice, once
 * with a key and once for people; what the user did not ask for is dropped
 * here, so that no verb has two branches.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <json-c/json.h>

#include "clean.h"
#include "duration.h"
#include "mem.h"
#include "output.h"
#include "reaperctl.h"

#define DEPTH_MAX 8

/* A last column narrower than this says nothing any more. */
#define LAST_MIN 12

struct cell {
	char *text;
	size_t width;
	enum output_style style;
};

static struct {
	bool json;
	/* Text: of the next line or cell; whether styles are shown at all. */
	enum output_style style;
	bool colour;
	/* Errors are kept: the first, instead of all being printed. */
	bool hold;
	char *held;
	/* JSON: the open objects and arrays, the outermost first. */
	struct json_object *stack[DEPTH_MAX];
	size_t depth;
	/* Text: the cells of the open table, row after row. */
	const struct output_column *columns;
	size_t ncolumns;
	struct cell *cells;
	size_t ncells;
	size_t cap;
} out;

/**
 * output_begin() - start the output of a verb
 * @json: JSON instead of text
 * @many: the document is an array, its elements opened with a NULL key
 */
void output_begin(bool json, bool many)
{
	const char *no = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	out.json = json;
	out.colour = isatty(STDOUT_FILENO) && !(no && *no) && term &&
		     strcmp(term, "dumb");
	if (json && many)
		output_open_array(NULL);
}

/**
 * output_json() - what was asked for?
 *
 * Return: true for JSON; only needed where building the text costs much.
 */
bool output_json(void)
{
	return out.json;
}

/**
 * output_stream() - the output has no end: no array around the documents
 */
void output_stream(void)
{
	if (out.stack[0])
		json_object_put(out.stack[0]);
	out.stack[0] = NULL;
	out.depth = 0;
}

/**
 * output_record_end() - for what comes bit by bit: this document is whole
 *
 * In JSON each record is a document on a line of its own. What follows begins
 * another one.
 */
void output_record_end(void)
{
	if (out.json && out.stack[0]) {
		puts(json_object_to_json_string_ext(out.stack[0],
						    JSON_C_TO_STRING_PLAIN |
							    JSON_C_TO_STRING_NOSLASHESCAPE));
		json_object_put(out.stack[0]);
		out.stack[0] = NULL;
		out.depth = 0;
	}
}

/**
 * output_end() - write out what is left
 *
 * Return: 0, or a negative errno if standard output did not take all.
 */
int output_end(void)
{
	int err = 0;

	output_record_end();
	errno = 0;
	if (fflush(stdout) || ferror(stdout))
		err = errno ? -errno : -EIO;
	return err;
}

/* NULL for memory only: json-c has no other reason. */
static struct json_object *made(struct json_object *object)
{
	if (!object) {
		output_error("out of memory; free some and try again");
		exit(RC_FAILED);
	}
	return object;
}

static void add(const char *key, struct json_object *value)
{
	struct json_object *top = out.depth ? out.stack[out.depth - 1] : NULL;
	int err = 0;

	if (!top)
		out.stack[0] = value;
	else if (json_object_is_type(top, json_type_array))
		err = json_object_array_add(top, value);
	else
		err = json_object_object_add(top, key, value);
	if (err)
		made(NULL);
}

static void push(const char *key, struct json_object *value)
{
	if (out.depth == DEPTH_MAX)
		abort();
	add(key, made(value));
	out.stack[out.depth++] = value;
}

/**
 * output_open() - open an object; until output_close() what follows is in it
 * @key: its name, or NULL as an element of an array or as the document
 */
void output_open(const char *key)
{
	if (out.json)
		push(key, json_object_new_object());
}

/**
 * output_open_array() - open an array, likewise
 * @key: its name, or NULL
 */
void output_open_array(const char *key)
{
	if (out.json)
		push(key, json_object_new_array());
}

/**
 * output_close() - close the innermost object or array
 */
void output_close(void)
{
	if (out.json && out.depth)
		out.depth--;
}

/**
 * output_string() - a string, for JSON only
 * @key: its name, or NULL in an array
 * @value: anything
 */
void output_string(const char *key, const char *value)
{
	char *text;

	if (!out.json)
		return;
	text = clean_json(value);
	add(key, made(json_object_new_string(text)));
	free(text);
}

/**
 * output_u64() - a number, for JSON only
 * @key: its name, or NULL in an array
 * @value: the number
 */
void output_u64(const char *key, uint64_t value)
{
	if (out.json)
		add(key, made(json_object_new_uint64(value)));
}

/**
 * output_auto() - a number if it is one, else a string, for JSON only
 * @key: its name, or NULL in an array
 * @value: the value of a file of the kernel
 */
void output_auto(const char *key, const char *value)
{
	uint64_t number;

	if (number_parse(value, &number))
		output_u64(key, number);
	else
		output_string(key, value);
}

/**
 * output_null() - what is not known, for JSON only
 * @key: its name, or NULL in an array
 */
void output_null(const char *key)
{
	if (out.json)
		add(key, NULL);
}

static char *format_clean(const char *format, va_list args, size_t *width)
{
	char *clean;
	char *raw;

	if (vasprintf(&raw, format, args) < 0)
		made(NULL);
	clean = clean_text(raw, width);
	free(raw);
	return clean;
}

/**
 * output_style() - how the next line or cell is to look
 * @style: shown on a terminal only, and not if NO_COLOR is set
 */
void output_style(enum output_style style)
{
	out.style = style;
}

static const char *style_on(enum output_style style)
{
	static const char *const codes[] = {
		[OUTPUT_PLAIN] = "",	    [OUTPUT_STRONG] = "\033[1m",
		[OUTPUT_GOOD] = "\033[32m", [OUTPUT_WARN] = "\033[33m",
		[OUTPUT_BAD] = "\033[31m",
	};

	return out.colour ? codes[style] : "";
}

static const char *style_off(enum output_style style)
{
	return out.colour && style != OUTPUT_PLAIN ? "\033[0m" : "";
}

/**
 * output_line() - a line, for text only
 * @format: as printf(), without the newline
 */
void output_line(const char *format, ...)
{
	size_t width;
	va_list args;
	char *text;

	if (out.json)
		return;
	va_start(args, format);
	text = format_clean(format, args, &width);
	va_end(args);
	printf("%s%s%s\n", style_on(out.style), text, style_off(out.style));
	out.style = OUTPUT_PLAIN;
	free(text);
}

static void put_cell(char *text, size_t width)
{
	out.cells =
		mem_grow(out.cells, out.ncells, &out.cap, sizeof(*out.cells));
	out.cells[out.ncells++] = (struct cell){ text, width, out.style };
	out.style = OUTPUT_PLAIN;
}

/**
 * output_table() - begin a table, for text only
 * @columns: its columns, which stay until output_table_end()
 * @n: how many
 */
void output_table(const struct output_column *columns, size_t n)
{
	size_t i;

	if (out.json)
		return;
	out.columns = columns;
	out.ncolumns = n;
	for (i = 0; i < n; i++) {
		out.style = OUTPUT_STRONG;
		put_cell(mem_strdup(columns[i].head), strlen(columns[i].head));
	}
}

/**
 * output_cell() - the next cell of a table, for text only
 * @format: as printf()
 */
void output_cell(const char *format, ...)
{
	size_t width;
	va_list args;
	char *text;

	if (out.json)
		return;
	va_start(args, format);
	text = format_clean(format, args, &width);
	va_end(args);
	put_cell(text, width);
}

/* Columns of the terminal that standard output is, 0 if it is none. */
static size_t terminal_width(void)
{
	struct winsize size;

	if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size))
		return 0;
	return size.ws_col;
}

/* Cut text to @width characters, the last of them a '~'. */
static void cut(struct cell *cell, size_t width)
{
	char *p = cell->text;
	size_t n;

	if (cell->width <= width)
		return;
	for (n = 0; n < width - 1; n++) {
		p++;
		while (((unsigned char)*p & 0xc0) == 0x80)
			p++;
	}
	strcpy(p, "~");
	cell->width = width;
}

/* Make the table fit the terminal, as far as its last column can give way. */
static void fit(size_t *widths)
{
	size_t last = out.ncolumns - 1;
	size_t room = terminal_width();
	size_t sum = 0;
	size_t i;

	if (!room || out.columns[last].right)
		return;
	for (i = 0; i < last; i++)
		sum += widths[i] + 2;
	if (sum + widths[last] <= room)
		return;
	widths[last] = room > sum + LAST_MIN ? room - sum : LAST_MIN;
	for (i = last; i < out.ncells; i += out.ncolumns)
		cut(&out.cells[i], widths[last]);
}

static void print_cell(const struct cell *cell, bool right, bool last,
		       size_t width)
{
	int fill = (int)(width - cell->width);

	if (right)
		printf("%*s", fill, "");
	fputs(style_on(cell->style), stdout);
	fputs(cell->text, stdout);
	fputs(style_off(cell->style), stdout);
	if (!right && !last)
		printf("%*s", fill, "");
	fputs(last ? "\n" : "  ", stdout);
}

/**
 * output_table_end() - print the table, each column as wide as it must be
 */
void output_table_end(void)
{
	size_t *widths;
	size_t i;

	if (out.json)
		return;
	widths = mem_zalloc(out.ncolumns, sizeof(*widths));
	for (i = 0; i < out.ncells; i++) {
		size_t *width = &widths[i % out.ncolumns];

		if (out.cells[i].width > *width)
			*width = out.cells[i].width;
	}
	fit(widths);
	for (i = 0; i < out.ncells; i++) {
		size_t c = i % out.ncolumns;

		print_cell(&out.cells[i], out.columns[c].right,
			   c == out.ncolumns - 1, widths[c]);
		free(out.cells[i].text);
	}
	free(widths);
	free(out.cells);
	out.cells = NULL;
	out.ncells = 0;
	out.cap = 0;
}

/**
 * output_raw() - text in a form that is neither text nor JSON of ours
 * @text: goes out as it is
 */
void output_raw(const char *text)
{
	fputs(text, stdout);
}

/**
 * output_help() - help asked for, on stdout whatever the form
 * @format: as printf(), lines ended
 */
void output_help(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
}

/**
 * output_hold_errors() - keep them for output_held_error() instead
 * @hold: false: print them again
 */
void output_hold_errors(bool hold)
{
	out.hold = hold;
	free(out.held);
	out.held = NULL;
}

/**
 * output_held_error() - the first error since output_hold_errors()
 *
 * Return: the line, or NULL.
 */
const char *output_held_error(void)
{
	return out.held;
}

/**
 * output_error() - one line on stderr
 * @format: as printf(), without the newline: what, where, what to do
 */
void output_error(const char *format, ...)
{
	va_list args;
	size_t width;
	char *clean;
	char *raw;

	va_start(args, format);
	if (vasprintf(&raw, format, args) < 0)
		raw = NULL;
	va_end(args);
	clean = raw ? clean_text(raw, &width) : NULL;
	free(raw);
	if (out.hold) {
		if (out.held)
			free(clean);
		else
			out.held = clean;
		return;
	}
	fprintf(stderr, "reaperctl: %s\n", clean ? clean : "out of memory");
	free(clean);
}
