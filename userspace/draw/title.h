/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_TITLE_H
#define REAPERCTL_TITLE_H

#include "draw/found.h"

void title_show(const struct findings *findings, const struct group *group);

#endif
