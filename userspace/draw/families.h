/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_FAMILIES_H
#define REAPERCTL_FAMILIES_H

#include "find/census.h"

void families_show(const struct census *census);

#endif
