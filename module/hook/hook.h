/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_HOOK_H
#define TCP_REAPER_HOOK_H

#include <linux/types.h>

struct sock;

int tcp_reaper_hook_choose(const char *word);
int tcp_reaper_hook_describe(char *buf, size_t size);
void tcp_reaper_hook_install(bool (*show)(const struct sock **witness));
void tcp_reaper_hook_remove(void);
bool tcp_reaper_hook_present(void);
bool tcp_reaper_hook_missed(void);

#endif
