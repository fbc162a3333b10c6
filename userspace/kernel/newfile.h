/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_NEWFILE_H
#define REAPERCTL_NEWFILE_H

#include <stddef.h>

int newfile_replace(const char *path, const char *text, size_t len);

#endif
