/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_POLLERS_H
#define TCP_REAPER_POLLERS_H

#include <linux/poll.h>
#include <linux/types.h>

struct tcp_reaper_pollers;

void tcp_reaper_pollers_setup(void);
struct tcp_reaper_pollers *tcp_reaper_pollers_new(void);
void tcp_reaper_pollers_leave(struct tcp_reaper_pollers *pollers);
void tcp_reaper_pollers_quiesce(void);
void tcp_reaper_pollers_tell(struct tcp_reaper_pollers *pollers);
bool tcp_reaper_pollers_asked(const poll_table *wait);
bool tcp_reaper_pollers_add(struct tcp_reaper_pollers *pollers,
			    struct file *file, poll_table *wait);

#endif
