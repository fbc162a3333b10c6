/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_SOCKDIAG_H
#define REAPERCTL_SOCKDIAG_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/sockets.h"

struct inet_diag_msg;

/**
 * struct sockdiag - what the kernel tells of a connection, besides its queues
 * @received: bytes, without the peer's end
 * @read: how many of them were read
 * @sent: bytes, without those sent again; 0 if not known
 * @received_ms: time since the last data came, or since the beginning
 * @sent_ms: likewise, since data was last sent
 * @window: how many bytes the peer takes now; UINT64_MAX: not known
 */
struct sockdiag {
	uint64_t received;
	uint64_t read;
	uint64_t sent;
	uint64_t received_ms;
	uint64_t sent_ms;
	uint64_t window;
};

typedef void (*sockdiag_fn)(const struct inet_diag_msg *msg, void *arg);

bool sockdiag_read(struct sockdiag *facts, const struct sock *sock);
bool sockdiag_each(uint32_t states, unsigned int port, sockdiag_fn fn,
		   void *arg);

#endif
