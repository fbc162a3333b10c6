/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_LOGS_H
#define REAPERCTL_LOGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/logfile.h"
#include "kernel/netns.h"

/* So many namespaces are read at a time: anybody may have made thousands. */
#define LOGS_BATCH 256

/**
 * struct logpart - the log of a namespace
 * @ns: the namespace
 * @inode: its, which may be gone
 * @log: what was read and not shown
 * @lost: how many of those that are asked for are neither there nor to be had
 */
struct logpart {
	const struct netns *ns;
	uint64_t inode;
	struct logfile log;
	uint64_t lost;
};

/**
 * struct logs - the logs of some namespaces
 * @all: the namespaces
 * @netns: those of them that are read now
 * @parts: a part for each of those
 * @wanted: what is asked for
 * @follow: and what comes afterwards
 * @begun: the heading was shown
 */
struct logs {
	const struct netns_set *all;
	struct netns_set *netns;
	struct logpart *parts;
	struct logwanted wanted;
	bool follow;
	bool begun;
};

struct netns_set logs_batch(const struct netns_set *all, size_t first);
struct logpart *logs_new_parts(size_t n);
enum rc logs_open(struct logs *logs);
void logs_trim(struct logpart *part, const struct logwanted *wanted,
	       bool from_journal);
enum rc logs_judge(const struct logs *logs);
const struct logpart *logs_part_of(const struct logpart *parts, size_t n,
				   uint64_t inode);
void logs_close(struct logpart *parts, size_t n);

#endif
