/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_PACKED_H
#define REAPERCTL_PACKED_H

#include <stddef.h>

#include "base/strlist.h"
#include "kernel/socket.h"

/* Two addresses with their lengths, four words, seven numbers. */
#define PACKED_MAX (2 * (1 + SOCKET_ADDRESS) + 11 * 10)

size_t packed_put(unsigned char *to, const struct sock *sock,
		  struct strlist *words);
void packed_get(struct sock *sock, const unsigned char *from,
		const struct strlist *words);
void packed_get_all(struct sock *sock, const unsigned char *from,
		    const struct strlist *words);
int packed_by_local(const unsigned char *a, const unsigned char *b);
int packed_by_remote(const unsigned char *a, const unsigned char *b);

#endif
