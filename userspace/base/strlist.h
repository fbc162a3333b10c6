/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_STRLIST_H
#define REAPERCTL_STRLIST_H

#include <stddef.h>

/**
 * struct strlist - some names
 * @v: the names
 * @n: how many
 * @cap: how many there is room for
 */
struct strlist {
	char **v;
	size_t n;
	size_t cap;
};

void strlist_add(struct strlist *list, const char *name);
void strlist_sort(struct strlist *list);
void strlist_free(struct strlist *list);

#endif
