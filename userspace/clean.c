// SPDX-License-Identifier: GPL-2.0
/*
 * Names come from whoever started a process: they may hold what moves a
 * terminal's cursor or breaks a JSON reader. Nothing is shown unseen.
 */
#include <stdio.h>
#include <string.h>

#include "clean.h"
#include "mem.h"

/*
 * Length of the UTF-8 sequence of a printable character at @s, or 0. The
 * smallest second bytes shut out overlong forms, the largest ones surrogates
 * and what is past U+10FFFF; C1 controls are not printable.
 */
static size_t sequence(const unsigned char *s)
{
	unsigned char low = 0x80;
	unsigned char high = 0xbf;
	size_t n;
	size_t i;

	if (s[0] < 0x80)
		return s[0] >= 0x20 && s[0] != 0x7f;
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	n = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	if (s[0] == 0xc2 || s[0] == 0xe0)
		low = 0xa0;
	else if (s[0] == 0xf0)
		low = 0x90;
	if (s[0] == 0xed)
		high = 0x9f;
	else if (s[0] == 0xf4)
		high = 0x8f;
	if (s[1] < low || s[1] > high)
		return 0;
	for (i = 2; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	}
	return n;
}

static char *clean(const char *raw, const char *bad_format, size_t *columns)
{
	const unsigned char *s = (const unsigned char *)raw;
	/* Each bad byte becomes four at most, in either form. */
	char *text = mem_zalloc(strlen(raw) + 1, 4);
	char *out = text;

	*columns = 0;
	while (*s) {
		size_t n = sequence(s);

		if (n) {
			memcpy(out, s, n);
			out += n;
			s += n;
			++*columns;
		} else {
			int put = sprintf(out, bad_format, *s++);

			out += put;
			*columns += put;
		}
	}
	return text;
}

/**
 * clean_text() - make a string fit for a terminal
 * @raw: anything
 * @len: its width there, one column a character
 *
 * Return: a copy with \xNN for control characters and what is not UTF-8;
 * free() it.
 */
char *clean_text(const char *raw, size_t *len)
{
	return clean(raw, "\\x%02x", len);
}

/**
 * clean_json() - make a string fit for JSON
 * @raw: anything
 *
 * Control characters stay out as well: no value of ours has a use for them.
 *
 * Return: a copy with U+FFFD for what is not UTF-8 or not printable; free() it.
 */
char *clean_json(const char *raw)
{
	size_t columns;

	return clean(raw, "\xef\xbf\xbd", &columns);
}
