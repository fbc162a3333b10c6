/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_ABORT_H
#define TCP_REAPER_ABORT_H

#include <linux/types.h>

struct sock;

void tcp_reaper_abort_setup(struct sock *sk);
void tcp_reaper_abort_teardown(void);
int tcp_reaper_abort(struct sock *sk, bool drop_unread);
int tcp_reaper_abort_queued(struct sock *sk, bool drop_unread);

#endif
