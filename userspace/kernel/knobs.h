/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_KNOBS_H
#define REAPERCTL_KNOBS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/rc.h"
#include "kernel/netns.h"
#include "kernel/paths.h"

#define KNOB_NAME 64
#define KNOB_PATH (sizeof(SYSCTL_REAPER) + KNOB_NAME)
#define KNOB_VALUE 256
#define KNOB_HINT (KNOB_NAME + 64)

/**
 * struct knob - a setting of a namespace
 * @path: its file
 * @key: what a user calls it: close_wait.timeout_ms
 * @group: the class it belongs to, or NULL
 * @name: @key without the class
 */
struct knob {
	char path[KNOB_PATH];
	char key[KNOB_NAME];
	const char *group;
	const char *name;
};

/**
 * struct knobs - the settings there are, in the order to show them
 * @v: the settings
 * @n: how many
 * @cap: how many there is room for
 */
struct knobs {
	struct knob *v;
	size_t n;
	size_t cap;
};

/* The classes, in the order to show them. */
#define CLASSES 4
extern const char *const classes[CLASSES];

enum rc knobs_find(struct knobs *knobs, const struct netns *ns);
void knobs_free(struct knobs *knobs);
void knobs_words(void);
bool knob_same_key(const char *a, const char *b);
const struct knob *knobs_get(const struct knobs *knobs, const char *key);
const char *knobs_hint(char text[KNOB_HINT], const struct knobs *knobs,
		       const char *key);
bool knob_is_time(const char *key);
const char *knob_parse(const char *key, const char *text,
		       char value[KNOB_VALUE]);
const char *knob_values(const char *key);
const char *knob_judge(const char *key, bool template, const char *value);
int knob_read(const struct knob *knob, char value[KNOB_VALUE]);
void knob_unreadable(const struct knob *knob, const struct netns *ns, int err);

#endif
