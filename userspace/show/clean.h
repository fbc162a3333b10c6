/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_CLEAN_H
#define REAPERCTL_CLEAN_H

#include <stdbool.h>
#include <stddef.h>

char *clean_text(const char *raw, size_t *len);
size_t clean_fit(const char *text, size_t columns);
char *clean_name(const char *raw, const char *unfit);
char *clean_json(const char *raw);

#endif
