/* SPDX-License-Identifier: GPL-2.0 */
#ifndef REAPERCTL_APPLIED_H
#define REAPERCTL_APPLIED_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct applied_one - a namespace that has got its section
 * @name: its name
 * @inode: its inode number, which another may have later
 * @ctime_ns: when that was made, which tells them apart
 */
struct applied_one {
	char name[NAME_MAX + 1];
	uint64_t inode;
	uint64_t ctime_ns;
};

/**
 * struct applied - those of them since the boot
 * @v: the namespaces
 * @n: how many
 * @cap: how many there is room for
 */
struct applied {
	struct applied_one *v;
	size_t n;
	size_t cap;
};

/**
 * enum applied_name - what is behind a name of `ip netns`
 * @APPLIED_ABSENT: nothing
 * @APPLIED_MAKING: a file, which is to become a namespace
 * @APPLIED_THERE: a namespace
 */
enum applied_name {
	APPLIED_ABSENT,
	APPLIED_MAKING,
	APPLIED_THERE,
};

void applied_load(struct applied *applied);
bool applied_has(const struct applied *applied, const char *name);
void applied_add(struct applied *applied, const char *name);
void applied_save(const struct applied *applied);
void applied_free(struct applied *applied);
enum applied_name applied_named(const char *name);

#endif
