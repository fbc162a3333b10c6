/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_CARRIED_H
#define TCP_REAPER_CARRIED_H

#include <linux/types.h>

struct tcp_reaper_stats;

int tcp_reaper_carried_add(struct tcp_reaper_stats *stats, char *text,
			   size_t len);

#endif
