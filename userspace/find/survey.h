/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_SURVEY_H
#define REAPERCTL_SURVEY_H

#include <stdbool.h>
#include <stddef.h>

#include "kernel/netns.h"
#include "kernel/proc.h"
#include "kernel/sockets.h"

/**
 * struct survey_part - what was found in one namespace
 * @ns: the namespace
 * @sockets: those that were kept
 * @read: the file could be opened there
 */
struct survey_part {
	const struct netns *ns;
	struct sockets sockets;
	bool read;
};

/**
 * struct survey - tracked sockets of some namespaces, and who holds them
 * @netns: the namespaces
 * @parts: one for each, in their order
 * @sockets: how many in all
 * @more: of how many others the holders are looked for
 * @holders: who holds them, once survey_holders() was called
 * @unread: how many processes would not show their descriptors
 */
struct survey {
	const struct netns_set *netns;
	struct survey_part *parts;
	size_t sockets;
	size_t more;
	struct holders *holders;
	size_t unread;
};

enum rc survey_read(struct survey *survey, const struct netns_set *netns,
		    sockets_keep_fn keep, const void *arg);
void survey_want(struct survey *survey, size_t more);
void survey_holders(struct survey *survey);
void survey_free(struct survey *survey);

#endif
