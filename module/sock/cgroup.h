/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_CGROUP_H
#define TCP_REAPER_CGROUP_H

#include <linux/types.h>

#include "shared/dirs.h"

struct sock;

u64 tcp_reaper_cgroup_id(const struct sock *sk);
unsigned int tcp_reaper_cgroup_names(const struct sock *sk,
				     const char *names[TCP_REAPER_PATH_DEPTH]);
int tcp_reaper_cgroup_root(char path[TCP_REAPER_PATH_MAX + 1]);

#endif
