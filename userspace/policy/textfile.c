// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files that people write: read whole.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "policy/textfile.h"
#include "show/output.h"

/* Far more than anybody writes by hand. */
#define FILE_MAX (16UL * 1024 * 1024)

/**
 * textfile_read() - all of a file
 * @path: the file; "-" for standard input
 * @shown: what to call it in a message
 * @len: the number of bytes, before the NUL that is added
 *
 * Return: its text, to be freed; NULL after a line on stderr.
 */
char *textfile_read(const char *path, const char *shown, size_t *len)
{
	FILE *file = strcmp(path, "-") ? fopen(path, "re") : stdin;
	int err = file ? 0 : errno;
	char *text = NULL;
	size_t cap = 0;
	size_t got;

	*len = 0;
	errno = 0;
	while (!err) {
		text = mem_grow(text, *len + 1, &cap, 1);
		got = fread(text + *len, 1, cap - *len - 1, file);
		if (!got)
			break;
		*len += got;
		if (*len > FILE_MAX)
			err = EFBIG;
	}
	if (file && !err && ferror(file))
		err = errno ? errno : EIO;
	if (file && file != stdin)
		fclose(file);
	if (!err) {
		text[*len] = '\0';
		return text;
	}
	output_error("%s: cannot be read: %s", shown, strerror(err));
	free(text);
	return NULL;
}
