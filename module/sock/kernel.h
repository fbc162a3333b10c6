/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_KERNEL_H
#define TCP_REAPER_KERNEL_H

#include <linux/types.h>

struct sock;

void tcp_reaper_kernel_learn(const struct sock *sk);
bool tcp_reaper_sk_is_kernel(const struct sock *sk);

#endif
