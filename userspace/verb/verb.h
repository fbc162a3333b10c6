/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_VERB_H
#define REAPERCTL_VERB_H

#include <stdbool.h>

#include "base/rc.h"
#include "kernel/netns.h"
#include "verb/table.h"

/**
 * struct verb_option - an option of a verb
 * @letter: its short form
 * @name: its long form
 * @value: what it takes, for the help; NULL: nothing
 * @what: half a line for the verb's help
 * @words: says with words_add() which values there are; NULL: not known
 */
struct verb_option {
	char letter;
	const char *name;
	const char *value;
	const char *what;
	void (*words)(void);
};

/**
 * struct call - what a verb is called with
 * @netns: the namespaces chosen by -n, -p or -a; at least one
 * @argc: number of arguments after the verb
 * @argv: those arguments, its options taken out
 * @option: by letter, what was given with an option, "" if that takes nothing,
 *	NULL if it was not given; the last one counts
 */
struct call {
	struct netns_set netns;
	int argc;
	char **argv;
	const char *option[128];
};

/**
 * struct verb - a row of the table of verbs
 * @name: as typed
 * @args: its arguments, for the usage line; "" if none
 * @what: half a line for the tool's help; NULL: it is not for people
 * @help: the whole text of its own help, each line ended
 * @min_args: fewest arguments
 * @max_args: most arguments, -1 for any number
 * @global: is about the machine: takes no namespace, judges by itself
 *	whether the module is there
 * @steady: waits for a reload that is under way, and none begins meanwhile
 * @raw: its arguments are words of others: no option among them is its own
 * @options: its own options, ended by an empty one; NULL: none but --help
 * @words: says with words_add() what may come after the arguments @argv
 * @offline: whether this call needs no module, although others of the verb do;
 *	NULL: never
 * @run: does it
 */
struct verb {
	const char *name;
	const char *args;
	const char *what;
	const char *help;
	int min_args;
	int max_args;
	bool global;
	bool steady;
	bool raw;
	const struct verb_option *options;
	void (*words)(int argc, char **argv);
	bool (*offline)(const struct call *call);
	enum rc (*run)(struct call *call);
};

#define VERB_DECLARE(name) extern const struct verb verb_##name;
VERBS(VERB_DECLARE)
#undef VERB_DECLARE

/* All of them, ended by NULL; the first is the default. */
extern const struct verb *const verbs[];

/* The options of every verb, ended by an empty one; a letter that a verb has an
 * option of its own for is that, after the verb.
 */
extern const struct verb_option verb_globals[];

const struct verb *verb_find(const char *name);
enum rc verb_unknown(const char *name);
void help_tool(void);
void help_verb(const struct verb *verb);

#endif
