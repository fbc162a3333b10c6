/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_CHANGE_H
#define REAPERCTL_CHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/netns.h"

/**
 * struct change - a file of the module that is to get another value
 * @ns: in which namespace; NULL: it is of the whole machine
 * @path: the file
 * @key: what a user calls it
 * @value: the new value
 * @old: the value in force
 * @of: the caller's
 * @begins: with it a namespace begins to reap
 * @due: how many sockets were due as it did
 * @probed: how many of them only have their peer asked
 */
struct change {
	const struct netns *ns;
	char *path;
	char *key;
	char *value;
	char *old;
	const void *of;
	bool begins;
	uint64_t due;
	uint64_t probed;
};

/**
 * struct changes - those to be made together or not at all
 * @v: the changes
 * @n: how many
 * @cap: how many there is room for
 * @refused: which one the kernel refused, after changes_write()
 * @stayed: how many could not be taken back then
 */
struct changes {
	struct change *v;
	size_t n;
	size_t cap;
	const struct change *refused;
	size_t stayed;
};

struct change *changes_add(struct changes *changes, const struct netns *ns,
			   const char *path, const char *key);
int changes_write(struct changes *changes);
const char *change_hint(const struct change *change, int err);
void changes_free(struct changes *changes);

#endif
