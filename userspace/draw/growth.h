/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_GROWTH_H
#define REAPERCTL_GROWTH_H

#include "draw/found.h"

void growth_show(const struct findings *findings, const struct group *group);

#endif
