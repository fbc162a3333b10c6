/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_DURATION_H
#define REAPERCTL_DURATION_H

#include <stdbool.h>
#include <stdint.h>

#define DURATION_TEXT 48

char *number_put(char *p, uint64_t value);
bool number_parse(const char *text, uint64_t *value);
bool duration_parse(const char *text, uint64_t *ms);
bool duration_parse_s(const char *text, uint64_t *ms);
const char *duration_age(char text[DURATION_TEXT], uint64_t ms);
const char *duration_exact(char text[DURATION_TEXT], uint64_t ms);

#endif
