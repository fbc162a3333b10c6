// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sentences that are put together from parts. One too long is cut.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

/**
 * text_add() - add to a sentence
 * @text: the sentence
 * @format: what to add, as printf()
 */
void text_add(char text[TEXT], const char *format, ...)
{
	size_t len = strlen(text);
	va_list args;

	va_start(args, format);
	vsnprintf(text + len, TEXT - len, format, args);
	va_end(args);
}

/**
 * text_word() - a name in a command that somebody will paste into a shell
 * @text: room for it
 * @word: the name, which may be anything
 * @instead: for a name that no quotes make one harmless word
 *
 * Return: @word, or it in quotes, or @instead.
 */
const char *text_word(char text[TEXT], const char *word, const char *instead)
{
	bool plain = true;
	const char *p;

	for (p = word; *p; p++) {
		if (iscntrl((unsigned char)*p) || *p == '\'')
			return instead;
		plain &= isalnum((unsigned char)*p) || strchr("._-@:", *p);
	}
	/* With a dash it would be an option; a long one would be cut. */
	if (p == word || *word == '-' || p - word > TEXT - 3)
		return instead;
	snprintf(text, TEXT, plain ? "%s" : "'%s'", word);
	return text;
}
