// SPDX-License-Identifier: GPL-2.0
/*
 * From a socket to a tracepoint's arguments; nothing is gathered while nobody
 * listens.
 */
#include <linux/ipv6.h>
#include <linux/string.h>
#include <net/inet_sock.h>
#include <net/ipv6.h>
#include <net/net_namespace.h>
#include <net/sock.h>

#include "table.h"
#include "tracing.h"

/**
 * struct tcp_reaper_trace_socket - a socket as tracepoints show it
 * @netns: inode number of its namespace
 * @hash: its sk_hash, by which the events of one connection belong together
 * @age_ms: time in its class
 * @family: AF_INET, AF_INET6; 0 if it is gone
 * @sport: local port
 * @dport: remote port
 * @class: enum tcp_reaper_class
 * @saddr_in6: local address; IPv4 as ::ffff:a.b.c.d
 * @daddr_in6: remote address
 * @saddr: bytes of @saddr_in6
 * @daddr: bytes of @daddr_in6
 */
struct tcp_reaper_trace_socket {
	u32 netns;
	u32 hash;
	u64 age_ms;
	u16 family;
	u16 sport;
	u16 dport;
	u8 class;
	struct in6_addr saddr_in6;
	struct in6_addr daddr_in6;
	const u8 *saddr;
	const u8 *daddr;
};

#define CREATE_TRACE_POINTS
#include "trace.h"

static void gather(struct tcp_reaper_trace_socket *s, const struct net *net,
		   const struct tcp_reaper_entry *entry, const struct sock *sk,
		   u64 age_ms)
{
	const struct inet_sock *inet;

	memset(s, 0, sizeof(*s));
	s->saddr = s->saddr_in6.s6_addr;
	s->daddr = s->daddr_in6.s6_addr;
	s->netns = net->ns.inum;
	s->hash = entry->hash;
	s->age_ms = age_ms;
	s->class = entry->class;
	if (!sk)
		return;
	inet = inet_sk(sk);
	s->family = sk->sk_family;
	s->sport = ntohs(inet->inet_sport);
	s->dport = ntohs(inet->inet_dport);
#if IS_ENABLED(CONFIG_IPV6)
	if (sk->sk_family == AF_INET6) {
		s->saddr_in6 = sk->sk_v6_rcv_saddr;
		s->daddr_in6 = sk->sk_v6_daddr;
		return;
	}
#endif
	ipv6_addr_set_v4mapped(inet->inet_rcv_saddr, &s->saddr_in6);
	ipv6_addr_set_v4mapped(inet->inet_daddr, &s->daddr_in6);
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

	if (!trace_tcp_reaper_track_enabled())
		return;
	gather(&s, net, entry, sk, age_ms);
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

	if (!trace_tcp_reaper_untrack_enabled())
		return;
	gather(&s, net, entry, sk, age_ms);
	trace_tcp_reaper_untrack(&s);
}

/**
 * tcp_reaper_trace_reap - tracepoint: a socket was acted upon
 * @net: its namespace
 * @entry: what was noted of it
 * @sk: the socket, pinned
 * @age_ms: time in its class
 * @action: enum tcp_reaper_action
 * @done: whether it was done
 */
void tcp_reaper_trace_reap(const struct net *net,
			   const struct tcp_reaper_entry *entry,
			   const struct sock *sk, u64 age_ms, u8 action,
			   bool done)
{
	struct tcp_reaper_trace_socket s;

	if (!trace_tcp_reaper_reap_enabled())
		return;
	gather(&s, net, entry, sk, age_ms);
	trace_tcp_reaper_reap(&s, action, done);
}
