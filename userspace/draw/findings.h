/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_FINDINGS_H
#define REAPERCTL_FINDINGS_H

#include "base/rc.h"
#include "draw/found.h"

enum rc findings_show(const struct findings *findings,
		      const struct netns_set *set);

#endif
