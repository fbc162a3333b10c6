// SPDX-License-Identifier: GPL-2.0-only
/*
 * reaperctl: see and set what tcp_reaper does. The command line;
 * each verb is a file of its own in verb/.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/duration.h"
#include "kernel/loaded.h"
#include "policy/applied.h"
#include "show/output.h"
#include "verb/verb.h"

/* What the options of all verbs ask for. */
struct options {
	const char *name;
	const char *pid;
	bool all;
	bool json;
	bool help;
	bool version;
};

/* A long option of all verbs, whose letter may be one of the verb's own. */
#define GLOBAL 0x100

/* More than all verbs together and any one of them have. */
#define OPTIONS_MAX 32

/* Options as getopt_long() wants them. */
struct form {
	char letters[2 * OPTIONS_MAX + 3];
	struct option names[OPTIONS_MAX + 1];
	size_t n;
};

static void form_add(struct form *form, const struct verb_option *o, int mark)
{
	for (; o && o->letter && form->n < OPTIONS_MAX; o++) {
		char *end = form->letters + strlen(form->letters);

		if (!strchr(form->letters, o->letter)) {
			*end++ = o->letter;
			strcpy(end, o->value ? ":" : "");
		}
		form->names[form->n++] = (struct option){
			o->name, o->value ? required_argument : no_argument,
			NULL, o->letter | mark
		};
	}
}

static bool has_letter(const struct verb *verb, int letter)
{
	const struct verb_option *o = verb ? verb->options : NULL;

	while (o && o->letter && o->letter != letter)
		o++;
	return o && o->letter;
}

/* getopt_long() said '?' or ':'; @letters are those it knows. */
static enum rc bad_option(int c, char **argv, const char *letters,
			  const struct verb *verb)
{
	char letter[3] = { '-', (char)optopt, '\0' };
	const char *why = "no such option";

	if (c == ':')
		why = "needs a value";
	else if (optopt && strchr(letters, (char)optopt))
		why = "takes no value";
	/* There is no letter for a long one that is not known. */
	return output_usage(verb ? verb->name : NULL, "%s: %s",
			    optopt ? letter : argv[optind - 1], why);
}

/* An option of all verbs. */
static enum rc take(struct options *options, int letter)
{
	switch (letter) {
	case 'n':
	case 'p':
	case 'a':
		if (options->name || options->pid || options->all)
			return output_usage(NULL,
					    "only one of -n, -p and -a, and once");
		if (letter == 'n')
			options->name = optarg;
		else if (letter == 'p')
			options->pid = optarg;
		else
			options->all = true;
		break;
	case 'j':
		options->json = true;
		break;
	case 'o':
		options->json = !strcmp(optarg, "json");
		if (!options->json && strcmp(optarg, "text"))
			return output_usage(NULL,
					    "-o %s: neither json nor text",
					    optarg);
		break;
	case 'h':
		options->help = true;
		break;
	case 'V':
		options->version = true;
		break;
	}
	return RC_DONE;
}

/*
 * Options before the verb (@verb is NULL) or after it. Those that a help is
 * asked for with are not looked at any more.
 */
static enum rc parse(struct options *options, const struct verb *verb,
		     struct call *call)
{
	/* The first '+' has getopt_long() stop at the verb. */
	struct form form = { .letters = "+:" };
	char *const *argv = call->argv;
	int c;

	if (verb) {
		strcpy(form.letters, ":");
		form_add(&form, verb->options, 0);
	}
	form_add(&form, verb_globals, GLOBAL);
	opterr = 0;
	/* 0, not 1: for glibc a command line to be begun anew. */
	optind = 0;
	while (!options->help && !options->version &&
	       (c = getopt_long(call->argc, call->argv, form.letters,
				form.names, NULL)) != -1) {
		enum rc rc = RC_DONE;

		if (c == '?' || c == ':')
			return bad_option(c, call->argv, form.letters, verb);
		if (c < GLOBAL && has_letter(verb, c))
			call->option[c] = optarg ? optarg : "";
		else
			rc = take(options, c & ~GLOBAL);
		if (rc != RC_DONE)
			return rc;
	}
	call->argc -= optind;
	call->argv = (char **)argv + optind;
	return RC_DONE;
}

/* Has the verb as many arguments as it wants? */
static enum rc count_arguments(const struct verb *verb, const struct call *call)
{
	if (call->argc < verb->min_args)
		return output_usage(verb->name, "%s: %s is missing", verb->name,
				    verb->args);
	if (verb->max_args >= 0 && call->argc > verb->max_args)
		return output_usage(verb->name, "%s: %s is one too many",
				    verb->name, call->argv[verb->max_args]);
	return RC_DONE;
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
	if (!number_parse(options->pid, &pid) || !pid || pid > INT32_MAX)
		return output_usage(NULL, "-p %s: not the number of a process",
				    options->pid);
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
	if (verb->steady)
		load_share();
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

/* The verb and all that was given with it; a help is given instead. */
static enum rc understand(struct options *options, const struct verb **verb,
			  struct call *call)
{
	enum rc rc = parse(options, NULL, call);

	if (rc != RC_DONE || options->version)
		return rc;
	if (!call->argc) {
		*verb = options->help ? NULL : verbs[0];
		return RC_DONE;
	}
	*verb = verb_find(call->argv[0]);
	if (!*verb)
		return verb_unknown(call->argv[0]);
	if ((*verb)->raw) {
		call->argc--;
		call->argv++;
		return RC_DONE;
	}
	rc = parse(options, *verb, call);
	if (rc != RC_DONE || options->help || options->version)
		return rc;
	rc = count_arguments(*verb, call);
	if (rc == RC_DONE && (*verb)->global &&
	    (options->name || options->pid || options->all))
		return output_usage((*verb)->name,
				    "%s is about the machine: not with -n, -p or -a",
				    (*verb)->name);
	return rc;
}

/* In the place of one that is closed a file of ours would be written to. */
static void hold_descriptors(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDONLY);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

int main(int argc, char **argv)
{
	struct options options = { 0 };
	const struct verb *verb = NULL;
	struct call call = { .argc = argc, .argv = argv };
	enum rc rc;

	hold_descriptors();
	rc = understand(&options, &verb, &call);
	if (rc != RC_DONE)
		return rc;
	if (options.version)
		output_help("reaperctl %s\n", REAPERCTL_VERSION);
	else if (options.help && verb)
		help_verb(verb);
	else if (options.help)
		help_tool();
	else
		rc = run(verb, &call, &options);
	return finish(rc);
}
