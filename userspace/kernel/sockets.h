/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_SOCKETS_H
#define REAPERCTL_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rc.h"
#include "base/strlist.h"
#include "kernel/netns.h"
#include "kernel/socket.h"

/**
 * struct sockets - those of a namespace
 * @at: where in @bytes each is, in their order
 * @n: how many
 * @cap: how many there is room for
 * @bytes: the sockets, packed
 * @len: how many bytes
 * @room: how many there is room for
 * @words: those that come in them
 */
struct sockets {
	uint32_t *at;
	size_t n;
	size_t cap;
	unsigned char *bytes;
	size_t len;
	size_t room;
	struct strlist words;
};

typedef bool (*sockets_keep_fn)(const struct sock *sock, const void *arg);

enum rc sockets_read(struct sockets *sockets, const struct netns *ns,
		     sockets_keep_fn keep, const void *arg);
void sockets_add(struct sockets *sockets, const struct sock *sock);
void sockets_get(const struct sockets *sockets, size_t i, struct sock *sock);
void sockets_get_all(const struct sockets *sockets, size_t i,
		     struct sock *sock);
uint64_t sockets_due(uint64_t *probed);
bool sockets_sort(struct sockets *sockets, const char *by, bool reverse);
void sockets_sort_words(void);
void sockets_free(struct sockets *sockets);

#endif
