/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_DRAIN_H
#define TCP_REAPER_DRAIN_H

#include <linux/types.h>

struct tcp_reaper_ring;

bool tcp_reaper_ring_drain(struct tcp_reaper_ring *ring, s32 young, u32 newest);

#endif
