// SPDX-License-Identifier: GPL-2.0
/*
 * The tracked sockets of a namespace: a header line that names the columns,
 * then a line each. Columns are found by name, so the module may add some.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "badlines.h"
#include "duration.h"
#include "kfile.h"
#include "mem.h"
#include "output.h"
#include "sockets.h"
#include "words.h"

#define FIELDS_MAX 32

struct column {
	const char *name;
	size_t offset;
	size_t size; /* of a string; 0 for a number */
	const char *missing;
	const char *wrong;
};

#define COLUMN(f, bytes, fault) \
	{ \
		.name = #f, .offset = offsetof(struct sock, f), .size = bytes, \
		.missing = "has no column " #f, .wrong = fault #f \
	}
#define WORD(f) COLUMN(f, sizeof(((struct sock *)0)->f), "has too long a ")
#define NUMBER(f) COLUMN(f, 0, "has no number as ")

static const struct column columns[] = {
	WORD(class), WORD(state),  NUMBER(age_ms), NUMBER(idle_ms),
	WORD(local), WORD(remote), NUMBER(uid),	   NUMBER(inode),
	NUMBER(rxq), NUMBER(txq),  WORD(verdict),
};

#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

struct reading {
	struct sockets *sockets;
	struct badlines bad;
	size_t fields;
	size_t place[COLUMNS]; /* which field each column is */
};

/* Cut @text into @field. Return: how many there are, even past FIELDS_MAX. */
static size_t split(char *text, char *field[FIELDS_MAX])
{
	char *save;
	size_t n = 0;
	char *word;

	for (word = strtok_r(text, " \t", &save); word;
	     word = strtok_r(NULL, " \t", &save)) {
		if (n < FIELDS_MAX)
			field[n] = word;
		n++;
	}
	return n;
}

static const char *header(struct reading *reading, char *text)
{
	char *field[FIELDS_MAX];
	size_t c;

	reading->fields = split(text, field);
	if (reading->fields > FIELDS_MAX)
		return "has too many columns";
	for (c = 0; c < COLUMNS; c++) {
		size_t f = 0;

		while (f < reading->fields && strcmp(field[f], columns[c].name))
			f++;
		if (f == reading->fields)
			return columns[c].missing;
		reading->place[c] = f;
	}
	return NULL;
}

static const char *row(const struct reading *reading, char *text,
		       struct sock *sock)
{
	char *field[FIELDS_MAX];
	size_t c;

	if (split(text, field) != reading->fields)
		return "has not as many fields as the first line";
	for (c = 0; c < COLUMNS; c++) {
		char *at = (char *)sock + columns[c].offset;
		const char *word = field[reading->place[c]];
		size_t len = strlen(word);

		if (!columns[c].size) {
			uint64_t value;

			if (!number_parse(word, &value))
				return columns[c].wrong;
			memcpy(at, &value, sizeof(value));
		} else if (len < columns[c].size) {
			memcpy(at, word, len + 1);
		} else {
			return columns[c].wrong;
		}
	}
	return NULL;
}

static int take(const struct kline *line, void *arg)
{
	struct reading *reading = arg;
	struct sockets *sockets = reading->sockets;
	struct sock *sock;
	const char *why = line->bad;

	if (line->no == 1) {
		if (!why)
			why = header(reading, line->text);
		if (why)
			badlines_add(&reading->bad, line, why);
		/* Without it no other line can be understood. */
		return !!why;
	}
	sockets->v = mem_grow(sockets->v, sockets->n, &sockets->cap,
			      sizeof(*sockets->v));
	sock = &sockets->v[sockets->n];
	if (!why)
		why = row(reading, line->text, sock);
	if (why)
		badlines_add(&reading->bad, line, why);
	else
		sockets->n++;
	return 0;
}

/**
 * sockets_read() - read them all
 * @sockets: zeroed; sockets_free() it in any case
 * @ns: where the caller is, for the message
 *
 * Return: RC_DONE, or RC_FAILED after a line on stderr; what was right is in
 * @sockets nevertheless.
 */
enum rc sockets_read(struct sockets *sockets, const struct netns *ns)
{
	struct reading reading = { .sockets = sockets };
	int err = kfile_lines(PROC_SOCKETS, take, &reading);

	if (!err && !reading.fields) {
		struct kline line = { .no = 1 };

		badlines_add(&reading.bad, &line, "is missing");
	}
	return badlines_report(&reading.bad, PROC_SOCKETS, ns,
			       err < 0 ? err : 0);
}

/* Ages are coarse: keep equal ones in the same order every time. */
static int by_address(const struct sock *x, const struct sock *y)
{
	int order = strcmp(x->local, y->local);

	return order ? order : strcmp(x->remote, y->remote);
}

struct order {
	const struct column *column;
	bool reverse;
};

static int compare(const void *a, const void *b, void *arg)
{
	const struct order *order = arg;
	const char *x = (const char *)a + order->column->offset;
	const char *y = (const char *)b + order->column->offset;
	int sign = order->reverse ? -1 : 1;
	int how;

	if (order->column->size) {
		how = strcmp(x, y);
	} else {
		/* Of numbers the largest first. */
		const uint64_t *m = (const void *)x;
		const uint64_t *n = (const void *)y;

		how = (*m < *n) - (*m > *n);
	}
	return how ? sign * how : by_address(a, b);
}

/* @by may be a column's name without its unit. */
static const struct column *column_named(const char *by)
{
	size_t len = strlen(by);
	size_t c;

	for (c = 0; c < COLUMNS; c++) {
		if (!strncmp(columns[c].name, by, len) &&
		    (!columns[c].name[len] ||
		     !strcmp(columns[c].name + len, "_ms")))
			return &columns[c];
	}
	return NULL;
}

/**
 * sockets_sort() - put them in order: numbers falling, words rising
 * @sockets: the sockets
 * @by: the name of a column: "age"
 * @reverse: the other way round
 *
 * Return: false if there is no such column.
 */
bool sockets_sort(struct sockets *sockets, const char *by, bool reverse)
{
	struct order order = { column_named(by), reverse };

	if (!order.column)
		return false;
	if (sockets->n)
		qsort_r(sockets->v, sockets->n, sizeof(*sockets->v), compare,
			&order);
	return true;
}

/**
 * sockets_sort_words() - what sockets_sort() takes
 */
void sockets_sort_words(void)
{
	size_t c;

	for (c = 0; c < COLUMNS; c++) {
		char name[SOCKET_WORD];
		size_t len = strlen(columns[c].name);

		memcpy(name, columns[c].name, len + 1);
		if (len > 3 && !strcmp(name + len - 3, "_ms"))
			name[len - 3] = '\0';
		words_add(name, "");
	}
}

/**
 * sockets_free() - forget them
 * @sockets: what was read
 */
void sockets_free(struct sockets *sockets)
{
	free(sockets->v);
	memset(sockets, 0, sizeof(*sockets));
}
