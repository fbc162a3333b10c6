/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_TRIAL_H
#define TCP_REAPER_TRIAL_H

#include <linux/types.h>

/* So long a trial may last, in ms: a week. */
#define TCP_REAPER_TRIAL_MS_MAX 604800000

struct seq_file;
struct tcp_reaper_net;
struct tcp_reaper_turn;

int tcp_reaper_trial_write(struct tcp_reaper_net *rn, char *text, size_t len);
void tcp_reaper_trial_show(struct seq_file *m, struct tcp_reaper_net *rn);
u64 tcp_reaper_trial_serve(struct tcp_reaper_turn *turn, u64 end);

#endif
