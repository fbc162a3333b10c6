/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_FLOW_H
#define TCP_REAPER_FLOW_H

#include <linux/types.h>

struct seq_file;
struct sock;
struct tcp_reaper_flow;

/**
 * struct tcp_reaper_ends - both ends of a connection
 * @family: AF_INET or AF_INET6; 0 for none
 * @lport: local port, host byte order
 * @rport: remote port, host byte order
 * @laddr: local address, network byte order; IPv4 as ::ffff:a.b.c.d
 * @raddr: remote address, likewise
 */
struct tcp_reaper_ends {
	u16 family;
	u16 lport;
	u16 rport;
	u8 laddr[16];
	u8 raddr[16];
};

void tcp_reaper_ends_read(const struct sock *sk, struct tcp_reaper_ends *ends);
void tcp_reaper_ends_show(struct seq_file *m,
			  const struct tcp_reaper_ends *ends);
void tcp_reaper_flow_read(const struct sock *sk, struct tcp_reaper_flow *flow);

#endif
