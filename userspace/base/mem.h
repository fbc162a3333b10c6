/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_MEM_H
#define REAPERCTL_MEM_H

#include <stddef.h>
#include <string.h>

void *mem_or_die(void *p);
void *mem_zalloc(size_t n, size_t size);
void *mem_grow(void *old, size_t used, size_t *cap, size_t size);
char *mem_strdup(const char *text);

/* The next element of a list, a struct with @v, @n and @cap: zeroed; until the
 * next call.
 */
#define mem_add(list) \
	({ \
		__typeof__(list) list_ = (list); \
		list_->v = mem_grow(list_->v, list_->n, &list_->cap, \
				    sizeof(*list_->v)); \
		memset(&list_->v[list_->n], 0, sizeof(*list_->v)); \
		&list_->v[list_->n++]; \
	})

#endif
