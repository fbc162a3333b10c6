/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_LISTENERS_H
#define REAPERCTL_LISTENERS_H

#include <stddef.h>
#include <stdint.h>

#include "kernel/address.h"

/**
 * struct listener - a socket that listens
 * @at: where
 * @inode: its inode number
 * @waiting: connections in its queue, also those that have ended meanwhile
 * @limit: how many it takes; 0: not known
 */
struct listener {
	struct address at;
	uint64_t inode;
	uint64_t waiting;
	uint64_t limit;
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

/* Room for listener_name(): an address, or some words. */
#define LISTENER_NAME 64

void listeners_read(struct listeners *listeners);
const struct listener *listeners_find(const struct listeners *listeners,
				      const char *local);
const struct listener *listeners_next(const struct listeners *listeners,
				      const struct listener *listener);
const char *listener_name(char text[LISTENER_NAME],
			  const struct listener *listener);
uint64_t listener_living(const struct listener *listener);
void listeners_free(struct listeners *listeners);

#endif
