/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_WAITERS_H
#define TCP_REAPER_WAITERS_H

#include <linux/types.h>

struct sock;

bool tcp_reaper_sk_waited_by_module(const struct sock *sk);

#endif
