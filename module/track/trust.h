/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_TRUST_H
#define TCP_REAPER_TRUST_H

#include <linux/types.h>

struct tcp_reaper_net;

void tcp_reaper_trust_census(u32 number, bool walking);
void tcp_reaper_trust_excuse(struct tcp_reaper_net *rn);
void tcp_reaper_trust_excuse_all(void);
bool tcp_reaper_trust_expects(const struct tcp_reaper_net *rn, u32 census);

#endif
