/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_ITEM_H
#define REAPERCTL_ITEM_H

#include <stdint.h>

#include "find/owner.h"
#include "kernel/process.h"
#include "kernel/sockets.h"

/* In struct item's @number: it is a port, of this end or of the other. */
#define ITEM_LOCAL_PORT (1ULL << 32)
#define ITEM_REMOTE_PORT (1ULL << 33)

/**
 * struct item - a socket, and what its group is told by
 * @sock: the socket
 * @owner: whose it is
 * @process: who has to do something about it, or NULL; read with its watches
 * @cgroup: the service's, or ""
 * @comm: the program's name, or ""
 * @heir: the program that inherited it, or ""
 * @number: of the program's first process, of a listener, or of a port
 */
struct item {
	const struct sock *sock;
	struct owner owner;
	const struct process *process;
	const char *cgroup;
	const char *comm;
	const char *heir;
	uint64_t number;
};

#endif
