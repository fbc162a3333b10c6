/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TCP_REAPER_RULES_H
#define TCP_REAPER_RULES_H

#include <linux/types.h>

#include "shared/rule.h"

struct seq_file;
struct tcp_reaper_rules;

void tcp_reaper_rules_free(struct tcp_reaper_rules __rcu **slot);
struct tcp_reaper_rules *tcp_reaper_rules_make(const char *text, size_t len);
void tcp_reaper_rules_replace(struct tcp_reaper_rules __rcu **slot,
			      struct tcp_reaper_rules *rules);
u32 tcp_reaper_rules_shortest_ms(struct tcp_reaper_rules __rcu *const *slot,
				 enum tcp_reaper_rule_timeout timeout);
const struct tcp_reaper_rule *
tcp_reaper_rules_find(struct tcp_reaper_rules *rules,
		      const struct tcp_reaper_flow *flow, bool count);
void tcp_reaper_rules_show(struct seq_file *m,
			   struct tcp_reaper_rules __rcu **slot);

#endif
