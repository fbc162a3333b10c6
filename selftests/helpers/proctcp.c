// SPDX-License-Identifier: GPL-2.0-only
/* Sockets without an owner, as /proc/net/tcp and tcp6 show them. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "proctcp.h"
#include "sock.h"

const char *const tcp_state_words[TCP_STATES] = {
	[TCP_STATE_FIN_WAIT1] = "fin_wait1",
	[TCP_STATE_FIN_WAIT2] = "fin_wait2",
	[TCP_STATE_LAST_ACK] = "last_ack",
	[TCP_STATE_CLOSING] = "closing",
};

/**
 * tcp_ends_add_peer() - add the socket at the other end of a connection
 * @ends: where to
 * @fd: our end
 */
void tcp_ends_add_peer(struct tcp_ends *ends, int fd)
{
	struct sockaddr_in6 address;
	socklen_t len = sizeof(address);

	if (getpeername(fd, (struct sockaddr *)&address, &len))
		die("getpeername");
	/* The port is at the same place in both families. */
	ends->is_local[ntohs(address.sin6_port)] = true;
}

/**
 * tcp_orphans() - count sockets of our namespace that nobody holds
 * @ends: what they are known by
 * @wanted: the state they are in, or TCP_STATE_ANY
 *
 * Context: one thread.
 * Return: how many there are. The file is read in pieces, between which a
 * socket may move on to where it is read again; it counts once.
 */
int tcp_orphans(const struct tcp_ends *ends, enum tcp_state wanted)
{
	const char *path = ends->family == AF_INET ? "/proc/self/net/tcp"
						   : "/proc/self/net/tcp6";
	static bool counted[65536];
	unsigned int local, remote, state;
	FILE *file = fopen(path, "r");
	unsigned long inode;
	char line[512];
	int n = 0;

	if (!file)
		die("%s", path);
	memset(counted, 0, sizeof(counted));
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line,
			   " %*d: %*[0-9A-F]:%x %*[0-9A-F]:%x %x %*x:%*x %*x:%*x %*x %*d %*d %lu",
			   &local, &remote, &state, &inode) != 4)
			continue;
		if (inode || remote != ends->remote || local > 65535 ||
		    !ends->is_local[local] || counted[local] ||
		    state == TCP_STATE_TIME_WAIT)
			continue;
		if (wanted == TCP_STATE_ANY || wanted == state) {
			counted[local] = true;
			n++;
		}
	}
	fclose(file);
	return n;
}
