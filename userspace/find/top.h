/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_TOP_H
#define REAPERCTL_TOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/knobs.h"
#include "kernel/netns.h"

#define TOP_AGES 6
#define TOP_NAME 64

/**
 * struct top_class - a class in all chosen namespaces
 * @tracked: how many sockets
 * @due: how many of them are due
 * @oldest_ms: age of the oldest
 * @reaped: counter, with those evicted
 * @would_reap: counter, of mode observe
 * @timeout: what is set, in words
 */
struct top_class {
	uint64_t tracked;
	uint64_t due;
	uint64_t oldest_ms;
	uint64_t reaped;
	uint64_t would_reap;
	char timeout[24];
};

/**
 * struct top_row - a line of the lower table: a process, or a namespace
 * @pid: the process; 0 for those without one
 * @name: its name, fit for a terminal; or the namespace's
 * @unit: the service or container that it is of, likewise, or ""
 * @mode: of a namespace
 * @sockets: tracked ones
 * @due: of them
 * @oldest_ms: age of the oldest
 * @reaped: counter of a namespace, with those evicted
 * @would_reap: likewise, of mode observe
 * @fds: descriptors of a process
 * @fd_limit: how many it may have
 * @state: of a process, a letter
 * @more: sockets more than at the last refresh
 */
struct top_row {
	int pid;
	char name[TOP_NAME];
	char unit[TOP_NAME];
	char mode[16];
	uint64_t sockets;
	uint64_t due;
	uint64_t oldest_ms;
	uint64_t reaped;
	uint64_t would_reap;
	uint64_t fds;
	uint64_t fd_limit;
	char state;
	int64_t more;
};

/**
 * struct top_rows - one of the lower tables
 * @v: its lines
 * @n: how many
 * @cap: how many there is room for
 */
struct top_rows {
	struct top_row *v;
	size_t n;
	size_t cap;
};

/**
 * struct top_data - all that is shown
 * @at_ms: when it was gathered
 * @where: which namespaces, in words
 * @mode: the mode in force, or "mixed"
 * @classes: by class
 * @ages: tracked sockets by age
 * @processes: who holds them
 * @namespaces: where they are
 * @unheld: inode numbers of sockets with none, by rising number
 * @unheld_n: how many
 */
struct top_data {
	uint64_t at_ms;
	char where[NETNS_LABEL];
	char mode[16];
	struct top_class classes[CLASSES];
	uint64_t ages[TOP_AGES];
	struct top_rows processes;
	struct top_rows namespaces;
	uint64_t *unheld;
	size_t unheld_n;
};

/**
 * struct top_view - how it is shown
 * @sort: by which column
 * @reverse: the other way round
 * @namespaces: these, not the processes
 * @many: there may be several
 * @every_ms: time between refreshes
 * @paused: no refresh
 */
struct top_view {
	unsigned int sort;
	bool reverse;
	bool namespaces;
	bool many;
	uint64_t every_ms;
	bool paused;
};

extern const char *const top_age_names[TOP_AGES];
extern const char *const top_sorts[];

void top_gather(struct top_data *data, const struct netns_set *set,
		struct top_data *before);
void top_sort(struct top_rows *rows, const struct top_view *view);
void top_forget(struct top_data *data);

#endif
