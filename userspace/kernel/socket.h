/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_SOCKET_H
#define REAPERCTL_SOCKET_H

#include <stdint.h>

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
 * @timeout_ms: the timeout in force for it, 0: none; UINT64_MAX: not known
 * @action: what is done when it is due; "probing": its peer is asked already;
 *	"" if not known
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
	uint64_t timeout_ms;
	char action[SOCKET_WORD];
};

#endif
