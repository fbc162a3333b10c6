/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_WAYS_H
#define TCP_REAPER_WAYS_H

#include <linux/types.h>

struct tcp_reaper_hook_probe;

/**
 * struct tcp_reaper_hook_way - a way to hear of transitions
 * @word: what the module parameter calls it
 * @install: begin to hear; 0, or an error after which nothing is left of it
 * @remove: no handler runs any more when it returns; sleeps
 * @nmissed: hits that the kernel skipped since @install; NULL if it skips none
 * @describe: write what is probed, and how, to @buf; returns the length
 * @probes: of a way by kprobes, up to one without a symbol; NULL for others
 *
 * All are called under hook.c's lock.
 */
struct tcp_reaper_hook_way {
	const char *word;
	int (*install)(const struct tcp_reaper_hook_way *way);
	void (*remove)(const struct tcp_reaper_hook_way *way);
	unsigned long (*nmissed)(const struct tcp_reaper_hook_way *way);
	int (*describe)(const struct tcp_reaper_hook_way *way, char *buf,
			size_t size);
	struct tcp_reaper_hook_probe *probes;
};

extern const struct tcp_reaper_hook_way tcp_reaper_hook_ftrace;
extern const struct tcp_reaper_hook_way tcp_reaper_hook_fin_close;
extern const struct tcp_reaper_hook_way tcp_reaper_hook_tracepoint;
extern const struct tcp_reaper_hook_way tcp_reaper_hook_set_state;

bool tcp_reaper_hook_ftrace_off(void);

#endif
