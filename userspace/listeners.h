/* SPDX-License-Identifier: GPL-2.0 */
#ifndef REAPERCTL_LISTENERS_H
#define REAPERCTL_LISTENERS_H

#include <stddef.h>
#include <stdint.h>

/**
 * struct listener - a socket that listens
 * @port: where
 * @inode: its inode number
 * @waiting: connections in its queue
 */
struct listener {
	unsigned int port;
	uint64_t inode;
	uint64_t waiting;
};

/**
 * struct listeners - those of a namespace
 * @v: the listeners
 * @n: how many
 * @cap: how many there is room for
 */
struct listeners {
	struct listener *v;
	size_t n;
	size_t cap;
};

void listeners_read(struct listeners *listeners);
const struct listener *listeners_find(const struct listeners *listeners,
				      unsigned int port);
void listeners_free(struct listeners *listeners);

#endif
