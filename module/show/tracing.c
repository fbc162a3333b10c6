// SPDX-License-Identifier: GPL-2.0-only
/*
 * From a socket to a tracepoint's arguments; nothing is gathered while nobody
 * listens.
 */
#include <linux/string.h>
#include <net/net_namespace.h>
#include <net/sock.h>

#include "sock/flow.h"
#include "tracing.h"
#include "track/entry.h"

/**
 * struct tcp_reaper_trace_socket - a socket as tracepoints show it
 * @netns: inode number of its namespace
 * @hash: its sk_hash, by which the events of one connection belong together
 * @age_ms: time in its class
 * @class: enum tcp_reaper_class
 * @ends: of the connection; those of ::, and family 0, if it is gone
 */
struct tcp_reaper_trace_socket {
	u32 netns;
	u32 hash;
	u64 age_ms;
	u8 class;
	struct tcp_reaper_ends ends;
};

#define CREATE_TRACE_POINTS
#include "trace.h"

static void gather(struct tcp_reaper_trace_socket *s, const struct net *net,
		   const struct tcp_reaper_entry *entry,
		   const struct tcp_reaper_ends *ends, u64 age_ms)
{
	memset(s, 0, sizeof(*s));
	s->netns = net->ns.inum;
	s->hash = entry->hash;
	s->age_ms = age_ms;
	s->class = entry->class;
	if (ends)
		s->ends = *ends;
}

static const struct tcp_reaper_ends *ends_of(const struct sock *sk,
					     struct tcp_reaper_ends *ends)
{
	if (!sk)
		return NULL;
	tcp_reaper_ends_read(sk, ends);
	return ends;
}

/**
 * tcp_reaper_trace_track - tracepoint: a socket is tracked from now on
 * @net: its namespace
 * @entry: what was noted of it
 * @sk: the socket, pinned
 * @age_ms: time in its class
 */
void tcp_reaper_trace_track(const struct net *net,
			    const struct tcp_reaper_entry *entry,
			    const struct sock *sk, u64 age_ms)
{
	struct tcp_reaper_trace_socket s;
	struct tcp_reaper_ends ends;

	if (!trace_tcp_reaper_track_enabled())
		return;
	gather(&s, net, entry, ends_of(sk, &ends), age_ms);
	trace_tcp_reaper_track(&s);
}

/**
 * tcp_reaper_trace_untrack - tracepoint: a socket is tracked no longer
 * @net: its namespace
 * @entry: what was noted of it
 * @sk: the socket, pinned; NULL if it is gone
 * @age_ms: time in its class
 */
void tcp_reaper_trace_untrack(const struct net *net,
			      const struct tcp_reaper_entry *entry,
			      const struct sock *sk, u64 age_ms)
{
	struct tcp_reaper_trace_socket s;
	struct tcp_reaper_ends ends;

	if (!trace_tcp_reaper_untrack_enabled())
		return;
	gather(&s, net, entry, ends_of(sk, &ends), age_ms);
	trace_tcp_reaper_untrack(&s);
}

/**
 * tcp_reaper_trace_reap - tracepoint: a socket was acted upon
 * @net: its namespace
 * @entry: what was noted of it
 * @ends: of its connection, read before the act
 * @age_ms: time in its class
 * @action: enum tcp_reaper_action
 * @done: whether it was done
 */
void tcp_reaper_trace_reap(const struct net *net,
			   const struct tcp_reaper_entry *entry,
			   const struct tcp_reaper_ends *ends, u64 age_ms,
			   u8 action, bool done)
{
	struct tcp_reaper_trace_socket s;

	if (!trace_tcp_reaper_reap_enabled())
		return;
	gather(&s, net, entry, ends, age_ms);
	trace_tcp_reaper_reap(&s, action, done);
}
