// SPDX-License-Identifier: GPL-2.0
/*
 * The settings of a namespace. Which there are is read from the directory the
 * module makes, so one that is added there needs no change here.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "duration.h"
#include "kfile.h"
#include "knobs.h"
#include "mem.h"
#include "output.h"
#include "words.h"

const char *const classes[CLASSES] = {
	"close_wait",
	"orphan",
	"fin_wait2",
	"established",
};

static void add(const char *file, const char *target, void *arg)
{
	struct knobs *knobs = arg;
	size_t len = strlen(file);
	struct knob *knob;
	size_t i;

	(void)target;
	if (len >= KNOB_NAME)
		return;
	knobs->v = mem_grow(knobs->v, knobs->n, &knobs->cap, sizeof(*knobs->v));
	knob = &knobs->v[knobs->n++];
	memset(knob, 0, sizeof(*knob));
	snprintf(knob->path, sizeof(knob->path), SYSCTL_REAPER "/%s", file);
	memcpy(knob->key, file, len);
	for (i = 0; i < CLASSES; i++) {
		size_t group = strlen(classes[i]);

		if (!strncmp(file, classes[i], group) && file[group] == '_' &&
		    file[group + 1]) {
			knob->key[group] = '.';
			knob->group = classes[i];
		}
	}
}

static int rank(const struct knob *knob)
{
	int i;

	if (!knob->group)
		return 0;
	for (i = 0; i < CLASSES && classes[i] != knob->group; i++)
		;
	return i + 1;
}

static int by_rank(const void *a, const void *b)
{
	int x = rank(a);
	int y = rank(b);

	if (x != y)
		return x < y ? -1 : 1;
	return strcmp(((const struct knob *)a)->key,
		      ((const struct knob *)b)->key);
}

/**
 * knobs_find() - which settings are there?
 * @knobs: zeroed; knobs_free() it in any case
 * @ns: where the caller is, for the message
 *
 * Return: RC_DONE, or RC_FAILED after a line on stderr.
 */
enum rc knobs_find(struct knobs *knobs, const struct netns *ns)
{
	char label[NETNS_LABEL];
	size_t i;
	int err;

	err = kfile_entries(SYSCTL_REAPER, add, knobs);
	if (err || !knobs->n) {
		output_error("no settings in %s: %s: %s; is /proc mounted whole? dmesg may say more",
			     netns_label(label, ns), SYSCTL_REAPER,
			     err ? strerror(-err) : "empty");
		return RC_FAILED;
	}
	qsort(knobs->v, knobs->n, sizeof(*knobs->v), by_rank);
	/* Only now do they stay where they are. */
	for (i = 0; i < knobs->n; i++) {
		struct knob *knob = &knobs->v[i];

		knob->name = knob->key;
		if (knob->group)
			knob->name += strlen(knob->group) + 1;
	}
	return RC_DONE;
}

/**
 * knobs_free() - forget the settings
 * @knobs: what was found
 */
void knobs_free(struct knobs *knobs)
{
	free(knobs->v);
	memset(knobs, 0, sizeof(*knobs));
}

/**
 * knob_same_key() - do both name the same setting?
 * @a: with '.' or '/'
 * @b: likewise
 *
 * Return: true if so.
 */
bool knob_same_key(const char *a, const char *b)
{
	for (; *a && *b; a++, b++) {
		if ((*a == '/' ? '.' : *a) != (*b == '/' ? '.' : *b))
			return false;
	}
	return *a == *b;
}

/**
 * knobs_get() - the setting of that name
 * @knobs: the settings
 * @key: as a user writes it, with '.' or '/'
 *
 * Return: the setting, or NULL.
 */
const struct knob *knobs_get(const struct knobs *knobs, const char *key)
{
	size_t i;

	for (i = 0; i < knobs->n; i++) {
		if (knob_same_key(knobs->v[i].key, key))
			return &knobs->v[i];
	}
	return NULL;
}

/**
 * knobs_words() - the names of the settings of the own namespace
 */
void knobs_words(void)
{
	struct knobs knobs = { 0 };
	char value[KNOB_VALUE];
	size_t i;

	if (!kfile_entries(SYSCTL_REAPER, add, &knobs) && knobs.n)
		qsort(knobs.v, knobs.n, sizeof(*knobs.v), by_rank);
	for (i = 0; i < knobs.n; i++)
		words_add(knobs.v[i].key,
			  knob_read(&knobs.v[i], value) ? "" : value);
	knobs_free(&knobs);
}

/**
 * knob_is_time() - does that setting take a span of time?
 * @key: its name
 *
 * Return: true if it is in milliseconds.
 */
bool knob_is_time(const char *key)
{
	size_t len = strlen(key);

	return len > 3 && !strcmp(key + len - 3, "_ms");
}

/**
 * knob_parse() - a value as a person writes it
 * @key: the setting's name
 * @text: what was written
 * @value: the result, as the kernel takes it
 *
 * Return: NULL, or what is wrong with it, as far as that can be told here.
 */
const char *knob_parse(const char *key, const char *text,
		       char value[KNOB_VALUE])
{
	uint64_t ms;

	if (!knob_is_time(key)) {
		/* One line; the kernel would take the first for the whole. */
		if (!*text || strlen(text) >= KNOB_VALUE - 1 ||
		    strchr(text, '\n'))
			return "no such value";
		strcpy(value, text);
		return NULL;
	}
	if (!duration_parse(text, &ms))
		return "not a time: 30s, 5m, 1h30m or milliseconds";
	if (ms > UINT32_MAX)
		return "more than 4294967295 ms, about 49 days";
	snprintf(value, KNOB_VALUE, "%" PRIu64, ms);
	return NULL;
}

/**
 * knob_read() - the value in force
 * @knob: the setting
 * @value: the result, a string even on error
 *
 * Return: 0 or a negative errno.
 */
int knob_read(const struct knob *knob, char value[KNOB_VALUE])
{
	return kfile_value(knob->path, value, KNOB_VALUE);
}

/**
 * knob_unreadable() - say that knob_read() failed
 * @knob: the setting
 * @ns: where the caller is
 * @err: what it returned
 */
void knob_unreadable(const struct knob *knob, const struct netns *ns, int err)
{
	char label[NETNS_LABEL];

	output_error("%s: cannot be read in %s: %s: %s; %s", knob->key,
		     netns_label(label, ns), knob->path, strerror(-err),
		     err == -EACCES || err == -EPERM
			     ? "run it as root"
			     : "try again; dmesg may say more");
}
