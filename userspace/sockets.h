/* SPDX-License-Identifier: GPL-2.0 */
#ifndef REAPERCTL_SOCKETS_H
#define REAPERCTL_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netns.h"
#include "reaperctl.h"

#define SOCKET_WORD 24

/* The longest: an IPv6 address with a mapped IPv4 one, brackets and a port. */
#define SOCKET_ADDRESS 56

/**
 * struct sock - a tracked socket
 * @class: one of the classes
 * @state: its state, as the kernel names it
 * @local: its own address
 * @remote: its peer's address
 * @verdict: what is to become of it
 * @age_ms: time since its first clock started
 * @idle_ms: time since its last progress
 * @uid: its owner's, or who made it
 * @inode: its inode number; 0 if no descriptor was ever made, or none is left
 * @rxq: bytes received and not read
 * @txq: bytes sent and not acknowledged, or not sent
 */
struct sock {
	char class[SOCKET_WORD];
	char state[SOCKET_WORD];
	char local[SOCKET_ADDRESS];
	char remote[SOCKET_ADDRESS];
	char verdict[SOCKET_WORD];
	uint64_t age_ms;
	uint64_t idle_ms;
	uint64_t uid;
	uint64_t inode;
	uint64_t rxq;
	uint64_t txq;
};

/**
 * struct sockets - those of a namespace
 * @v: the sockets
 * @n: how many
 * @cap: how many there is room for
 */
struct sockets {
	struct sock *v;
	size_t n;
	size_t cap;
};

enum rc sockets_read(struct sockets *sockets, const struct netns *ns);
bool sockets_sort(struct sockets *sockets, const char *by, bool reverse);
void sockets_sort_words(void);
void sockets_free(struct sockets *sockets);

#endif
