/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_ELSEWHERE_H
#define REAPERCTL_ELSEWHERE_H

#include "kernel/netns.h"

void elsewhere_show(const struct netns_set *looked_at, const char *title,
		    const char *verb);

#endif
