// SPDX-License-Identifier: GPL-2.0
/*
 * reaperctl: see and set what tcp_reaper does. The command line, and the table
 * of verbs; each verb is a file of its own.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "duration.h"
#include "loaded.h"
#include "output.h"
#include "verb.h"

/* The first is the default. */
const struct verb *const verbs[] = {
	&verb_status,  &verb_list,     &verb_diagnose, &verb_top,   &verb_get,
	&verb_set,     &verb_rules,    &verb_log,      &verb_apply, &verb_save,
	&verb_metrics, &verb_complete, &verb_version,  NULL,
};

/* What is asked for before the verb. */
struct options {
	const char *name;
	const char *pid;
	bool all;
	bool json;
};

#define LETTERS "n:p:ajhV"

static const struct option long_options[] = {
	{ "netns", required_argument, NULL, 'n' },
	{ "pid", required_argument, NULL, 'p' },
	{ "all", no_argument, NULL, 'a' },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ 0 },
};

static void help(void)
{
	size_t i;

	output_help(
		"Usage: reaperctl [-n NETNS | -p PID | -a] [-j] [COMMAND]\n"
		"See and set what tcp_reaper does with lingering TCP sockets.\n\n"
		"Commands:\n");
	for (i = 0; verbs[i]; i++) {
		char usage[40];

		if (!verbs[i]->what)
			continue;

		snprintf(usage, sizeof(usage), "%s %s", verbs[i]->name,
			 verbs[i]->args);
		output_help("  %-18s  %s\n", usage, verbs[i]->what);
	}
	output_help(
		"\nOptions:\n"
		"  -n, --netns NETNS   in the namespace of that name (ip netns)\n"
		"  -p, --pid PID       in the namespace of that process\n"
		"  -a, --all           in every namespace that a name or a process reaches\n"
		"  -j, --json          JSON\n"
		"  -h, --help          this text; after a command, more about it\n"
		"  -V, --version       version of the tool\n\n"
		"Exit status: 0 done, 1 failed, 2 wrong usage, 3 module not loaded.\n");
}

static void help_verb(const struct verb *verb)
{
	const struct verb_option *o = verb->options;

	output_help("Usage: reaperctl %s%s%s%s%s\n%s",
		    verb->global ? "[-j] " : "[-n NETNS | -p PID | -a] [-j] ",
		    verb->name, o ? " [OPTION...]" : "", *verb->args ? " " : "",
		    verb->args, verb->help);
	if (!o)
		return;
	output_help("\nOptions:\n");
	for (; o->letter; o++) {
		char usage[40];

		snprintf(usage, sizeof(usage), "-%c, --%s%s%s", o->letter,
			 o->name, o->value ? " " : "",
			 o->value ? o->value : "");
		output_help("  %-22s  %s\n", usage, o->what);
	}
	output_help("  %-22s  %s\n", "-h, --help", "this text");
}

/**
 * verb_find() - the verb of that name
 * @name: as typed
 *
 * Return: the verb, or NULL.
 */
const struct verb *verb_find(const char *name)
{
	size_t i;

	for (i = 0; verbs[i]; i++) {
		if (!strcmp(verbs[i]->name, name))
			return verbs[i];
	}
	return NULL;
}

/* getopt_long() said '?' or ':'; @letters are those it knows. */
static enum rc bad_option(int c, char **argv, const char *letters,
			  const char *where)
{
	char letter[3] = { '-', (char)optopt, '\0' };
	const char *why = "no such option";

	if (c == ':')
		why = "needs a value";
	else if (optopt && strchr(letters, optopt))
		why = "takes no value";
	/* There is no letter for a long one that is not known. */
	output_error("%s: %s; see reaperctl%s --help",
		     optopt ? letter : argv[optind - 1], why, where);
	return RC_USAGE;
}

/* Return: true to go on with the verb at optind; else @rc is the exit code. */
static bool parse(struct options *options, int argc, char **argv, enum rc *rc)
{
	int c;

	opterr = 0;
	*rc = RC_DONE;
	while ((c = getopt_long(argc, argv, "+:" LETTERS, long_options,
				NULL)) != -1) {
		switch (c) {
		case 'n':
		case 'p':
		case 'a':
			if (options->name || options->pid || options->all) {
				output_error(
					"only one of -n, -p and -a, and once; see reaperctl --help");
				*rc = RC_USAGE;
				return false;
			}
			if (c == 'n')
				options->name = optarg;
			else if (c == 'p')
				options->pid = optarg;
			else
				options->all = true;
			break;
		case 'j':
			options->json = true;
			break;
		case 'h':
			help();
			return false;
		case 'V':
			output_help("reaperctl %s\n", REAPERCTL_VERSION);
			return false;
		default:
			*rc = bad_option(c, argv, LETTERS, "");
			return false;
		}
	}
	return true;
}

/* A verb's options as getopt_long() wants them. */
struct getopt_form {
	char letters[2 * VERB_OPTIONS + 2];
	struct option names[VERB_OPTIONS + 1];
};

static void getopt_form(struct getopt_form *form, const struct verb *verb)
{
	const struct verb_option *o = verb->options;
	char *letter = form->letters;
	size_t n = 0;

	memset(form, 0, sizeof(*form));
	*letter++ = ':';
	*letter++ = 'h';
	form->names[n++] = (struct option){ "help", no_argument, NULL, 'h' };
	for (; o && o->letter && n < VERB_OPTIONS; o++) {
		*letter++ = o->letter;
		if (o->value)
			*letter++ = ':';
		form->names[n++] = (struct option){ o->name,
						    o->value ? required_argument
							     : no_argument,
						    NULL, o->letter };
	}
}

/* Likewise, for what comes after the verb. */
static bool parse_verb(const struct verb *verb, struct call *call, enum rc *rc)
{
	struct getopt_form form;
	char where[32];
	int c;

	getopt_form(&form, verb);
	snprintf(where, sizeof(where), " %s", verb->name);
	*rc = RC_DONE;
	/* 0, not 1: a second command line, to be begun anew. */
	optind = 0;
	while (!verb->raw &&
	       (c = getopt_long(call->argc, call->argv, form.letters,
				form.names, NULL)) != -1) {
		if (c == 'h') {
			help_verb(verb);
			return false;
		}
		if (c == '?' || c == ':') {
			*rc = bad_option(c, call->argv, form.letters + 1,
					 where);
			return false;
		}
		call->option[c] = optarg ? optarg : "";
	}
	if (verb->raw)
		optind = 1;
	call->argc -= optind;
	call->argv += optind;
	*rc = RC_USAGE;
	if (call->argc < verb->min_args)
		output_error("%s: %s is missing; see reaperctl %s --help",
			     verb->name, verb->args, verb->name);
	else if (verb->max_args >= 0 && call->argc > verb->max_args)
		output_error("%s: %s is one too many; see reaperctl %s --help",
			     verb->name, call->argv[verb->max_args],
			     verb->name);
	else
		*rc = RC_DONE;
	return *rc == RC_DONE;
}

static enum rc select_netns(struct netns_set *set,
			    const struct options *options)
{
	uint64_t pid;

	if (options->all)
		return netns_select_all(set);
	if (options->name)
		return netns_select_name(set, options->name);
	if (!options->pid)
		return netns_select_own(set);
	if (!number_parse(options->pid, &pid) || !pid || pid > INT32_MAX) {
		output_error("-p %s: not the number of a process; see reaperctl --help",
			     options->pid);
		return RC_USAGE;
	}
	return netns_select_pid(set, (pid_t)pid);
}

static enum rc run(const struct verb *verb, struct call *call,
		   const struct options *options)
{
	enum rc rc;

	if (verb->global || (verb->offline && verb->offline(call))) {
		output_begin(options->json, false);
		return verb->run(call);
	}
	if (!loaded())
		return loaded_not();
	rc = select_netns(&call->netns, options);
	if (rc == RC_DONE) {
		output_begin(options->json, options->all);
		rc = verb->run(call);
	}
	netns_set_free(&call->netns);
	return rc;
}

/* Return: the exit code, which a full disk makes a failure. */
static int finish(enum rc rc)
{
	int err = output_end();

	if (!err)
		return rc;
	output_error("standard output: %s; output is cut short",
		     strerror(-err));
	return rc_first(rc, RC_FAILED);
}

int main(int argc, char **argv)
{
	struct options options = { 0 };
	const struct verb *verb = verbs[0];
	/* Without a verb there is still a word for getopt_long() to skip. */
	char *none[] = { argv[0], NULL };
	struct call call = { .argc = 1, .argv = none };
	enum rc rc;

	if (!parse(&options, argc, argv, &rc))
		return finish(rc);
	if (optind < argc) {
		verb = verb_find(argv[optind]);
		call.argc = argc - optind;
		call.argv = argv + optind;
	}
	if (!verb) {
		output_error("%s: no such command; see reaperctl --help",
			     call.argv[0]);
		return RC_USAGE;
	}
	if (!parse_verb(verb, &call, &rc))
		return finish(rc);
	if (verb->global && (options.name || options.pid || options.all)) {
		output_error("%s is about the machine: not with -n, -p or -a; see reaperctl %s --help",
			     verb->name, verb->name);
		return RC_USAGE;
	}
	return finish(run(verb, &call, &options));
}
