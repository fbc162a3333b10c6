// SPDX-License-Identifier: GPL-2.0-only
/*
 * Numbers in text that need not end in NUL, for the kernel and the tools alike.
 */
#include <linux/errno.h>

#include "number.h"

static u32 digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

/* @most: what @base can still be multiplied by; no division on 32 bits. */
static int parse(const char *text, size_t len, u32 base, u64 most, u64 max,
		 u64 *value)
{
	bool over = false;
	u64 n = 0;
	size_t i;

	if (!len)
		return -EINVAL;
	for (i = 0; i < len; i++) {
		u32 d = digit(text[i]);

		if (d >= base)
			return -EINVAL;
		over |= n > most;
		n = n * base + d;
		over |= n < d;
	}
	if (over || n > max)
		return -ERANGE;
	*value = n;
	return 0;
}

/**
 * tcp_reaper_decimal_parse - a number in base 10
 * @text: digits and nothing else; a leading 0 is octal to some, so it is
 *	refused rather than a surprise
 * @len: of @text
 * @max: the highest allowed
 * @value: the answer; untouched on error
 *
 * Context: any.
 * Return: 0; -EINVAL if it is no such number; -ERANGE if it is too high.
 */
int tcp_reaper_decimal_parse(const char *text, size_t len, u64 max, u64 *value)
{
	if (len > 1 && *text == '0')
		return -EINVAL;
	return parse(text, len, 10, ~0ULL / 10, max, value);
}

/**
 * tcp_reaper_hex_parse - a number in base 16, without 0x
 * @text: digits of either case and nothing else
 * @len: of @text
 * @max: the highest allowed
 * @value: the answer; untouched on error
 *
 * Context: any.
 * Return: as tcp_reaper_decimal_parse().
 */
int tcp_reaper_hex_parse(const char *text, size_t len, u64 max, u64 *value)
{
	return parse(text, len, 16, ~0ULL / 16, max, value);
}
