/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_TEXTFILE_H
#define REAPERCTL_TEXTFILE_H

#include <stddef.h>

char *textfile_read(const char *path, const char *shown, size_t *len);

#endif
