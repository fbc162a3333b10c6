// SPDX-License-Identifier: GPL-2.0
/* Sockets without an owner, as /proc/net/tcp and tcp6 show them. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
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
 * tcp_ports_add_peer() - remember the port of the other end of a connection
 * @ports: the set
 * @fd: our end
 */
void tcp_ports_add_peer(struct tcp_ports *ports, int fd)
{
	struct sockaddr_in6 address;
	socklen_t len = sizeof(address);

	if (getpeername(fd, (struct sockaddr *)&address, &len))
		die("getpeername");
	/* The port is at the same place in both families. */
	ports->is_ours[ntohs(address.sin6_port)] = true;
}

static int orphans_in(const char *path, const struct tcp_ports *ports,
		      enum tcp_state wanted)
{
	FILE *file = fopen(path, "r");
	unsigned int port, state;
	unsigned long inode;
	char line[512];
	int n = 0;

	if (!file)
		die("%s", path);
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line,
			   " %*d: %*[0-9A-F]:%x %*[0-9A-F]:%*x %x %*x:%*x %*x:%*x %*x %*d %*d %lu",
			   &port, &state, &inode) != 3)
			continue;
		if (inode || port > 65535 || !ports->is_ours[port] ||
		    state == TCP_STATE_TIME_WAIT)
			continue;
		n += wanted == TCP_STATE_ANY || wanted == state;
	}
	fclose(file);
	return n;
}

/**
 * tcp_orphans() - count sockets of our namespace that nobody holds
 * @ports: their local ports
 * @state: the state they are in, or TCP_STATE_ANY
 * Return: how many there are.
 */
int tcp_orphans(const struct tcp_ports *ports, enum tcp_state state)
{
	return orphans_in("/proc/self/net/tcp", ports, state) +
	       orphans_in("/proc/self/net/tcp6", ports, state);
}
