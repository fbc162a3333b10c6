/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_MEM_H
#define REAPERCTL_MEM_H

#include <stddef.h>

void *mem_or_die(void *p);
void *mem_zalloc(size_t n, size_t size);
void *mem_grow(void *old, size_t used, size_t *cap, size_t size);
char *mem_strdup(const char *text);

#endif
