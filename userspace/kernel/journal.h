/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_JOURNAL_H
#define REAPERCTL_JOURNAL_H

#include <stddef.h>
#include <stdio.h>

/**
 * struct journal_entry - an entry of the journal that is being made
 * @file: what it is put into
 * @text: the datagram, when that is closed
 * @len: of @text
 */
struct journal_entry {
	FILE *file;
	char *text;
	size_t len;
};

/* Called with each field of an entry, and at its end with NULL. */
typedef void (*journal_fn)(const char *name, const char *value, void *arg);

void journal_begin(struct journal_entry *entry);
void journal_put(struct journal_entry *entry, const char *name,
		 const char *value);
int journal_send(struct journal_entry *entry);
int journal_read(char *const *matches, journal_fn fn, void *arg);

#endif
