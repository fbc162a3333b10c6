/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_PREFIX_H
#define TCP_REAPER_PREFIX_H

#include <linux/types.h>

/** TCP_REAPER_PREFIX_TEXT - room for one as text, its end included */
#define TCP_REAPER_PREFIX_TEXT 48

/**
 * struct tcp_reaper_prefix - addresses that begin alike
 * @addr: in network byte order; no bit is set that @mask has not
 * @mask: @len ones, then zeros
 * @len: 0..128
 *
 * An IPv4 prefix of n bits is ::ffff:a.b.c.d with @len 96 + n, so that it holds
 * for IPv4 sockets and for the IPv4 connections of dual-stack ones alike, and
 * "0.0.0.0/0" for nothing else. A @len under 96 is IPv6, and never holds for a
 * v4-mapped address, though such a prefix may cover it: "::/0" is any IPv6.
 */
struct tcp_reaper_prefix {
	u8 addr[16];
	u8 mask[16];
	u8 len;
};

const char *tcp_reaper_prefix_parse(const char *text, size_t len,
				    struct tcp_reaper_prefix *prefix);
void tcp_reaper_prefix_print(const struct tcp_reaper_prefix *prefix,
			     char text[TCP_REAPER_PREFIX_TEXT]);
bool tcp_reaper_prefix_covers(const struct tcp_reaper_prefix *prefix,
			      const u8 addr[16]);

#endif
