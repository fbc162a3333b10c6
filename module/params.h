/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TCP_REAPER_PARAMS_H
#define TCP_REAPER_PARAMS_H

#include <linux/types.h>

struct tcp_reaper_policy;

extern bool tcp_reaper_netns_admin;

void tcp_reaper_params_template(struct tcp_reaper_policy *policy);

#endif
