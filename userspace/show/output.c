// SPDX-License-Identifier: GPL-2.0-only
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
#include <unistd.h>

#include "base/duration.h"
#include "base/mem.h"
#include "show/clean.h"
#include "show/output.h"

#define DEPTH_MAX 8

static struct {
	bool json;
	/* Text: of the next line or cell; whether styles are shown at all. */
	enum output_style style;
	bool colour;
	/* Errors are kept: the first, instead of all being printed. */
	bool hold;
	char *held;
	/* JSON: what closes the open objects and arrays, the outermost first.
	 */
	char close[DEPTH_MAX];
	bool filled[DEPTH_MAX]; /* something is in it */
	size_t depth;
	bool around; /* an array comes around all, once there is something */
	bool written; /* of this document */
	int err; /* why standard output took no more */
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
	out.around = json && many;
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
	out.around = false;
}

static void put_char(char c)
{
	putc_unlocked(c, stdout);
}

/* Nearly all strings are as they are to be. */
static void put_string(const char *text)
{
	char *clean = NULL;
	size_t len;

	for (len = 0; text[len] >= 0x20 && text[len] < 0x7f; len++)
		;
	if (text[len])
		text = clean = clean_json(text);
	put_char('"');
	while (*text) {
		len = strcspn(text, "\"\\");
		fwrite(text, 1, len, stdout);
		text += len;
		if (*text) {
			put_char('\\');
			put_char(*text++);
		}
	}
	put_char('"');
	free(clean);
}

static void push(char open, char close)
{
	if (out.depth == DEPTH_MAX)
		abort();
	put_char(open);
	out.filled[out.depth] = false;
	out.close[out.depth++] = close;
	out.written = true;
}

/* All goes out as it comes: there may be a million sockets. */
static void begin_value(const char *key)
{
	size_t top;

	if (out.around) {
		out.around = false;
		push('[', ']');
	}
	out.written = true;
	if (!out.depth)
		return;
	top = out.depth - 1;
	if (out.filled[top])
		put_char(',');
	out.filled[top] = true;
	if (out.close[top] == '}') {
		put_string(key);
		put_char(':');
	}
}

/**
 * output_record_end() - for what comes bit by bit: this document is whole
 *
 * In JSON each record is a document on a line of its own. What follows begins
 * another one.
 */
void output_record_end(void)
{
	while (out.depth)
		output_close();
	if (out.written)
		put_char('\n');
	out.written = false;
}

/**
 * output_flush() - for what comes bit by bit: let it out
 *
 * Return: false if standard output takes no more; output_end() says why.
 */
bool output_flush(void)
{
	if (fflush(stdout))
		out.err = errno;
	return !out.err;
}

/**
 * output_end() - write out what is left
 *
 * Return: 0, or a negative errno if standard output did not take all.
 */
int output_end(void)
{
	if (out.around)
		push('[', ']');
	output_record_end();
	errno = 0;
	if (output_flush() && ferror(stdout))
		out.err = errno ? errno : EIO;
	return -out.err;
}

/**
 * output_open() - open an object; until output_close() what follows is in it
 * @key: its name, or NULL as an element of an array or as the document
 */
void output_open(const char *key)
{
	if (!out.json)
		return;
	begin_value(key);
	push('{', '}');
}

/**
 * output_open_array() - open an array, likewise
 * @key: its name, or NULL
 */
void output_open_array(const char *key)
{
	if (!out.json)
		return;
	begin_value(key);
	push('[', ']');
}

/**
 * output_close() - close the innermost object or array
 */
void output_close(void)
{
	if (out.json && out.depth)
		put_char(out.close[--out.depth]);
}

/**
 * output_string() - a string, for JSON only
 * @key: its name, or NULL in an array
 * @value: anything
 */
void output_string(const char *key, const char *value)
{
	if (!out.json)
		return;
	begin_value(key);
	put_string(value);
}

/**
 * output_u64() - a number, for JSON only
 * @key: its name, or NULL in an array
 * @value: the number
 */
void output_u64(const char *key, uint64_t value)
{
	char text[24];

	if (!out.json)
		return;
	begin_value(key);
	fwrite(text, 1, number_put(text, value) - text, stdout);
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
	if (!out.json)
		return;
	begin_value(key);
	fputs("null", stdout);
}

static char *format_clean(const char *format, va_list args, size_t *width)
{
	char *clean;
	char *raw;

	if (vasprintf(&raw, format, args) < 0)
		mem_or_die(NULL);
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

/**
 * output_take_style() - for output_table.c: the style of what comes now
 *
 * Return: the style; what comes after it is plain again.
 */
enum output_style output_take_style(void)
{
	enum output_style style = out.style;

	out.style = OUTPUT_PLAIN;
	return style;
}

/**
 * output_style_on() - for output_table.c: what switches a style on
 * @style: the style
 *
 * Return: what to print before the text.
 */
const char *output_style_on(enum output_style style)
{
	static const char *const codes[] = {
		[OUTPUT_PLAIN] = "",	    [OUTPUT_STRONG] = "\033[1m",
		[OUTPUT_GOOD] = "\033[32m", [OUTPUT_WARN] = "\033[33m",
		[OUTPUT_BAD] = "\033[31m",
	};

	return out.colour ? codes[style] : "";
}

/**
 * output_style_off() - for output_table.c: what switches it off again
 * @style: the style
 *
 * Return: what to print after the text.
 */
const char *output_style_off(enum output_style style)
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
	enum output_style style = output_take_style();
	char *text;

	if (out.json)
		return;
	va_start(args, format);
	text = format_clean(format, args, &width);
	va_end(args);
	printf("%s%s%s\n", output_style_on(style), text,
	       output_style_off(style));
	free(text);
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

/* @raw is freed; NULL: there was no memory for it. */
static void say(char *raw)
{
	size_t width;
	char *clean = raw ? clean_text(raw, &width) : NULL;

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

/**
 * output_error() - one line on stderr
 * @format: as printf(), without the newline: what, where, what to do
 */
void output_error(const char *format, ...)
{
	va_list args;
	char *raw;

	va_start(args, format);
	if (vasprintf(&raw, format, args) < 0)
		raw = NULL;
	va_end(args);
	say(raw);
}

/**
 * output_usage() - likewise, about the command line, and which help shows how
 * @verb: the verb's name; NULL: none
 * @format: what is wrong
 *
 * Return: RC_USAGE.
 */
enum rc output_usage(const char *verb, const char *format, ...)
{
	va_list args;
	char *what;
	char *raw;

	va_start(args, format);
	if (vasprintf(&what, format, args) < 0)
		what = NULL;
	va_end(args);
	if (!what || asprintf(&raw, "%s; see reaperctl %s%s--help", what,
			      verb ? verb : "", verb ? " " : "") < 0)
		raw = NULL;
	free(what);
	say(raw);
	return RC_USAGE;
}
