/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_FOUND_H
#define REAPERCTL_FOUND_H

#include "find/group.h"
#include "find/look.h"
#include "find/processes.h"
#include "kernel/netns.h"

/**
 * struct findings - what was found in a namespace
 * @ns: the namespace; the program is in it
 * @owners: by which it was found
 * @processes: those that were looked at
 * @looks: what was there before
 * @groups: the sockets by owner, the worst first
 * @n: how many
 */
struct findings {
	const struct netns *ns;
	const struct owners *owners;
	struct processes *processes;
	const struct looks *looks;
	const struct group *groups;
	size_t n;
};

#endif
