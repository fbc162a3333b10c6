// SPDX-License-Identifier: GPL-2.0-only
/* Where a helper's connections run: family, address, namespaces. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <unistd.h>

#include "endpoint.h"
#include "sock.h"

/**
 * endpoint_init() - IPv4 over loopback in the namespace we are in
 * @ep: what to set
 */
void endpoint_init(struct endpoint *ep)
{
	*ep = (struct endpoint){ .family = AF_INET,
				 .away = -1,
				 .listener = -1 };
	ep->home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (ep->home < 0)
		die("/proc/self/ns/net");
}

/**
 * endpoint_option() - take one of ENDPOINT_OPTIONS
 * @ep: what it changes
 * @opt: the letter getopt() gave
 * @arg: its argument
 * Return: whether @opt was one of ours.
 */
bool endpoint_option(struct endpoint *ep, int opt, const char *arg)
{
	switch (opt) {
	case '4':
		ep->family = AF_INET;
		break;
	case '6':
		ep->family = AF_INET6;
		break;
	case 'm':
		ep->family = AF_INET6;
		ep->mapped = true;
		break;
	case 'a':
		ep->address = arg;
		break;
	case 'p':
		ep->port = number(arg, 1, 65535);
		break;
	case 'N':
		ep->away = open(arg, O_RDONLY | O_CLOEXEC);
		if (ep->away < 0)
			die("%s", arg);
		break;
	default:
		return false;
	}
	return true;
}

/**
 * endpoint_name() - the kind of addresses in one word
 * @ep: the endpoint
 * Return: "v4", "v6" or "mapped".
 */
const char *endpoint_name(const struct endpoint *ep)
{
	return ep->mapped ? "mapped" : ep->family == AF_INET ? "v4" : "v6";
}

/*
 * A socket belongs to the namespace its maker is in, for good: step over, make
 * it, step back.
 */
static int socket_in(const struct endpoint *ep, bool away, int family,
		     int protocol)
{
	int fd;

	if (away && ep->away >= 0 && setns(ep->away, CLONE_NEWNET))
		die("setns");
	fd = socket(ep->smc ? AF_SMC : family, SOCK_STREAM | SOCK_CLOEXEC,
		    protocol);
	if (fd < 0)
		die("socket");
	if (away && ep->away >= 0 && setns(ep->home, CLONE_NEWNET))
		die("setns");
	return fd;
}

/**
 * endpoint_listen() - open the listener
 * @ep: fills in @listener and @port
 * @backlog: as of listen()
 * @away: listen in the other namespace, if there is one
 */
void endpoint_listen(struct endpoint *ep, int backlog, bool away)
{
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6,
				   .sin6_port = htons(ep->port) };
	struct sockaddr_in v4 = { .sin_family = AF_INET,
				  .sin_port = htons(ep->port) };
	bool four = ep->family == AF_INET;
	struct sockaddr *sa = four ? (void *)&v4 : (void *)&v6;
	socklen_t len = four ? sizeof(v4) : sizeof(v6);

	ep->listener = socket_in(ep, away, ep->family, 0);
	set_int(ep->listener, SOL_SOCKET, SO_REUSEADDR, 1);
	if (ep->reuseport)
		set_int(ep->listener, SOL_SOCKET, SO_REUSEPORT, 1);
	if (!four)
		set_int(ep->listener, IPPROTO_IPV6, IPV6_V6ONLY, !ep->mapped);
	if (bind(ep->listener, sa, len) || listen(ep->listener, backlog))
		die("cannot listen on port %d", ep->port);
	if (getsockname(ep->listener, sa, &len))
		die("getsockname");
	ep->port = ntohs(four ? v4.sin_port : v6.sin6_port);
}

/**
 * endpoint_connect() - connect to the listener
 * @ep: the endpoint, already listening
 * @away: connect from the other namespace, if there is one
 * Return: the connected socket.
 */
int endpoint_connect(const struct endpoint *ep, bool away)
{
	int family = ep->mapped ? AF_INET : ep->family;
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6,
				   .sin6_port = htons(ep->port) };
	struct sockaddr_in v4 = { .sin_family = AF_INET,
				  .sin_port = htons(ep->port) };
	bool four = family == AF_INET;
	const char *address = ep->address ? ep->address
			      : four	  ? "127.0.0.1"
					  : "::1";
	int fd = socket_in(ep, away, family, ep->protocol);

	if (inet_pton(family, address,
		      four ? (void *)&v4.sin_addr : &v6.sin6_addr) != 1)
		die("'%s' is not an address of this family", address);
	if (connect(fd, four ? (void *)&v4 : (void *)&v6,
		    four ? sizeof(v4) : sizeof(v6)))
		die("connect to %s port %d", address, ep->port);
	return fd;
}

/**
 * endpoint_accept() - take the next connection of the listener
 * @ep: the endpoint, already listening
 * Return: the accepted socket.
 */
int endpoint_accept(const struct endpoint *ep)
{
	int fd = accept4(ep->listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		die("accept");
	return fd;
}
