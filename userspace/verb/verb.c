// SPDX-License-Identifier: GPL-2.0-only
/*
 * The verbs there are, as table.h lists them, and the options of them all.
 */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/near.h"
#include "kernel/wordlists.h"
#include "show/output.h"
#include "show/words.h"
#include "verb/verb.h"

#define VERB_ROW(name) &verb_##name,
const struct verb *const verbs[] = { VERBS(VERB_ROW) NULL };
#undef VERB_ROW

static void words_formats(void)
{
	words_add("json", "JSON");
	words_add("text", "for people");
}

const struct verb_option verb_globals[] = {
	{ 'n', "netns", "NETNS", "in the namespace of that name (ip netns)",
	  words_netns },
	{ 'p', "pid", "PID", "in the namespace of that process", words_pids },
	{ 'a', "all", NULL,
	  "in every namespace that a name or a process reaches", NULL },
	{ 'j', "json", NULL, "JSON", NULL },
	{ 'o', "output", "FORMAT", "json, or text", words_formats },
	{ 'h', "help", NULL, "help; with a command, about that", NULL },
	{ 'V', "version", NULL, "version of the tool", NULL },
	{ 0 },
};

static bool begins(const struct verb *verb, const char *name)
{
	return *name && verb->what && !strncmp(verb->name, name, strlen(name));
}

/**
 * verb_find() - the verb of that name
 * @name: as typed: the whole name, or as much as only one begins with
 *
 * Return: the verb, or NULL.
 */
const struct verb *verb_find(const char *name)
{
	const struct verb *found = NULL;
	size_t n = 0;
	size_t i;

	for (i = 0; verbs[i]; i++) {
		if (!strcmp(verbs[i]->name, name))
			return verbs[i];
		if (!begins(verbs[i], name))
			continue;
		found = verbs[i];
		n++;
	}
	return n == 1 ? found : NULL;
}

/**
 * verb_unknown() - say that there is no verb of that name, and which is near
 * @name: as typed
 *
 * Return: the exit code that goes with it.
 */
enum rc verb_unknown(const char *name)
{
	struct near near = { .typed = name };
	char several[128] = "";
	size_t i;

	for (i = 0; verbs[i]; i++) {
		if (verbs[i]->what)
			near_offer(&near, verbs[i]->name);
		if (begins(verbs[i], name))
			snprintf(several + strlen(several),
				 sizeof(several) - strlen(several), "%s%s",
				 *several ? ", " : "", verbs[i]->name);
	}
	if (*several)
		return output_usage(NULL, "%s: several commands begin so: %s",
				    name, several);
	if (!near.word)
		return output_usage(NULL, "%s: no such command", name);
	output_error("%s: no such command; did you mean %s? See reaperctl --help",
		     name, near.word);
	return RC_USAGE;
}
