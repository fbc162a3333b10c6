/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_SELFTESTS_ENDPOINT_H
#define TCP_REAPER_SELFTESTS_ENDPOINT_H

#include <stdbool.h>
#include <sys/socket.h>

/* What endpoint_option() understands; a program adds its own letters. */
#define ENDPOINT_OPTIONS "46ma:p:N:"

/**
 * struct endpoint - where the connections of a helper run
 * @family: AF_INET or AF_INET6 of the listener
 * @mapped: the listener is a dual-stack IPv6 socket, the clients are IPv4
 * @smc: sockets of SMC on both sides, by addresses of IPv4
 * @protocol: 0, or IPPROTO_MPTCP for the connecting side
 * @address: what clients connect to; NULL: the loopback address
 * @port: where to listen; 0: the kernel chooses, and endpoint_listen() fills it
 * in
 * @home: descriptor of the network namespace the program was started in
 * @away: descriptor of the other side's namespace, or -1: both live in @home
 * @listener: the listening socket
 * @reuseport: others of this user may listen on the same port
 */
struct endpoint {
	int family;
	bool mapped;
	bool smc;
	int protocol;
	const char *address;
	int port;
	int home;
	int away;
	int listener;
	bool reuseport;
};

void endpoint_init(struct endpoint *ep);
bool endpoint_option(struct endpoint *ep, int opt, const char *arg);
const char *endpoint_name(const struct endpoint *ep);
void endpoint_listen(struct endpoint *ep, int backlog, bool away);
int endpoint_connect(const struct endpoint *ep, bool away);
int endpoint_accept(const struct endpoint *ep);

#endif
