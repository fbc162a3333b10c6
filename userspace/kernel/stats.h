/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_STATS_H
#define REAPERCTL_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rc.h"
#include "kernel/netns.h"

#define STAT_NAME 64

/**
 * struct stat_entry - a counter or gauge
 * @name: as in the file
 * @value: its value
 * @shown: for the caller: it has been dealt with
 */
struct stat_entry {
	char name[STAT_NAME];
	uint64_t value;
	bool shown;
};

/**
 * struct stats - all of a namespace, in the file's order
 * @v: the entries
 * @n: how many
 * @cap: how many there is room for
 */
struct stats {
	struct stat_entry *v;
	size_t n;
	size_t cap;
};

enum rc stats_read(struct stats *stats, const struct netns *ns);
enum rc stats_read_more(struct stats *stats, const char *path,
			const struct netns *ns);
void stats_add(struct stats *sum, const struct stats *more, bool gauges_only);
void stats_free(struct stats *stats);
struct stat_entry *stats_get(const struct stats *stats, const char *prefix,
			     const char *name);

#endif
