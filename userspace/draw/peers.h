/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_PEERS_H
#define REAPERCTL_PEERS_H

#include "find/group.h"

void peers_show(const struct group *group);

#endif
