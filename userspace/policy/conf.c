// SPDX-License-Identifier: GPL-2.0-only
/*
 * Persistent policy: /etc/tcp_reaper.conf, then /etc/tcp_reaper.d/ in the
 * order of its names. What comes later counts. All mistakes are reported; a
 * mistake spoils its section, and no other one.
 */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "kernel/kfile.h"
#include "policy/conf.h"
#include "policy/textfile.h"
#include "show/output.h"

/* A file that is being read. */
struct reading {
	struct conf *conf;
	const char *file;
	unsigned long no;
	size_t section; /* one too many before the first */
	bool failed;
};

static void spoil(struct reading *reading)
{
	struct conf *conf = reading->conf;

	reading->failed = true;
	if (reading->section < conf->n)
		conf->v[reading->section].bad = true;
}

__printf(2, 3) static void wrong(struct reading *reading, const char *format,
				 ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	output_error("%s:%lu: %s", reading->file, reading->no, text);
	spoil(reading);
}

static char *trim(char *text)
{
	char *end = text + strlen(text);

	while (isspace((unsigned char)*text))
		text++;
	while (end > text && isspace((unsigned char)end[-1]))
		*--end = '\0';
	return text;
}

static void find_section(struct reading *reading, bool template, bool initial,
			 const char *name)
{
	struct conf *conf = reading->conf;
	struct conf_section *section;
	size_t i;

	for (i = 0; i < conf->n; i++) {
		if (conf->v[i].template == template &&
		    conf->v[i].initial == initial &&
		    !strcmp(conf->v[i].name, name))
			break;
	}
	reading->section = i;
	if (i < conf->n)
		return;
	section = mem_add(conf);
	section->template = template;
	section->initial = initial;
	snprintf(section->name, sizeof(section->name), "%s", name);
}

/* In quotes it may have blanks in it, and is a name even if it is "initial". */
static void named_section(struct reading *reading, const char *name)
{
	char unquoted[NAME_MAX + 1];
	bool good;

	if (*name == '"')
		good = name_unquote(unquoted, name) && name_good(unquoted);
	else
		good = name_good(name) && !strpbrk(name, " \t\"");
	if (good)
		find_section(reading, false, false,
			     *name == '"' ? unquoted : name);
	else
		wrong(reading,
		      "%s: not a name of a network namespace; one with blanks is written as \"a b\"",
		      name);
}

static void section_line(struct reading *reading, char *text)
{
	size_t len = strlen(text);
	char *name;

	/* What follows must not go to the section before. */
	reading->section = reading->conf->n;
	if (text[len - 1] != ']') {
		wrong(reading, "%s: no ']' at the end", text);
		return;
	}
	text[len - 1] = '\0';
	text = trim(text + 1);
	if (!strcmp(text, "template")) {
		find_section(reading, true, false, "");
		return;
	}
	name = text + strcspn(text, " \t");
	if (*name)
		*name++ = '\0';
	name = trim(name);
	if (strcmp(text, "netns") || !*name)
		wrong(reading,
		      "[%s%s%s]: neither [template], [netns initial] nor [netns NAME]",
		      text, *name ? " " : "", name);
	else if (!strcmp(name, "initial"))
		find_section(reading, false, true, "");
	else
		named_section(reading, name);
}

/**
 * conf_label() - what to call a section in a message
 * @text: room for it
 * @section: the section
 *
 * Return: @text.
 */
const char *conf_label(char text[CONF_LABEL],
		       const struct conf_section *section)
{
	char name[NAME_QUOTED];

	if (section->template)
		return strcpy(text, "template");
	snprintf(text, CONF_LABEL, "netns %s",
		 section->initial ? "initial"
				  : name_quote(name, section->name));
	return text;
}

/* A later file replaces the rules of an earlier one, all of them. */
static void rule_line(struct reading *reading, struct conf_section *section,
		      const char *text, bool none)
{
	if (section->rules_file != reading->file) {
		rulefile_free(&section->rules);
		section->rules_file = reading->file;
		section->rules_no = reading->no;
		section->rules.offline = reading->conf->offline;
	}
	if (!none &&
	    !rulefile_line(&section->rules, reading->file, reading->no, text))
		spoil(reading);
}

static void entry_line(struct reading *reading, struct conf_section *section,
		       const char *key, char *text)
{
	struct conf_entry *entry = NULL;
	char value[KNOB_VALUE];
	char *comment = strstr(text, " #");
	const char *why;
	size_t i;

	if (comment) {
		*comment = '\0';
		text = trim(text);
	}
	why = strlen(key) >= KNOB_NAME ? "no such setting"
				       : knob_parse(key, text, value);
	if (!why && reading->conf->offline) {
		why = knob_judge(key, section->template, value);
		if (why && !strcmp(why, "no such value")) {
			wrong(reading, "%s = %s: no such value; it takes %s",
			      key, text, knob_values(key));
			return;
		}
	}
	if (why) {
		wrong(reading, "%s = %s: %s", key, text, why);
		return;
	}
	for (i = 0; i < section->n; i++) {
		if (knob_same_key(section->v[i].key, key))
			entry = &section->v[i];
	}
	if (entry && entry->file == reading->file) {
		wrong(reading, "%s: given before, in line %lu", key, entry->no);
		return;
	}
	if (!entry) {
		entry = mem_add(section);
	}
	entry->file = reading->file;
	entry->no = reading->no;
	strcpy(entry->key, key);
	snprintf(entry->text, sizeof(entry->text), "%s", text);
	strcpy(entry->value, value);
}

static void line(struct reading *reading, char *text)
{
	struct conf_section *section;
	char *value;

	text = trim(text);
	if (!*text || *text == '#' || *text == ';')
		return;
	if (*text == '[') {
		section_line(reading, text);
		return;
	}
	value = strchr(text, '=');
	if (!value || value == text) {
		wrong(reading, "%s: neither [SECTION] nor KEY = VALUE", text);
		return;
	}
	*value++ = '\0';
	text = trim(text);
	value = trim(value);
	if (reading->section == reading->conf->n) {
		/* After a mistake in a heading one message is enough. */
		if (!reading->failed)
			wrong(reading, "%s: before the first section", text);
		return;
	}
	section = &reading->conf->v[reading->section];
	if (strcmp(text, "rule") && strcmp(text, "rules"))
		entry_line(reading, section, text, value);
	else if (section->template)
		wrong(reading, "%s: the template has no rules", text);
	else if (!strcmp(text, "rule"))
		rule_line(reading, section, value, false);
	else if (!strcmp(value, "none"))
		rule_line(reading, section, "", true);
	else
		wrong(reading,
		      "rules = %s: only \"rules = none\", or a line \"rule = ...\" for each",
		      value);
}

/**
 * conf_read_text() - read what is in memory already
 * @conf: as conf_read() has it
 * @name: what to call it in a message
 * @text: the text, which is taken apart
 * @len: of @text
 *
 * Return: as conf_read().
 */
enum rc conf_read_text(struct conf *conf, const char *name, char *text,
		       size_t len)
{
	struct reading reading = { .conf = conf, .section = conf->n };
	char *at;

	strlist_add(&conf->files, name);
	reading.file = conf->files.v[conf->files.n - 1];
	for (at = text; at < text + len;) {
		char *end = memchr(at, '\n', text + len - at);

		reading.no++;
		if (!end)
			end = text + len;
		*end = '\0';
		if (strlen(at) != (size_t)(end - at))
			wrong(&reading, "holds a NUL byte");
		else
			line(&reading, at);
		at = end + 1;
	}
	return reading.failed ? RC_FAILED : RC_DONE;
}

static enum rc read_file(struct conf *conf, const char *path, const char *shown)
{
	size_t len;
	char *text = textfile_read(path, shown, &len);
	enum rc rc = RC_FAILED;

	if (text)
		rc = conf_read_text(conf, shown, text, len);
	else
		conf->unread = true;
	free(text);
	return rc;
}

/**
 * conf_read() - read one file
 * @conf: zeroed; conf_free() it in any case
 * @path: as a user gave it; "-" for standard input
 *
 * Return: RC_DONE, or RC_FAILED after a line on stderr for each mistake.
 */
enum rc conf_read(struct conf *conf, const char *path)
{
	return read_file(conf, path, strcmp(path, "-") ? path : "stdin");
}

static void add_name(const char *name, const char *target, void *arg)
{
	size_t len = strlen(name);

	(void)target;
	if (*name != '.' && len > 5 && !strcmp(name + len - 5, ".conf"))
		strlist_add(arg, name);
}

static enum rc read_system(struct conf *conf, const char *path)
{
	char *full = kfile_path(path);
	enum rc rc = read_file(conf, full, path);

	free(full);
	return rc;
}

/**
 * conf_read_all() - read what /etc has
 * @conf: zeroed; conf_free() it in any case
 *
 * Return: RC_DONE, also if there is nothing; or RC_FAILED after a line on
 * stderr for each mistake.
 */
enum rc conf_read_all(struct conf *conf)
{
	struct strlist names = { 0 };
	enum rc rc = RC_DONE;
	size_t i;
	int err;

	if (kfile_exists(CONF_FILE))
		rc = read_system(conf, CONF_FILE);
	err = kfile_entries(CONF_DIR, add_name, &names);
	if (err && err != -ENOENT) {
		output_error(CONF_DIR ": cannot be read: %s", strerror(-err));
		conf->unread = true;
		rc = RC_FAILED;
	}
	strlist_sort(&names);
	for (i = 0; i < names.n; i++) {
		char path[sizeof(CONF_DIR) + NAME_MAX + 2];

		snprintf(path, sizeof(path), CONF_DIR "/%s", names.v[i]);
		rc = rc_first(rc, read_system(conf, path));
	}
	strlist_free(&names);
	return rc;
}

/**
 * conf_free() - forget all
 * @conf: what was read
 */
void conf_free(struct conf *conf)
{
	size_t i;

	for (i = 0; i < conf->n; i++) {
		free(conf->v[i].v);
		rulefile_free(&conf->v[i].rules);
	}
	free(conf->v);
	strlist_free(&conf->files);
	memset(conf, 0, sizeof(*conf));
}
