/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_SHARE_H
#define TCP_REAPER_SHARE_H

#include <linux/atomic.h>
#include <linux/types.h>

/**
 * struct tcp_reaper_share - what one tenant has of the room for entries
 * @used: entries
 * @log_kb: of its namespaces' logs
 * @host: the initial namespace's, which may have whatever is free
 * @refused: it had no room, and has not been told since that there is
 */
struct tcp_reaper_share {
	atomic_t used;
	atomic_t log_kb;
	bool host;
	bool refused;
};

extern unsigned int tcp_reaper_max_tracked;
extern bool tcp_reaper_max_tracked_given;

void tcp_reaper_share_setup(void (*room)(void));
bool tcp_reaper_share_take(struct tcp_reaper_share *share);
void tcp_reaper_share_refuse(void);
void tcp_reaper_share_give(struct tcp_reaper_share *share);
bool tcp_reaper_share_log_take(struct tcp_reaper_share *share, u32 kb);
void tcp_reaper_share_log_give(struct tcp_reaper_share *share, u32 kb);
bool tcp_reaper_share_all_given(void);

#endif
