// SPDX-License-Identifier: GPL-2.0-only
/*
 * The settings of a namespace. Which there are is read from the directory the
 * module makes, so one that is added there needs no change here.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "base/mem.h"
#include "base/near.h"
#include "kernel/kfile.h"
#include "kernel/knobs.h"
#include "show/output.h"
#include "show/words.h"

const char *const classes[CLASSES] = {
	"close_wait",
	"orphan",
	"fin_wait2",
	"established",
};

/**
 * struct known - a setting of which this tool knows what it takes
 * @key: its sysctl's name
 * @words: what it takes, parted by '|'; NULL: a number, or a time
 * @where: a setting of namespaces, of the template, or of both
 */
struct known {
	const char *key;
	const char *words;
	int where;
};

#define OF_NETNS 1
#define OF_TEMPLATE 2

/* For refusals, and where there is no module to ask. */
static const struct known known[] = {
	{ "mode", "off|observe|enforce", OF_NETNS | OF_TEMPLATE },
	{ "reaps_per_s", NULL, OF_NETNS },
	{ "close_wait_timeout_ms", NULL, OF_NETNS | OF_TEMPLATE },
	{ "close_wait_action", "reset|fin", OF_NETNS },
	{ "close_wait_linger_ms", NULL, OF_NETNS },
	{ "close_wait_spare_active", "0|1", OF_NETNS },
	{ "close_wait_spare_unread", "0|1", OF_NETNS },
	{ "orphan_timeout_ms", NULL, OF_NETNS | OF_TEMPLATE },
	{ "orphan_max", NULL, OF_NETNS | OF_TEMPLATE },
	{ "orphan_kernel_sockets", "0|1", OF_NETNS },
	{ "fin_wait2_timeout_ms", NULL, OF_NETNS },
	{ "established_timeout_ms", NULL, OF_NETNS },
	{ "established_action", "probe|reset", OF_NETNS },
	{ "established_keepalive", "0|1", OF_NETNS },
	{ "netns_admin", "Y|N", OF_TEMPLATE },
	{ "max_tracked", NULL, OF_TEMPLATE },
	{ "census_interval_s", NULL, OF_TEMPLATE },
	{ "log_kb", NULL, OF_TEMPLATE },
};

#define KNOWN (sizeof(known) / sizeof(known[0]))

#define TIMES "30s, 5m, 1h30m, 2d, milliseconds, or never"

static const struct known *known_of(const char *key)
{
	size_t i;

	for (i = 0; i < KNOWN; i++) {
		if (knob_same_key(known[i].key, key))
			return &known[i];
	}
	return NULL;
}

/* Is @text one of the @words? */
static bool among(const char *words, const char *text)
{
	size_t len = strlen(text);

	for (; *words; words += strspn(words, "|")) {
		size_t word = strcspn(words, "|");

		if (word == len && !strncmp(words, text, len))
			return true;
		words += word;
	}
	return false;
}

static void add(const char *file, const char *target, void *arg)
{
	struct knobs *knobs = arg;
	size_t len = strlen(file);
	struct knob *knob;
	size_t i;

	(void)target;
	if (len >= KNOB_NAME)
		return;
	knob = mem_add(knobs);
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

/* A sysctl's name as sysctl(8) takes it, without what they all begin with. */
static const char *skip_net(const char *key)
{
	static const char net[] = "net.tcp_reaper.";
	size_t i;

	for (i = 0; net[i]; i++) {
		if (key[i] != net[i] && (net[i] != '.' || key[i] != '/'))
			return key;
	}
	return key + i;
}

/**
 * knob_same_key() - do both name the same setting?
 * @a: with '.' or '/', or as the sysctl's name with '_'
 * @b: likewise
 *
 * Return: true if so.
 */
bool knob_same_key(const char *a, const char *b)
{
	a = skip_net(a);
	b = skip_net(b);
	for (; *a && *b; a++, b++) {
		if ((strchr("./", *a) ? '_' : *a) !=
		    (strchr("./", *b) ? '_' : *b))
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
 * knobs_hint() - what helps who asked for a setting that there is not
 * @text: room for it
 * @knobs: those there are
 * @key: what was asked for
 *
 * Return: @text, the end of a sentence.
 */
const char *knobs_hint(char text[KNOB_HINT], const struct knobs *knobs,
		       const char *key)
{
	struct near near = { .typed = key };
	size_t i;

	for (i = 0; i < knobs->n; i++)
		near_offer(&near, knobs->v[i].key);
	snprintf(text, KNOB_HINT, "%s%s%s\"reaperctl get\" shows all",
		 near.word ? "did you mean " : "", near.word ? near.word : "",
		 near.word ? "? " : "");
	return text;
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

/* A word that a person writes for a number. Return: it, or NULL. */
static const char *word_number(const char *key, const char *text)
{
	const struct known *of = known_of(key);
	bool off = !strcmp(text, "off") || !strcmp(text, "no");

	if (of && of->words)
		return strcmp(of->words, "0|1") != 0		     ? NULL
		       : off					     ? "0"
		       : !strcmp(text, "on") || !strcmp(text, "yes") ? "1"
								     : NULL;
	return (of || knob_is_time(key)) && (off || !strcmp(text, "never") ||
					     !strcmp(text, "none"))
		       ? "0"
		       : NULL;
}

static bool ends_in(const char *text, const char *end)
{
	size_t len = strlen(text);
	size_t of = strlen(end);

	return len > of && !strcmp(text + len - of, end);
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
	const char *word = word_number(key, text);
	uint64_t ms;

	if (word)
		text = word;
	if (ends_in(key, "_s") && !number_parse(text, &ms) &&
	    duration_parse(text, &ms) && !(ms % 1000)) {
		snprintf(value, KNOB_VALUE, "%" PRIu64, ms / 1000);
		return NULL;
	}
	if (!knob_is_time(key)) {
		/* One line; the kernel would take the first for the whole. */
		if (!*text || strlen(text) >= KNOB_VALUE - 1 ||
		    strchr(text, '\n'))
			return "no such value";
		strcpy(value, text);
		return NULL;
	}
	if (!duration_parse(text, &ms))
		return "not a time: " TIMES;
	if (ms > UINT32_MAX)
		return "more than 4294967295 ms, about 49 days";
	snprintf(value, KNOB_VALUE, "%" PRIu64, ms);
	return NULL;
}

/**
 * knob_values() - what a setting takes
 * @key: its name
 *
 * Return: a few words, to go after "it takes".
 */
const char *knob_values(const char *key)
{
	const struct known *of = known_of(key);

	if (knob_is_time(key))
		return "a time up to 49 days: " TIMES;
	if (of && of->words)
		return of->words;
	return of ? "a number up to 4294967295; 0 is none"
		  : "what reaperctl(8) says of it";
}

/**
 * knob_judge() - is it right, as far as this tool knows?
 * @key: the setting's name
 * @template: it is to be one of the template
 * @value: the value, as the kernel takes it
 *
 * Return: NULL, or what is wrong, to go before knob_values(@key) if @value is.
 */
const char *knob_judge(const char *key, bool template, const char *value)
{
	const struct known *of = known_of(key);
	uint64_t number;

	if (!of || !(of->where & (template ? OF_TEMPLATE : OF_NETNS)))
		return template ? "no such setting of the template"
				: "no such setting";
	if (of->words ? !among(of->words, value)
		      : !number_parse(value, &number) || number > UINT32_MAX)
		return "no such value";
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
