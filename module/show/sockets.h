/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_SOCKETS_H
#define TCP_REAPER_SOCKETS_H

#include <linux/seq_file.h>

extern const struct seq_operations tcp_reaper_sockets_ops;

int tcp_reaper_sockets_state_size(void);

#endif
