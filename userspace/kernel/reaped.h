/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_REAPED_H
#define REAPERCTL_REAPED_H

#include <stddef.h>
#include <stdint.h>

#include "base/rc.h"
#include "kernel/netns.h"

/**
 * struct reaped - inode numbers of sockets that were ended lately
 * @v: the numbers; a descriptor that has one is still open
 * @n: how many
 * @cap: how many there is room for
 */
struct reaped {
	uint64_t *v;
	size_t n;
	size_t cap;
};

enum rc reaped_read(struct reaped *reaped, const struct netns *ns);
void reaped_free(struct reaped *reaped);

#endif
