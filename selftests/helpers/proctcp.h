/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_SELFTESTS_PROCTCP_H
#define TCP_REAPER_SELFTESTS_PROCTCP_H

#include <stdbool.h>

/*
 * The numbers of the kernel's states, as /proc/net/tcp prints them; ANY is any
 * state but TIME_WAIT, in which no socket is left.
 */
enum tcp_state {
	TCP_STATE_ANY = 0,
	TCP_STATE_FIN_WAIT1 = 4,
	TCP_STATE_FIN_WAIT2 = 5,
	TCP_STATE_TIME_WAIT = 6,
	TCP_STATE_LAST_ACK = 9,
	TCP_STATE_CLOSING = 11,
	TCP_STATES,
};

extern const char *const tcp_state_words[TCP_STATES];

/**
 * struct tcp_ends - what tells sockets from others of their namespace
 * @family: AF_INET or AF_INET6
 * @remote: the port they are connected to
 * @is_local: which local ports they have; one of these alone may be another
 *	connection's too, to another remote port
 */
struct tcp_ends {
	int family;
	unsigned int remote;
	bool is_local[65536];
};

void tcp_ends_add_peer(struct tcp_ends *ends, int fd);
int tcp_orphans(const struct tcp_ends *ends, enum tcp_state state);

#endif
