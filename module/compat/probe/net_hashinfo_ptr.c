// SPDX-License-Identifier: GPL-2.0-only
/* 5.18 to 6.0: tcp_death_row was a pointer (fbb8295248e1 to e9bd0cca09d1). */
#include <net/inet_timewait_sock.h>
#include <net/net_namespace.h>

struct inet_hashinfo *probe(const struct net *net);
struct inet_hashinfo *probe(const struct net *net)
{
	return net->ipv4.tcp_death_row->hashinfo;
}
