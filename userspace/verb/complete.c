// SPDX-License-Identifier: GPL-2.0-only
/*
 * reaperctl complete: what may come next, for the shells. Its arguments are
 * the words of a command line after "reaperctl", the last one unfinished.
 */
#include <string.h>

#include "kernel/wordlists.h"
#include "show/output.h"
#include "show/words.h"
#include "verb/verb.h"

/* What the words so far have come to. */
struct line {
	const struct verb *verb;
	int argc;
	char **argv;
	void (*value)(void); /* the next word is that of an option */
	bool free; /* likewise, and nothing is known about it */
	bool lost; /* after an unknown verb nothing is known */
};

/* Its own options, none before the verb. */
static const struct verb_option *own_options(const struct line *line)
{
	static const struct verb_option none[] = { { 0 } };

	return line->verb && line->verb->options ? line->verb->options : none;
}

static bool is_option(const struct verb_option *o, const char *word)
{
	return word[1] == '-' ? !strcmp(word + 2, o->name)
			      : word[strlen(word) - 1] == o->letter;
}

/* Take in an option: its value may be the next word. */
static void take_option(struct line *line, const char *word)
{
	const struct verb_option *o = own_options(line);

	while (o->letter && !is_option(o, word))
		o++;
	if (!o->letter) {
		for (o = verb_globals; o->letter && !is_option(o, word); o++)
			;
	}
	if (!o->value)
		return;
	line->value = o->words;
	line->free = !o->words;
}

static void take(struct line *line, char *word)
{
	if (line->value || line->free) {
		line->value = NULL;
		line->free = false;
	} else if (*word == '-' && word[1]) {
		take_option(line, word);
	} else if (!line->verb) {
		line->verb = verb_find(word);
		line->lost |= !line->verb;
	} else {
		line->argv[line->argc++] = word;
	}
}

static void add_options(const struct verb_option *o)
{
	char name[64];

	for (; o->letter; o++) {
		strcpy(name, "--");
		strncat(name, o->name, sizeof(name) - 3);
		words_add(name, o->what);
	}
}

static enum rc run(struct call *call)
{
	/* The words that are taken in make room for the arguments. */
	struct line line = { .argv = call->argv };
	const char *word = "";
	size_t v;
	int i;

	for (i = 0; i < call->argc; i++) {
		word = call->argv[i];
		if (i < call->argc - 1)
			take(&line, call->argv[i]);
	}
	if (line.value) {
		line.value();
	} else if (line.free || line.lost) {
		return RC_DONE;
	} else if (*word == '-') {
		add_options(own_options(&line));
		add_options(verb_globals);
	} else if (line.verb && line.verb->words) {
		line.verb->words(line.argc, line.argv);
	}
	for (v = 0; !line.verb && !line.value && *word != '-' && verbs[v];
	     v++) {
		if (verbs[v]->what)
			words_add(verbs[v]->name, verbs[v]->what);
	}
	return RC_DONE;
}

const struct verb verb_complete = {
	.name = "complete",
	.args = "[WORD...]",
	.help = "Prints a line WORD, tab, MEANING for each word that may be the last of these.\n"
		"\":files\" stands for the names of files.\n",
	.max_args = -1,
	.global = true,
	.raw = true,
	.run = run,
};
