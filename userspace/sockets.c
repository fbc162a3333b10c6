// SPDX-License-Identifier: GPL-2.0
/*
 * The tracked sockets of a namespace: a header line that names the columns,
 * then a line each.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "badlines.h"
#include "kfile.h"
#include "mem.h"
#include "rowfile.h"
#include "sockets.h"
#include "words.h"

static const struct rowfile_column columns[] = {
	ROWFILE_WORD(sock, class),    ROWFILE_WORD(sock, state),
	ROWFILE_NUMBER(sock, age_ms), ROWFILE_NUMBER(sock, idle_ms),
	ROWFILE_WORD(sock, local),    ROWFILE_WORD(sock, remote),
	ROWFILE_NUMBER(sock, uid),    ROWFILE_NUMBER(sock, inode),
	ROWFILE_NUMBER(sock, rxq),    ROWFILE_NUMBER(sock, txq),
	ROWFILE_WORD(sock, verdict),
};

#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

struct reading {
	struct sockets *sockets;
	struct badlines bad;
	struct rowfile file;
};

static int take(const struct kline *line, void *arg)
{
	struct reading *reading = arg;
	struct sockets *sockets = reading->sockets;
	struct sock *sock;
	const char *why = line->bad;

	if (line->no == 1) {
		if (!why)
			why = rowfile_header(&reading->file, line->text);
		if (why)
			badlines_add(&reading->bad, line, why);
		/* Without it no other line can be understood. */
		return !!why;
	}
	sockets->v = mem_grow(sockets->v, sockets->n, &sockets->cap,
			      sizeof(*sockets->v));
	sock = &sockets->v[sockets->n];
	if (!why)
		why = rowfile_row(&reading->file, line->text, sock);
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
	struct reading reading = {
		.sockets = sockets,
		.file = { .columns = columns, .n = COLUMNS },
	};
	int err = kfile_lines(PROC_SOCKETS, take, &reading);

	if (!err && !reading.file.fields) {
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
	const struct rowfile_column *column;
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
static const struct rowfile_column *column_named(const char *by)
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
