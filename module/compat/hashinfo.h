/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TCP_REAPER_COMPAT_HASHINFO_H
#define TCP_REAPER_COMPAT_HASHINFO_H

#include <net/inet_hashtables.h>
#include <net/net_namespace.h>
#include <net/tcp.h>

#include "config.h"

/*
 * Upstream 429e42c1c54e ("tcp: Set NULL to sk->sk_prot->h.hashinfo.") and
 * d1e5e6408b30 ("tcp: Introduce optional per-netns ehash.") made the hash a
 * matter of the namespace; before, there was the one global table.
 */
static inline struct inet_hashinfo *tcp_reaper_hashinfo(const struct net *net)
{
#if defined(TCP_REAPER_HAVE_NET_HASHINFO)
	return net->ipv4.tcp_death_row.hashinfo;
#elif defined(TCP_REAPER_HAVE_NET_HASHINFO_PTR)
	return net->ipv4.tcp_death_row->hashinfo;
#else
	return &tcp_hashinfo;
#endif
}

#endif
