/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_INTAKE_H
#define TCP_REAPER_INTAKE_H

#include <linux/types.h>

struct tcp_reaper_entry;
struct tcp_reaper_net;

void tcp_reaper_intake(struct tcp_reaper_net *rn, struct tcp_reaper_entry *e,
		       u64 now);
void tcp_reaper_intake_some(struct tcp_reaper_net *rn, u64 now, int most);

#endif
