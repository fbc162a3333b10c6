/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_RULES_H
#define TCP_REAPER_RULES_H

#include <linux/types.h>

#include "shared/rule.h"

/* Lists are numbered 1 to this, and again: struct tcp_reaper_entry. */
#define TCP_REAPER_RULES_NUMBERS 15

struct seq_file;
struct sock;
struct tcp_reaper_entry;
struct tcp_reaper_rules;

void tcp_reaper_rules_free(struct tcp_reaper_rules __rcu **slot);
struct tcp_reaper_rules *tcp_reaper_rules_make(const char *text, size_t len);
struct tcp_reaper_rules *
tcp_reaper_rules_replace(struct tcp_reaper_rules __rcu **slot,
			 struct tcp_reaper_rules *rules, u8 number);
void tcp_reaper_rules_put(struct tcp_reaper_rules *rules);
u32 tcp_reaper_rules_shortest_ms(struct tcp_reaper_rules __rcu *const *slot,
				 enum tcp_reaper_rule_timeout timeout);
u16 tcp_reaper_rules_dir(const struct tcp_reaper_rules *rules,
			 const struct sock *sk);
const struct tcp_reaper_rule *
tcp_reaper_rules_find(const struct tcp_reaper_rules *rules,
		      const struct tcp_reaper_flow *flow);
unsigned int tcp_reaper_rules_place(const struct tcp_reaper_rules *rules,
				    const struct tcp_reaper_rule *rule);
void tcp_reaper_rules_hit(struct tcp_reaper_rules *rules,
			  const struct tcp_reaper_rule *rule,
			  struct tcp_reaper_entry *entry);
int tcp_reaper_rules_show(struct seq_file *m,
			  struct tcp_reaper_rules __rcu **slot);

#endif
