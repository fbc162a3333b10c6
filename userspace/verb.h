/* SPDX-License-Identifier: GPL-2.0 */
#ifndef REAPERCTL_VERB_H
#define REAPERCTL_VERB_H

#include <stdbool.h>

#include "netns.h"
#include "reaperctl.h"

/**
 * struct call - what a verb is called with
 * @netns: the namespaces chosen by -n, -p or -a; at least one
 * @argc: number of arguments after the verb
 * @argv: those arguments, its options taken out
 */
struct call {
	struct netns_set netns;
	int argc;
	char **argv;
};

/**
 * struct verb - a row of the table of verbs
 * @name: as typed
 * @args: its arguments, for the usage line; "" if none
 * @what: half a line for the tool's help
 * @help: the whole text of its own help, each line ended
 * @min_args: fewest arguments
 * @max_args: most arguments, -1 for any number
 * @global: is about the machine: takes no namespace, judges by itself
 *	whether the module is there
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
	enum rc (*run)(struct call *call);
};

extern const struct verb verb_status;
extern const struct verb verb_list;
extern const struct verb verb_get;
extern const struct verb verb_set;
extern const struct verb verb_version;

#endif
