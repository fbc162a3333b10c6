// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names come from whoever started a process: they may hold what moves a
 * terminal's cursor, turns a line around, cannot be seen at all, or breaks what
 * reads the output. Nothing is shown unseen.
 */
#include <langinfo.h>
#include <limits.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>
#include <wctype.h>

#include "base/mem.h"
#include "show/clean.h"

/*
 * A terminal of another kind may take bytes of UTF-8 for commands: 0x9b for the
 * beginning of one, as many have it. What reads a file or a pipe knows best.
 */
static bool takes_utf8(void)
{
	locale_t user;
	bool utf8;

	if (!isatty(STDOUT_FILENO) && !isatty(STDERR_FILENO))
		return true;
	user = newlocale(LC_CTYPE_MASK, "", NULL);
	utf8 = user && !strcmp(nl_langinfo_l(CODESET, user), "UTF-8");
	if (user)
		freelocale(user);
	return utf8;
}

/*
 * Length of the character at @s if it can be seen, where the terminal takes
 * UTF-8 at all; else 0. What takes no column hides: marks that turn the
 * direction of writing, joiners, tags. Separators and odd blanks have no shape.
 */
static size_t visible(const char *s, size_t *columns)
{
	static locale_t utf8;
	static bool asked;
	locale_t before;
	mbstate_t state = { 0 };
	wchar_t c = 0;
	size_t n;
	int width;

	*columns = 1;
	if ((unsigned char)*s < 0x80)
		return *s >= 0x20 && *s != 0x7f;
	if (!asked && takes_utf8())
		utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", NULL);
	asked = true;
	/* Without the locale nothing is known of it. */
	if (!utf8)
		return 0;
	before = uselocale(utf8);
	n = mbrtowc(&c, s, strlen(s), &state);
	width = n <= MB_LEN_MAX && iswgraph(c) ? wcwidth(c) : 0;
	uselocale(before);
	if (width < 1)
		return 0;
	*columns = (size_t)width;
	return n;
}

/* Each character of @unfit is bad, too. */
static char *clean(const char *s, const char *unfit, const char *bad_format,
		   size_t *columns)
{
	/* Each bad byte becomes four at most, in either form. */
	char *text = mem_zalloc(strlen(s) + 1, 4);
	char *out = text;

	*columns = 0;
	while (*s) {
		size_t width;
		size_t n = strchr(unfit, *s) ? 0 : visible(s, &width);

		if (n) {
			memcpy(out, s, n);
			out += n;
			s += n;
			*columns += width;
		} else {
			int put = sprintf(out, bad_format, (unsigned char)*s++);

			out += put;
			*columns += put;
		}
	}
	return text;
}

/**
 * clean_text() - make a string fit for a terminal
 * @raw: anything
 * @len: its width there, in columns
 *
 * Return: a copy with \xNN for each byte of what cannot be seen; free() it.
 */
char *clean_text(const char *raw, size_t *len)
{
	return clean(raw, "", "\\x%02x", len);
}

/**
 * clean_fit() - how much of a text is at most so wide?
 * @text: what clean_text() made
 * @columns: how wide
 *
 * Return: how many bytes of it, whole characters.
 */
size_t clean_fit(const char *text, size_t columns)
{
	const char *p = text;

	while (*p) {
		size_t width;
		size_t n = visible(p, &width);

		if (width > columns)
			break;
		columns -= width;
		p += n;
	}
	return p - text;
}

/**
 * clean_name() - make a name fit to stand in other text
 * @raw: anything
 * @unfit: what would end the name there
 *
 * Return: likewise, with \xNN for each of @unfit as well; free() it.
 */
char *clean_name(const char *raw, const char *unfit)
{
	size_t columns;

	return clean(raw, unfit, "\\x%02x", &columns);
}

/**
 * clean_json() - make a string fit for JSON
 * @raw: anything
 *
 * What cannot be seen stays out as well: no value of ours has a use for it.
 *
 * Return: a copy with U+FFFD for each byte of it; free() it.
 */
char *clean_json(const char *raw)
{
	size_t columns;

	return clean(raw, "", "\xef\xbf\xbd", &columns);
}
