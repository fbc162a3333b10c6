/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_LOOK_H
#define REAPERCTL_LOOK_H

#include <stddef.h>
#include <stdint.h>

#define LOOK_KEY 64

/**
 * struct look - what was counted for somebody, some time
 * @netns: the namespace's inode number
 * @key: who: a word
 * @time_ms: when, since boot, sleep included
 * @sockets: how many tracked sockets
 * @fds: how many descriptors, 0 if there is no process
 */
struct look {
	uint64_t netns;
	char key[LOOK_KEY];
	uint64_t time_ms;
	uint64_t sockets;
	uint64_t fds;
};

/**
 * struct looks - what is remembered from call to call
 * @v: the looks; those that were recalled come first, in the order of their
 *	namespaces and keys, and have time 0 once they are forgotten
 * @old: how many were recalled
 * @n: how many
 * @cap: how many there is room for
 */
struct looks {
	struct look *v;
	size_t old;
	size_t n;
	size_t cap;
};

uint64_t look_now_ms(void);
void looks_load(struct looks *looks);
const struct look *looks_find(const struct looks *looks, uint64_t netns,
			      const char *key);
void looks_forget(struct looks *looks, uint64_t netns);
void looks_add(struct looks *looks, const struct look *look);
void looks_save(const struct looks *looks);
void looks_free(struct looks *looks);

#endif
