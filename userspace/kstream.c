// SPDX-License-Identifier: GPL-2.0
/*
 * Files of the kernel that grow: read what there is, poll, read on.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kstream.h"
#include "mem.h"

/* No line of the module is as long; past this it is not made of lines. */
#define LINE_MAX 4096

/**
 * kstream_open() - begin to read a file
 * @stream: kstream_close() it in any case
 * @path: the file, as kfile_open() takes it
 *
 * Return: 0 or a negative errno.
 */
int kstream_open(struct kstream *stream, const char *path)
{
	memset(stream, 0, sizeof(*stream));
	stream->fd = kfile_open(path);
	return stream->fd < 0 ? stream->fd : 0;
}

/* Hand over the whole lines. Return: 0 or what @fn returned. */
static int take_lines(struct kstream *stream, kfile_line_fn fn, void *arg)
{
	char *text = stream->text;
	char *end = text + stream->len;
	char *newline;
	int err = 0;

	while (!err && (newline = memchr(text, '\n', end - text))) {
		struct kline line = { .text = text, .no = ++stream->lines };

		*newline = '\0';
		if (strlen(text) != (size_t)(newline - text))
			line.bad = "holds a NUL byte";
		err = fn(&line, arg);
		text = newline + 1;
	}
	stream->len = end - text;
	memmove(stream->text, text, stream->len);
	return err;
}

/**
 * kstream_read() - read all there is now
 * @stream: open
 * @fn: called for each line that is whole; another result than 0 ends it
 * @arg: handed on to @fn
 *
 * Return: 0, what @fn returned, or a negative errno.
 */
int kstream_read(struct kstream *stream, kfile_line_fn fn, void *arg)
{
	if (!stream->text) {
		stream->cap = 16 * LINE_MAX;
		stream->text = mem_zalloc(stream->cap, 1);
	}
	for (;;) {
		ssize_t got = read(stream->fd, stream->text + stream->len,
				   stream->cap - stream->len);
		int err;

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return errno == EAGAIN ? 0 : -errno;
		if (!got)
			return 0;
		stream->len += got;
		err = take_lines(stream, fn, arg);
		if (err)
			return err;
		if (stream->len > LINE_MAX)
			return -EFBIG;
	}
}

/**
 * kstream_close() - let go of the file
 * @stream: opened, or tried to
 */
void kstream_close(struct kstream *stream)
{
	if (stream->fd >= 0)
		close(stream->fd);
	free(stream->text);
	stream->text = NULL;
	stream->fd = -1;
}
