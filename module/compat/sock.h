/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TCP_REAPER_COMPAT_SOCK_H
#define TCP_REAPER_COMPAT_SOCK_H

#include <net/sock.h>

#include "config.h"

/* A socket the kernel made for itself (sk_alloc() with kern set). */
static inline bool tcp_reaper_sk_is_kernel(const struct sock *sk)
{
	return sk->sk_kern_sock;
}

#endif
