/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_NAME_H
#define REAPERCTL_NAME_H

#include <limits.h>
#include <stdbool.h>

/* Room for a name in quotes, each byte of it escaped. */
#define NAME_QUOTED (2 * NAME_MAX + 3)

bool name_good(const char *name);
const char *name_quote_always(char quoted[NAME_QUOTED], const char *name);
const char *name_quote(char quoted[NAME_QUOTED], const char *name);
bool name_unquote(char name[NAME_MAX + 1], const char *quoted);

#endif
