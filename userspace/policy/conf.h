/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_CONF_H
#define REAPERCTL_CONF_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/rc.h"
#include "base/strlist.h"
#include "kernel/knobs.h"
#include "policy/name.h"
#include "policy/rulefile.h"

#define CONF_FILE "/etc/tcp_reaper.conf"
#define CONF_DIR "/etc/tcp_reaper.d"

/**
 * struct conf_entry - a setting of a section
 * @file: where it stands
 * @no: in which line
 * @key: as it was written
 * @text: its value as it was written
 * @value: its value as the kernel takes it
 */
struct conf_entry {
	const char *file;
	unsigned long no;
	char key[KNOB_NAME];
	char text[KNOB_VALUE];
	char value[KNOB_VALUE];
};

/**
 * struct conf_section - what is wanted of a namespace
 * @template: of the module's parameters, rather
 * @initial: of the initial namespace
 * @bad: something in it is wrong, and was reported
 * @name: the namespace's name, unless it is one of those
 * @v: its settings
 * @n: how many
 * @cap: how many there is room for
 * @rules: its rules, if @rules_no is not 0
 * @rules_file: where the first of them stands
 * @rules_no: in which line
 */
struct conf_section {
	bool template;
	bool initial;
	bool bad;
	char name[NAME_MAX + 1];
	struct conf_entry *v;
	size_t n;
	size_t cap;
	struct rulefile rules;
	const char *rules_file;
	unsigned long rules_no;
};

/**
 * struct conf - persistent policy
 * @v: the sections, in the order in which they first came
 * @n: how many
 * @cap: how many there is room for
 * @unread: a file could not be read: what counts is not known
 * @offline: only to be judged, of another machine maybe
 * @files: the names of the files it is from
 */
struct conf {
	struct conf_section *v;
	size_t n;
	size_t cap;
	bool unread;
	bool offline;
	struct strlist files;
};

/* Room for conf_label(). */
#define CONF_LABEL (NAME_QUOTED + 16)

const char *conf_label(char text[CONF_LABEL],
		       const struct conf_section *section);
enum rc conf_read(struct conf *conf, const char *path);
enum rc conf_read_text(struct conf *conf, const char *name, char *text,
		       size_t len);
enum rc conf_read_all(struct conf *conf);
void conf_free(struct conf *conf);

#endif
