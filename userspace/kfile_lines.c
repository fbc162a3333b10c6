// SPDX-License-Identifier: GPL-2.0
/*
 * Files of the kernel that are made of lines; they may hold anything else.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kfile.h"
#include "mem.h"

/* The longest line the module writes is under 300 bytes. */
#define LINE_KEEP 4096

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
	struct line_buffer *buffer;
	int fd = kfile_open(path);
	int err = 0;

	if (fd < 0)
		return fd;
	buffer = mem_zalloc(1, sizeof(*buffer));
	buffer->line.no = 1;
	while (!err) {
		ssize_t got = read(fd, buffer->text + buffer->len,
				   sizeof(buffer->text) - buffer->len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			err = -errno;
		if (got <= 0)
			break;
		buffer->len += got;
		err = hand_over_all(buffer, fn, arg);
	}
	if (!err && buffer->len) {
		if (buffer->len == sizeof(buffer->text))
			buffer->len--;
		buffer->line.bad = "is cut short";
		err = hand_over(buffer, buffer->text, buffer->len, fn, arg);
	}
	close(fd);
	free(buffer);
	return err;
}
