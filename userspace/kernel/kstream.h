/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_KSTREAM_H
#define REAPERCTL_KSTREAM_H

#include <stddef.h>

#include "kernel/kfile.h"

struct line_buffer;

/**
 * struct kstream - a file of the kernel that grows while it is read
 * @fd: to be polled
 * @buffer: what was read of a line not yet whole
 * @len: how much
 * @lines: how many lines there were
 */
struct kstream {
	int fd;
	struct line_buffer *buffer;
	size_t len;
	unsigned long lines;
};

int kstream_open(struct kstream *stream, const char *path);
int kstream_read(struct kstream *stream, kfile_line_fn fn, void *arg);
void kstream_close(struct kstream *stream);

#endif
