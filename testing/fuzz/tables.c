// SPDX-License-Identifier: GPL-2.0-only
/*
 * What reaperctl reads, on any bytes: a table whose first line names the
 * columns, and in each field a number or a span of time. Beyond what the
 * sanitizers see: a word fits where it is put; a number, or a span, that was
 * taken prints to text that is taken for the same.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../userspace/base/duration.h"
#include "../../userspace/kernel/rowfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct row {
	char class[12];
	uint64_t age_ms;
	char local[16];
	uint64_t inode;
};

static const struct rowfile_column columns[] = {
	ROWFILE_WORD(row, class),
	ROWFILE_NUMBER(row, age_ms),
	ROWFILE_WORD(row, local),
	ROWFILE_NUMBER(row, inode),
};

static void must(bool so, const char *what)
{
	if (so)
		return;
	fprintf(stderr, "broken: %s\n", what);
	abort();
}

static void test_time(const char *text)
{
	char said[DURATION_TEXT];
	uint64_t ms, again;

	/* 0 is never, in words. */
	if (!duration_parse(text, &ms) || !ms)
		return;
	must(duration_parse(duration_exact(said, ms), &again) && again == ms,
	     "an exact span of time is taken for the same");
	must(strlen(duration_age(said, ms)) < DURATION_TEXT, "an age has room");
}

static void test_number(const char *text)
{
	char said[24];
	uint64_t value, again;

	if (!number_parse(text, &value))
		return;
	*number_put(said, value) = '\0';
	must(number_parse(said, &again) && again == value,
	     "a number is taken for the same");
}

static void test_words(const char *line)
{
	char *copy = strdup(line), *save, *word;

	must(copy, "memory");
	for (word = strtok_r(copy, " \t", &save); word;
	     word = strtok_r(NULL, " \t", &save)) {
		test_time(word);
		test_number(word);
	}
	free(copy);
}

/* Lines that were left out, which the tool counts. */
void badlines_add(struct badlines *bad, const struct kline *line,
		  const char *why)
{
	must(*why && line->no, "what is wrong, and where");
	bad->n++;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rowfile file = { .columns = columns,
				.n = sizeof(columns) / sizeof(columns[0]) };
	char *text = malloc(size + 1), *at, *next;
	struct kline line = { .no = 0 };

	must(text, "memory");
	memcpy(text, data, size);
	text[size] = '\0';
	for (at = text; at && (!line.no || file.fields); at = next) {
		struct row row;

		next = strchr(at, '\n');
		if (next)
			*next++ = '\0';
		test_words(at);
		line.text = at;
		line.no++;
		if (rowfile_take(&file, &line, &row))
			must(memchr(row.class, 0, sizeof(row.class)) &&
				     memchr(row.local, 0, sizeof(row.local)),
			     "a word has its end");
	}
	free(text);
	return 0;
}
