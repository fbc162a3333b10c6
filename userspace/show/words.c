// SPDX-License-Identifier: GPL-2.0-only
/*
 * What may come next on a command line: for the shells' completion, and as
 * they take it: a word, a tab, what it means. See verb/complete.c.
 */
#include <stdlib.h>
#include <string.h>

#include "show/clean.h"
#include "show/output.h"
#include "show/words.h"

/**
 * words_add() - one more word that may come here
 * @word: the word; one that cannot be shown as it is, is none to choose
 * @what: half a line about it, or ""
 */
void words_add(const char *word, const char *what)
{
	size_t columns;
	char *clean_word = clean_text(word, &columns);
	char *clean_what = clean_text(what, &columns);

	if (!strcmp(clean_word, word)) {
		output_raw(word);
		output_raw(*what ? "\t" : "");
		output_raw(clean_what);
		output_raw("\n");
	}
	free(clean_word);
	free(clean_what);
}

/**
 * words_files() - the shell knows better: a file's name
 */
void words_files(void)
{
	output_raw(":files\n");
}
