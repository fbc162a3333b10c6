/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_TRIAL_H
#define REAPERCTL_TRIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rc.h"
#include "kernel/knobs.h"
#include "kernel/netns.h"

/**
 * struct tried - a setting that goes back by itself
 * @key: the setting
 * @value: its value
 * @was: what it goes back to
 */
struct tried {
	char key[KNOB_NAME];
	char value[KNOB_VALUE];
	char was[KNOB_VALUE];
};

/**
 * struct trial - all of a namespace
 * @left_ms: how long until then
 * @v: the settings; none: there is no trial
 * @n: how many
 * @cap: how many there is room for
 */
struct trial {
	uint64_t left_ms;
	struct tried *v;
	size_t n;
	size_t cap;
};

enum rc trial_read(struct trial *trial, const struct netns *ns);
const struct tried *trial_of(const struct trial *trial, const char *key);
char *trial_text(const struct trial *trial);
void trial_free(struct trial *trial);

#endif
