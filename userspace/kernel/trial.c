// SPDX-License-Identifier: GPL-2.0-only
/*
 * Settings that the module takes back by itself.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "base/mem.h"
#include "kernel/badlines.h"
#include "kernel/kfile.h"
#include "kernel/paths.h"
#include "kernel/trial.h"

#define LEFT "left_ms "

struct reading {
	struct trial *trial;
	struct badlines bad;
};

/* The next word of @text, as far as it fits. */
static bool word(char *to, size_t room, char **text)
{
	char *from = strsep(text, " ");

	if (!from || !*from || strlen(from) >= room)
		return false;
	strcpy(to, from);
	return true;
}

static int take(const struct kline *line, void *arg)
{
	struct reading *reading = arg;
	struct trial *trial = reading->trial;
	const char *why = line->bad;
	struct tried one = { "", "", "" };
	char *text = line->text;
	char *slash;

	if (!why && !strncmp(text, LEFT, sizeof(LEFT) - 1)) {
		if (!number_parse(text + sizeof(LEFT) - 1, &trial->left_ms))
			why = "has no number";
	} else if (!why) {
		if (word(one.key, sizeof(one.key), &text) &&
		    word(one.value, sizeof(one.value), &text) &&
		    word(one.was, sizeof(one.was), &text)) {
			/* As people write it. */
			slash = strchr(one.key, '/');
			if (slash)
				*slash = '.';
			*mem_add(trial) = one;
		} else {
			why = "is no setting and its values";
		}
	}
	if (why)
		badlines_add(&reading->bad, line, why);
	return 0;
}

/**
 * trial_read() - which settings of a namespace go back?
 * @trial: zeroed; trial_free() it in any case
 * @ns: where the caller is, for the message
 *
 * A module of before has none.
 *
 * Return: RC_DONE, or RC_FAILED after a line on stderr.
 */
enum rc trial_read(struct trial *trial, const struct netns *ns)
{
	struct reading reading = { .trial = trial };
	int err = kfile_lines(PROC_TRIAL, take, &reading);

	return badlines_report(&reading.bad, PROC_TRIAL, ns,
			       err == -ENOENT ? 0 : err);
}

/**
 * trial_of() - does a setting go back?
 * @trial: all that do
 * @key: its name
 *
 * Return: it, or NULL.
 */
const struct tried *trial_of(const struct trial *trial, const char *key)
{
	size_t i;

	for (i = 0; i < trial->n; i++) {
		if (knob_same_key(trial->v[i].key, key))
			return &trial->v[i];
	}
	return NULL;
}

/**
 * trial_text() - a trial, as the module takes it
 * @trial: what is to be tried, and for how long
 *
 * Return: the text; free() it.
 */
char *trial_text(const struct trial *trial)
{
	char *text = NULL;
	size_t size, i;
	FILE *file = open_memstream(&text, &size);
	char *dot;

	mem_or_die(file);
	fprintf(file, "%" PRIu64, trial->left_ms ? trial->left_ms : 1);
	for (i = 0; i < trial->n; i++) {
		char key[KNOB_NAME];

		strcpy(key, trial->v[i].key);
		dot = strchr(key, '.');
		if (dot)
			*dot = '/';
		fprintf(file, " %s=%s", key, trial->v[i].value);
	}
	return mem_or_die(fclose(file) ? NULL : text);
}

/**
 * trial_free() - forget it
 * @trial: what was read
 */
void trial_free(struct trial *trial)
{
	free(trial->v);
	memset(trial, 0, sizeof(*trial));
}
