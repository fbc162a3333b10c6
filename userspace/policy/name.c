// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names of namespaces in a file. They are names of files, so all but '/' may be
 * in them; and one may be "initial", which unquoted is the initial namespace.
 */
#include <ctype.h>
#include <string.h>

#include "policy/name.h"

/**
 * name_good() - can it be one of `ip netns`?
 * @name: the name
 *
 * Return: true if so.
 */
bool name_good(const char *name)
{
	return *name && strlen(name) <= NAME_MAX && !strchr(name, '/') &&
	       strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

static bool plain(const char *name)
{
	const char *p;

	for (p = name; *p; p++) {
		if (!isalnum((unsigned char)*p) && !strchr("._-", *p))
			return false;
	}
	return *name && strcmp(name, "initial") != 0;
}

/**
 * name_quote_always() - in quotes, whatever it is
 * @quoted: room for it
 * @name: the name
 *
 * Return: @quoted.
 */
const char *name_quote_always(char quoted[NAME_QUOTED], const char *name)
{
	char *at = quoted;

	*at++ = '"';
	for (; *name; name++) {
		if (strchr("\"\\\n", *name))
			*at++ = '\\';
		*at++ = *name == '\n' ? 'n' : *name;
	}
	*at++ = '"';
	*at = '\0';
	return quoted;
}

/**
 * name_quote() - as it stands in a file
 * @quoted: room for it
 * @name: the name
 *
 * Return: @quoted: the name itself, or in quotes if it has to be.
 */
const char *name_quote(char quoted[NAME_QUOTED], const char *name)
{
	return plain(name) ? strcpy(quoted, name)
			   : name_quote_always(quoted, name);
}

/**
 * name_unquote() - what name_quote() made of a name
 * @name: the result
 * @quoted: what stands in a file, beginning with a quote
 *
 * Return: false if it is not that.
 */
bool name_unquote(char name[NAME_MAX + 1], const char *quoted)
{
	size_t len = 0;

	for (quoted++; *quoted && *quoted != '"'; quoted++) {
		char c = *quoted;

		if (c == '\\') {
			c = *++quoted;
			if (!c || !strchr("\"\\n", c))
				return false;
			c = c == 'n' ? '\n' : c;
		}
		if (len == NAME_MAX)
			return false;
		name[len++] = c;
	}
	name[len] = '\0';
	return *quoted == '"' && !quoted[1];
}
