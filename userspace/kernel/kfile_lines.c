// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files of the kernel that are made of lines; they may hold anything else. Some
 * grow while they are read: read what there is, poll, read on.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "kernel/kstream.h"

/* The longest that the module writes has a path, each byte of it as four. */
#define LINE_KEEP 8192

/* A file that goes on this long without a newline is not made of lines. */
#define LINE_GIVE_UP (1024 * 1024)

/* The lines of a file, one after another through one buffer. */
struct line_buffer {
	char text[65536];
	size_t len;
	size_t dropped; /* of a line too long to be kept */
	struct kline line;
};

static int hand_over(struct line_buffer *buffer, char *text, size_t len,
		     kfile_line_fn fn, void *arg)
{
	struct kline *line = &buffer->line;
	int err;

	if (buffer->dropped || len > LINE_KEEP) {
		line->bad = "is too long";
		len = len < LINE_KEEP ? len : LINE_KEEP;
	}
	if (memchr(text, '\0', len))
		line->bad = "holds a NUL byte";
	text[len] = '\0';
	line->text = text;
	err = fn(line, arg);
	line->no++;
	line->bad = NULL;
	buffer->dropped = 0;
	return err;
}

/* Hand over what is whole, and keep the rest. */
static int hand_over_all(struct line_buffer *buffer, kfile_line_fn fn,
			 void *arg)
{
	char *text = buffer->text;
	char *end = text + buffer->len;
	char *newline;
	int err = 0;

	while (!err && (newline = memchr(text, '\n', end - text))) {
		err = hand_over(buffer, text, newline - text, fn, arg);
		text = newline + 1;
	}
	buffer->len = end - text;
	memmove(buffer->text, text, buffer->len);
	/* Of a line that fills the buffer its beginning is enough. */
	if (buffer->len == sizeof(buffer->text)) {
		if (memchr(buffer->text, '\0', buffer->len))
			buffer->line.bad = "holds a NUL byte";
		buffer->dropped += buffer->len - LINE_KEEP;
		buffer->len = LINE_KEEP;
	}
	if (!err && buffer->dropped > LINE_GIVE_UP)
		err = -EFBIG;
	return err;
}

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
	struct line_buffer *buffer = stream->buffer;
	ssize_t got = 0;
	int err = 0;

	if (!buffer) {
		buffer = mem_zalloc(1, sizeof(*buffer));
		buffer->line.no = 1;
		stream->buffer = buffer;
	}
	do {
		buffer->len += got;
		err = hand_over_all(buffer, fn, arg);
		if (err)
			break;
		got = kfile_read(stream->fd, buffer->text + buffer->len,
				 sizeof(buffer->text) - buffer->len);
	} while (got > 0);
	stream->lines = buffer->line.no - 1;
	stream->len = buffer->len;
	return !err && got < 0 && got != -EAGAIN ? (int)got : err;
}

/**
 * kstream_close() - let go of the file
 * @stream: opened, or tried to
 */
void kstream_close(struct kstream *stream)
{
	if (stream->fd >= 0)
		close(stream->fd);
	free(stream->buffer);
	stream->buffer = NULL;
	stream->fd = -1;
}

/* To the end. */
static int read_lines(struct kstream *stream, kfile_line_fn fn, void *arg)
{
	int err = kstream_read(stream, fn, arg);
	struct line_buffer *buffer = stream->buffer;

	if (err || !buffer->len)
		return err;
	if (buffer->len == sizeof(buffer->text))
		buffer->len--;
	buffer->line.bad = "is cut short";
	return hand_over(buffer, buffer->text, buffer->len, fn, arg);
}

/**
 * kfile_lines_of() - hand over an open file line by line
 * @fd: the file, which is closed
 * @fn: called for each line; another result than 0 ends the reading
 * @arg: handed on to @fn
 *
 * Return: as kfile_lines().
 */
int kfile_lines_of(int fd, kfile_line_fn fn, void *arg)
{
	struct kstream stream = { .fd = fd };
	int err = read_lines(&stream, fn, arg);

	kstream_close(&stream);
	return err;
}

/**
 * kfile_lines() - hand over a file line by line
 * @path: the file
 * @fn: called for each line; another result than 0 ends the reading
 * @arg: handed on to @fn
 *
 * Return: 0, what @fn returned, or a negative errno; lines before an error
 * have been handed over.
 */
int kfile_lines(const char *path, kfile_line_fn fn, void *arg)
{
	int fd = kfile_open(path);

	return fd < 0 ? fd : kfile_lines_of(fd, fn, arg);
}
