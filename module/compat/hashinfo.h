/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_COMPAT_HASHINFO_H
#define TCP_REAPER_COMPAT_HASHINFO_H

#include <net/inet_hashtables.h>
#include <net/net_namespace.h>
#include <net/tcp.h>

#include "config.h"

/*
 * A namespace may have a hash of its own since d1e5e6408b30 ("tcp: Introduce
 * optional per-netns ehash.", 6.1). That it points to the one it uses is older
 * than 5.10; for a while (fbb8295248e1 to e9bd0cca09d1) through one pointer
 * more.
 */
static inline struct inet_hashinfo *tcp_reaper_hashinfo(const struct net *net)
{
#if defined(TCP_REAPER_HAVE_NET_HASHINFO)
	return net->ipv4.tcp_death_row.hashinfo;
#elif defined(TCP_REAPER_HAVE_NET_HASHINFO_PTR)
	return net->ipv4.tcp_death_row->hashinfo;
#else
#error "tcp_reaper finds no hash of established sockets in struct net"
#endif
}

#endif
