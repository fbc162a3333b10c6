/* SPDX-License-Identifier: GPL-2.0 */
#ifndef REAPERCTL_KSTREAM_H
#define REAPERCTL_KSTREAM_H

#include <stddef.h>

#include "kfile.h"

/**
 * struct kstream - a file of the kernel that grows while it is read
 * @fd: to be polled
 * @text: what was read of a line not yet whole
 * @len: how much
 * @cap: room for it
 * @lines: how many lines there were
 */
struct kstream {
	int fd;
	char *text;
	size_t len;
	size_t cap;
	unsigned long lines;
};

int kstream_open(struct kstream *stream, const char *path);
int kstream_read(struct kstream *stream, kfile_line_fn fn, void *arg);
void kstream_close(struct kstream *stream);

#endif
