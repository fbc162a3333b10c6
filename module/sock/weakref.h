/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TCP_REAPER_WEAKREF_H
#define TCP_REAPER_WEAKREF_H

#include <linux/types.h>

struct net;
struct sock;

struct sock *tcp_reaper_ref_find(const struct net *net, struct sock *sk,
				 u32 hash);
struct sock *tcp_reaper_ref_get(const struct net *net, struct sock *sk,
				u32 hash);

#endif
