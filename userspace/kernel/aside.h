/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_ASIDE_H
#define REAPERCTL_ASIDE_H

#include "kernel/kfile.h"

/* Room for the path of a file of a process. */
#define ASIDE_PATH 64

int aside_lines(const char *path, kfile_line_fn fn, void *arg);

#endif
