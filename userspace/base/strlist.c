// SPDX-License-Identifier: GPL-2.0-only
/*
 * A list of names, as those in a directory.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/strlist.h"

/**
 * strlist_add() - one more
 * @list: zeroed at first; strlist_free() it
 * @name: copied
 */
void strlist_add(struct strlist *list, const char *name)
{
	*mem_add(list) = mem_strdup(name);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/**
 * strlist_sort() - put them in order
 * @list: the names
 */
void strlist_sort(struct strlist *list)
{
	if (list->n)
		qsort(list->v, list->n, sizeof(*list->v), by_name);
}

/**
 * strlist_free() - forget them
 * @list: the names
 */
void strlist_free(struct strlist *list)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		free(list->v[i]);
	free(list->v);
}
