/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TCP_REAPER_WEAKREF_H
#define TCP_REAPER_WEAKREF_H

#include <linux/types.h>

#include "policy.h"

struct net;
struct sock;

struct sock *tcp_reaper_ref_find(const struct net *net, struct sock *sk,
				 u32 hash);
struct sock *tcp_reaper_ref_get(const struct net *net, struct sock *sk,
				u32 hash);
u32 tcp_reaper_ref_seq(const struct sock *sk, enum tcp_reaper_class class);

#endif
