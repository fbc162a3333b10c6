// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who talks to whom: the addresses of a socket, and what else rules look at.
 */
#include <linux/ipv6.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/uidgid.h>
#include <net/inet_sock.h>
#include <net/ipv6.h>
#include <net/net_namespace.h>
#include <net/sock.h>

#include "cgroup.h"
#include "flow.h"
#include "shared/rule.h"

static void addresses_of(const struct sock *sk, u8 laddr[16], u8 raddr[16])
{
	const struct inet_sock *inet = inet_sk(sk);
	struct in6_addr local, remote;

	ipv6_addr_set_v4mapped(inet->inet_rcv_saddr, &local);
	ipv6_addr_set_v4mapped(inet->inet_daddr, &remote);
#if IS_ENABLED(CONFIG_IPV6)
	if (sk->sk_family == AF_INET6) {
		local = sk->sk_v6_rcv_saddr;
		remote = sk->sk_v6_daddr;
	}
#endif
	memcpy(laddr, &local, 16);
	memcpy(raddr, &remote, 16);
}

/**
 * tcp_reaper_ends_read - both ends of a socket's connection
 * @sk: the socket, pinned
 * @ends: the answer
 *
 * Context: any.
 */
void tcp_reaper_ends_read(const struct sock *sk, struct tcp_reaper_ends *ends)
{
	ends->family = sk->sk_family;
	ends->lport = ntohs(inet_sk(sk)->inet_sport);
	ends->rport = ntohs(inet_sk(sk)->inet_dport);
	addresses_of(sk, ends->laddr, ends->raddr);
}

/**
 * tcp_reaper_ends_show - as "192.0.2.1:80 198.51.100.7:4711", local first
 * @m: where to
 * @ends: the ends
 */
void tcp_reaper_ends_show(struct seq_file *m,
			  const struct tcp_reaper_ends *ends)
{
	if (ends->family == AF_INET6)
		seq_printf(m, "[%pI6c]:%u [%pI6c]:%u", ends->laddr, ends->lport,
			   ends->raddr, ends->rport);
	else
		seq_printf(m, "%pI4:%u %pI4:%u", ends->laddr + 12, ends->lport,
			   ends->raddr + 12, ends->rport);
}

/**
 * tcp_reaper_flow_read - what rules look at of a socket
 * @sk: the socket, pinned
 * @flow: the answer, but for @dir, which depends on the rules
 *
 * Context: any.
 */
void tcp_reaper_flow_read(const struct sock *sk, struct tcp_reaper_flow *flow)
{
	const struct user_namespace *user_ns = sock_net(sk)->user_ns;

	flow->lport = ntohs(inet_sk(sk)->inet_sport);
	flow->rport = ntohs(inet_sk(sk)->inet_dport);
	/* As whoever may write a rule counts them. */
	flow->uid = from_kuid_munged((void *)user_ns, READ_ONCE(sk->sk_uid));
	flow->mark = READ_ONCE(sk->sk_mark);
	flow->cgroup = tcp_reaper_cgroup_id(sk);
	addresses_of(sk, flow->laddr, flow->raddr);
}
