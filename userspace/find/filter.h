/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_FILTER_H
#define REAPERCTL_FILTER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/rc.h"
#include "find/relatives.h"
#include "kernel/proc.h"
#include "kernel/sockets.h"

struct tcp_reaper_prefix;

/**
 * struct filter - which sockets are wanted
 * @classes: names, parted by commas, or NULL for any
 * @states: likewise; as the kernel or as ss writes them
 * @holder: a process's number or name, or NULL
 * @unit: a unit, container, pod or path, as of cgroup_is_of(), or NULL
 * @verdicts: names, parted by commas, or NULL
 * @prefix: of an address at either end, or NULL
 * @age_ms: at least so old
 * @port_low: the lowest port wanted, at either end; 0 for any
 * @port_high: the highest
 */
struct filter {
	const char *classes;
	const char *states;
	const char *holder;
	const char *unit;
	const char *verdicts;
	const struct tcp_reaper_prefix *prefix;
	uint64_t age_ms;
	unsigned int port_low;
	unsigned int port_high;
};

void filter_state_words(void);
void filter_verdict_words(void);
enum rc filter_parse(struct filter *filter, const char *const *option);
bool filter_left(const struct filter *filter);
bool filter_keep(const struct sock *sock, const void *filter);
bool filter_holder(const struct filter *filter, struct relatives *relatives,
		   const struct holder *first);

#endif
