/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_APPLIED_H
#define REAPERCTL_APPLIED_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/netns.h"

/**
 * struct applied_one - a namespace that has got its section
 * @name: its name; "" for the initial one
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

void applied_load(struct applied *applied);
bool applied_has(const struct applied *applied, const char *name);
void applied_add(struct applied *applied, const char *name);
void applied_save(const struct applied *applied);
void applied_free(struct applied *applied);
enum netns_kind applied_named(const char *name);
int load_lock(void);
void load_share(void);
void load_served(void);

#endif
