// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tracked sockets of a namespace: a header line that names the columns,
 * then a line each.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "kernel/kfile.h"
#include "kernel/packed.h"
#include "kernel/paths.h"
#include "kernel/rowfile.h"
#include "kernel/sockets.h"
#include "show/words.h"

static const struct rowfile_column columns[] = {
	ROWFILE_WORD(sock, class),	ROWFILE_WORD(sock, state),
	ROWFILE_NUMBER(sock, age_ms),	ROWFILE_NUMBER(sock, idle_ms),
	ROWFILE_WORD(sock, local),	ROWFILE_WORD(sock, remote),
	ROWFILE_NUMBER(sock, uid),	ROWFILE_NUMBER(sock, inode),
	ROWFILE_NUMBER(sock, rxq),	ROWFILE_NUMBER(sock, txq),
	ROWFILE_WORD(sock, verdict),	ROWFILE_NEW_NUMBER(sock, timeout_ms),
	ROWFILE_NEW_WORD(sock, action),
};

#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

struct reading {
	struct sockets *sockets;
	sockets_keep_fn keep;
	const void *arg;
	struct rowfile file;
};

/**
 * sockets_add() - one more
 * @sockets: sockets_free() it
 * @sock: copied
 */
void sockets_add(struct sockets *sockets, const struct sock *sock)
{
	if (sockets->len > UINT32_MAX)
		mem_or_die(NULL);
	while (sockets->room - sockets->len < PACKED_MAX)
		sockets->bytes = mem_grow(sockets->bytes, sockets->room,
					  &sockets->room, 1);
	sockets->at = mem_grow(sockets->at, sockets->n, &sockets->cap,
			       sizeof(*sockets->at));
	sockets->at[sockets->n++] = (uint32_t)sockets->len;
	sockets->len += packed_put(sockets->bytes + sockets->len, sock,
				   &sockets->words);
}

static int take(const struct kline *line, void *arg)
{
	struct reading *reading = arg;
	struct sock sock;

	if (rowfile_take(&reading->file, line, &sock) &&
	    (!reading->keep || reading->keep(&sock, reading->arg)))
		sockets_add(reading->sockets, &sock);
	return !reading->file.fields;
}

/**
 * sockets_read() - read them all
 * @sockets: zeroed; sockets_free() it in any case
 * @ns: where the caller is, for the message
 * @keep: which are of interest; NULL: all
 * @arg: handed on to @keep
 *
 * Return: RC_DONE, or RC_FAILED after a line on stderr; what was right is in
 * @sockets nevertheless.
 */
enum rc sockets_read(struct sockets *sockets, const struct netns *ns,
		     sockets_keep_fn keep, const void *arg)
{
	struct reading reading = {
		.sockets = sockets,
		.keep = keep,
		.arg = arg,
		.file = { .columns = columns, .n = COLUMNS },
	};
	int err = kfile_lines(PROC_SOCKETS, take, &reading);

	if (!err && !reading.file.fields) {
		struct kline line = { .no = 1 };

		badlines_add(&reading.file.bad, &line, "is missing");
	}
	return badlines_report(&reading.file.bad, PROC_SOCKETS, ns,
			       err < 0 ? err : 0);
}

/**
 * sockets_get() - one of them, but for its ends, which take the longest
 * @sockets: what was read
 * @i: its number
 * @sock: the result
 */
void sockets_get(const struct sockets *sockets, size_t i, struct sock *sock)
{
	packed_get(sock, sockets->bytes + sockets->at[i], &sockets->words);
}

/**
 * sockets_get_all() - one of them
 * @sockets: what was read
 * @i: its number
 * @sock: the result
 */
void sockets_get_all(const struct sockets *sockets, size_t i, struct sock *sock)
{
	packed_get_all(sock, sockets->bytes + sockets->at[i], &sockets->words);
}

struct due {
	struct rowfile file;
	uint64_t n;
	uint64_t probed;
};

static int count_due(const struct kline *line, void *arg)
{
	struct due *due = arg;
	struct sock sock;

	if (rowfile_take(&due->file, line, &sock) &&
	    !strcmp(sock.verdict, "due")) {
		due->n++;
		due->probed += !strncmp(sock.action, "prob", 4);
	}
	return !due->file.fields;
}

/**
 * sockets_due() - how many are due where the caller is?
 * @probed: how many of them have their peer asked, which ends none that is well
 *
 * Return: the number; what cannot be read is not due.
 */
uint64_t sockets_due(uint64_t *probed)
{
	static const struct rowfile_column words[] = {
		ROWFILE_WORD(sock, verdict),
		ROWFILE_NEW_WORD(sock, action),
	};
	struct due due = { .file = { .columns = words, .n = 2 } };

	kfile_lines(PROC_SOCKETS, count_due, &due);
	*probed = due.probed;
	return due.n;
}

/* What the rows are sorted by; the smallest first. */
struct key {
	uint64_t number;
	uint32_t at;
} __attribute__((packed));

struct order {
	const unsigned char *bytes;
	int (*end)(const unsigned char *a, const unsigned char *b);
	int sign;
};

static int compare(const void *a, const void *b, void *arg)
{
	const struct order *order = arg;
	const struct key *x = a;
	const struct key *y = b;
	const unsigned char *m = order->bytes + x->at;
	const unsigned char *n = order->bytes + y->at;
	int how;

	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	/* Ages are coarse: keep equal ones in the same order every time. */
	how = order->sign * order->end(m, n);
	if (!how)
		how = packed_by_local(m, n);
	return how ? how : packed_by_remote(m, n);
}

/* The place of @word in the alphabet of @words. */
static uint64_t rank(const struct strlist *words, const char *word)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < words->n; i++)
		n += strcmp(words->v[i], word) < 0;
	return n;
}

static uint64_t number_of(const struct sockets *sockets, size_t i,
			  const struct rowfile_column *column)
{
	struct sock sock;
	const char *at = (const char *)&sock + column->offset;
	uint64_t number;

	sockets_get(sockets, i, &sock);
	if (column->size)
		return rank(&sockets->words, at);
	/* Of numbers the largest first. */
	memcpy(&number, at, sizeof(number));
	return ~number;
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
	const struct rowfile_column *column = column_named(by);
	struct order order = { sockets->bytes, packed_by_local, 1 };
	struct key *keys;
	bool end;
	size_t i;

	if (!column || !sockets->n)
		return column;
	end = column->size == SOCKET_ADDRESS;
	if (end && reverse)
		order.sign = -1;
	if (column->offset == offsetof(struct sock, remote))
		order.end = packed_by_remote;
	keys = mem_zalloc(sockets->n, sizeof(*keys));
	for (i = 0; i < sockets->n; i++) {
		uint64_t number = end ? 0 : number_of(sockets, i, column);

		keys[i].number = reverse ? ~number : number;
		keys[i].at = sockets->at[i];
	}
	qsort_r(keys, sockets->n, sizeof(*keys), compare, &order);
	for (i = 0; i < sockets->n; i++)
		sockets->at[i] = keys[i].at;
	free(keys);
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
	free(sockets->at);
	free(sockets->bytes);
	strlist_free(&sockets->words);
	memset(sockets, 0, sizeof(*sockets));
}
