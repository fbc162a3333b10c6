/* SPDX-License-Identifier: GPL-2.0 */
#ifndef REAPERCTL_VERB_H
#define REAPERCTL_VERB_H

#include <stdbool.h>

#include "netns.h"
#include "reaperctl.h"

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

/* The most options a verb has, its --help among them. */
#define VERB_OPTIONS 12

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
	bool raw;
	const struct verb_option *options;
	void (*words)(int argc, char **argv);
	bool (*offline)(const struct call *call);
	enum rc (*run)(struct call *call);
};

extern const struct verb verb_status;
extern const struct verb verb_list;
extern const struct verb verb_diagnose;
extern const struct verb verb_top;
extern const struct verb verb_get;
extern const struct verb verb_set;
extern const struct verb verb_rules;
extern const struct verb verb_apply;
extern const struct verb verb_save;
extern const struct verb verb_log;
extern const struct verb verb_metrics;
extern const struct verb verb_complete;
extern const struct verb verb_version;

/* All of them, ended by NULL; the first is the default. */
extern const struct verb *const verbs[];

const struct verb *verb_find(const char *name);

#endif
