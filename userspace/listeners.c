// SPDX-License-Identifier: GPL-2.0
/*
 * The listening sockets of a namespace, from the head of /proc/net/tcp: they
 * come first there, so that the reading ends long before the connections do.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kfile.h"
#include "listeners.h"
#include "mem.h"

#define LISTEN 0x0a

static int take(const struct kline *line, void *arg)
{
	struct listeners *listeners = arg;
	struct listener listener;
	unsigned int state;

	if (line->no == 1 || line->bad)
		return 0;
	if (sscanf(line->text,
		   "%*d: %*[0-9A-F]:%x %*s %x %*x:%" SCNx64
		   " %*x:%*x %*x %*u %*d %" SCNu64,
		   &listener.port, &state, &listener.waiting,
		   &listener.inode) != 4)
		return 0;
	if (state != LISTEN)
		return 1;
	listeners->v = mem_grow(listeners->v, listeners->n, &listeners->cap,
				sizeof(*listeners->v));
	listeners->v[listeners->n++] = listener;
	return 0;
}

/**
 * listeners_read() - those of the namespace the program is in
 * @listeners: zeroed; listeners_free() it
 */
void listeners_read(struct listeners *listeners)
{
	kfile_lines("/proc/net/tcp", take, listeners);
	kfile_lines("/proc/net/tcp6", take, listeners);
}

/**
 * listeners_find() - who listens at a port?
 * @listeners: all
 * @port: the port
 *
 * Return: the one with the longest queue, or NULL.
 */
const struct listener *listeners_find(const struct listeners *listeners,
				      unsigned int port)
{
	const struct listener *best = NULL;
	size_t i;

	for (i = 0; i < listeners->n; i++) {
		const struct listener *listener = &listeners->v[i];

		if (listener->port == port &&
		    (!best || listener->waiting > best->waiting))
			best = listener;
	}
	return best;
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
