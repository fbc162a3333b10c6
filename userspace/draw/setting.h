/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_SETTING_H
#define REAPERCTL_SETTING_H

#include "find/group.h"
#include "kernel/knobs.h"
#include "kernel/netns.h"

void setting_show(const struct netns *ns, const struct knobs *knobs,
		  const struct finding *finding, enum cause cause);

#endif
