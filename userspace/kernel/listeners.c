// SPDX-License-Identifier: GPL-2.0-only
/*
 * The listening sockets of a namespace, from the head of /proc/net/tcp: they
 * come first there, so that the reading ends long before the connections do.
 * How long a queue may grow is told by sock_diag alone.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <linux/inet_diag.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "kernel/kfile.h"
#include "kernel/listeners.h"
#include "kernel/sockdiag.h"

/* States in which a connection that nobody accepted still is one. */
#define LIVING (1 << TCP_ESTABLISHED | 1 << TCP_CLOSE_WAIT)

/* Words of four bytes, each as a number of this machine. */
static bool bytes_of(struct address *at, const char *hex)
{
	size_t words = strlen(hex) / 8;
	size_t w;

	if (strlen(hex) != 8 && strlen(hex) != 32)
		return false;
	memset(at->bytes, 0, 10);
	memset(at->bytes + 10, 0xff, 2);
	at->v6 = words == 4;
	for (w = 0; w < words; w++) {
		uint32_t value;

		if (sscanf(hex + 8 * w, "%8" SCNx32, &value) != 1)
			return false;
		memcpy(at->bytes + 4 * (at->v6 ? w : 3), &value, 4);
	}
	return true;
}

static int take(const struct kline *line, void *arg)
{
	struct listeners *listeners = arg;
	struct listener listener = { 0 };
	unsigned int state;
	char hex[33];

	if (line->no == 1 || line->bad)
		return 0;
	if (sscanf(line->text,
		   "%*d: %32[0-9A-F]:%x %*s %x %*x:%" SCNx64
		   " %*x:%*x %*x %*u %*d %" SCNu64,
		   hex, &listener.at.port, &state, &listener.waiting,
		   &listener.inode) != 5 ||
	    !bytes_of(&listener.at, hex))
		return 0;
	if (state != TCP_LISTEN)
		return 1;
	*mem_add(listeners) = listener;
	return 0;
}

/* Those at one address stand beside each other. */
static int by_address(const void *a, const void *b)
{
	const struct listener *x = a;
	const struct listener *y = b;
	int order = address_compare(&x->at, &y->at);

	if (order)
		return order;
	return x->inode < y->inode ? -1 : x->inode > y->inode;
}

/* The first at that address with that inode number or a higher one, or NULL. */
static struct listener *first_at(const struct listeners *listeners,
				 const struct address *at, uint64_t inode)
{
	const struct listener key = { .at = *at, .inode = inode };
	size_t low = 0;
	size_t high = listeners->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (by_address(&listeners->v[mid], &key) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low < listeners->n && !address_compare(&listeners->v[low].at, at)
		       ? &listeners->v[low]
		       : NULL;
}

static struct address local_of(const struct inet_diag_msg *msg)
{
	struct address local = { .v6 = msg->idiag_family == AF_INET6,
				 .port = ntohs(msg->id.idiag_sport) };

	if (local.v6) {
		memcpy(local.bytes, msg->id.idiag_src, 16);
	} else {
		memset(local.bytes + 10, 0xff, 2);
		memcpy(local.bytes + 12, msg->id.idiag_src, 4);
	}
	return local;
}

static void take_limit(const struct inet_diag_msg *msg, void *arg)
{
	struct address local = local_of(msg);
	struct listener *listener = first_at(arg, &local, msg->idiag_inode);

	if (listener && listener->inode == msg->idiag_inode)
		listener->limit = msg->idiag_wqueue;
}

/**
 * listeners_read() - those of the namespace the program is in
 * @listeners: zeroed; listeners_free() it
 */
void listeners_read(struct listeners *listeners)
{
	kfile_lines("/proc/net/tcp", take, listeners);
	kfile_lines("/proc/net/tcp6", take, listeners);
	if (!listeners->n)
		return;
	qsort(listeners->v, listeners->n, sizeof(*listeners->v), by_address);
	sockdiag_each(1 << TCP_LISTEN, 0, take_limit, listeners);
}

/**
 * listeners_find() - who listens there?
 * @listeners: all
 * @local: an address and a port
 *
 * Return: the first at that very address, or else of all addresses; NULL if
 * there is none.
 */
const struct listener *listeners_find(const struct listeners *listeners,
				      const char *local)
{
	const struct listener *listener;
	struct address address;

	if (!address_parse(&address, local))
		return NULL;
	listener = first_at(listeners, &address, 0);
	if (listener)
		return listener;
	/* That of all addresses of the family. */
	memset(address.bytes + (address.v6 ? 0 : 12), 0, address.v6 ? 16 : 4);
	return first_at(listeners, &address, 0);
}

/**
 * listeners_next() - another at the same address and port (SO_REUSEPORT)
 * @listeners: all
 * @listener: one of them
 *
 * Return: the next, or NULL.
 */
const struct listener *listeners_next(const struct listeners *listeners,
				      const struct listener *listener)
{
	const struct listener *next = listener + 1;

	return next < listeners->v + listeners->n &&
			       !address_compare(&next->at, &listener->at)
		       ? next
		       : NULL;
}

/**
 * listener_name() - where it listens, in words
 * @text: where to write it
 * @listener: the listener
 *
 * Return: @text.
 */
const char *listener_name(char text[LISTENER_NAME],
			  const struct listener *listener)
{
	const struct address *at = &listener->at;
	char host[INET6_ADDRSTRLEN] = "?";

	if (address_any(at)) {
		snprintf(text, LISTENER_NAME, "port %u", at->port);
	} else if (at->v6) {
		inet_ntop(AF_INET6, at->bytes, host, sizeof(host));
		snprintf(text, LISTENER_NAME, "[%s]:%u", host, at->port);
	} else {
		inet_ntop(AF_INET, at->bytes + 12, host, sizeof(host));
		snprintf(text, LISTENER_NAME, "%s:%u", host, at->port);
	}
	return text;
}

struct living {
	const struct listener *listener;
	uint64_t n;
};

static void count_living(const struct inet_diag_msg *msg, void *arg)
{
	struct living *living = arg;
	const struct address *at = &living->listener->at;
	struct address local = local_of(msg);

	/* What was accepted has an inode. */
	if (!msg->idiag_inode && local.v6 == at->v6 &&
	    (address_any(at) || !address_compare(at, &local)))
		living->n++;
}

/**
 * listener_living() - how many in its queue are connections still
 * @listener: of the namespace the program is in; those that share its address
 *	are counted with it
 *
 * The kernel walks over all connections for it.
 *
 * Return: how many.
 */
uint64_t listener_living(const struct listener *listener)
{
	struct living living = { listener, 0 };

	sockdiag_each(LIVING, listener->at.port, count_living, &living);
	return living.n;
}

/**
 * listeners_free() - forget them
 * @listeners: what was read
 */
void listeners_free(struct listeners *listeners)
{
	free(listeners->v);
	memset(listeners, 0, sizeof(*listeners));
}
