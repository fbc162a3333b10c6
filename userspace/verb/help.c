// SPDX-License-Identifier: GPL-2.0-only
/*
 * reaperctl help: what there is to say about the tool, or about a verb.
 */
#include <stdio.h>

#include "show/output.h"
#include "show/words.h"
#include "verb/verb.h"

static void show_options(const struct verb_option *o)
{
	char usage[40];

	for (; o && o->letter; o++) {
		snprintf(usage, sizeof(usage), "-%c, --%s%s%s", o->letter,
			 o->name, o->value ? " " : "",
			 o->value ? o->value : "");
		output_help("  %-22s  %s\n", usage, o->what);
	}
}

/**
 * help_tool() - the help of the tool as a whole
 */
void help_tool(void)
{
	char usage[40];
	size_t i;

	output_help(
		"Usage: reaperctl [-n NETNS | -p PID | -a] [-j] [COMMAND]\n"
		"See and set what tcp_reaper does with lingering TCP sockets.\n\n"
		"Commands; as much of a name as is no other's will do:\n");
	for (i = 0; verbs[i]; i++) {
		if (!verbs[i]->what)
			continue;
		snprintf(usage, sizeof(usage), "%s %s", verbs[i]->name,
			 verbs[i]->args);
		output_help("  %-18s  %s\n", usage, verbs[i]->what);
	}
	output_help("\nOptions, before or after the command:\n");
	show_options(verb_globals);
	output_help(
		"\nExit status: 0 done, 1 failed, 2 wrong usage, 3 module not loaded.\n");
}

/**
 * help_verb() - the help of a verb
 * @verb: which
 */
void help_verb(const struct verb *verb)
{
	output_help("Usage: reaperctl %s%s%s%s%s\n%s",
		    verb->global ? "[-j] " : "[-n NETNS | -p PID | -a] [-j] ",
		    verb->name, verb->options ? " [OPTION...]" : "",
		    *verb->args ? " " : "", verb->args, verb->help);
	if (verb->options)
		output_help("\nOptions:\n");
	show_options(verb->options);
}

static enum rc run(struct call *call)
{
	const struct verb *verb = NULL;

	if (!call->argc) {
		help_tool();
		return RC_DONE;
	}
	verb = verb_find(call->argv[0]);
	if (!verb)
		return verb_unknown(call->argv[0]);
	help_verb(verb);
	return RC_DONE;
}

static void words(int argc, char **argv)
{
	size_t i;

	(void)argv;
	for (i = 0; !argc && verbs[i]; i++) {
		if (verbs[i]->what)
			words_add(verbs[i]->name, verbs[i]->what);
	}
}

const struct verb verb_help = {
	.name = "help",
	.args = "[COMMAND]",
	.what = "this text, or more about a command",
	.help = "Says what there is to say about a command; reaperctl(8) says more.\n",
	.max_args = 1,
	.global = true,
	.words = words,
	.run = run,
};
