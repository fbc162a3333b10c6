/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_SELFTESTS_HAMMER_H
#define TCP_REAPER_SELFTESTS_HAMMER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room for a list of rules, and for one that is too long. */
#define HAMMER_TEXT (2 * 1024 * 1024)

/**
 * struct hammer_file - a file that can be written
 * @name: its path
 * @words: what it takes, NULL at the end; NULL if it takes a number
 * @max: the largest number
 * @rules: it takes a list of rules
 * @trial: what it takes goes back by itself
 */
struct hammer_file {
	const char *name;
	const char *const *words;
	unsigned long max;
	bool rules;
	bool trial;
};

/**
 * struct hammer_text - what is written
 * @len: bytes of it
 * @buf: may hold NULs
 */
struct hammer_text {
	size_t len;
	char buf[HAMMER_TEXT];
};

void hammer_seed(uint64_t seed);
void hammer_find_files(void);
const struct hammer_file *hammer_any_file(void);
void hammer_valid(const struct hammer_file *file, struct hammer_text *text);
void hammer_any(const struct hammer_file *file, struct hammer_text *text);
bool hammer_is_value(const struct hammer_file *file, const char *text);

#endif
