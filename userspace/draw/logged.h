/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_LOGGED_H
#define REAPERCTL_LOGGED_H

#include "find/logs.h"

void logged_show(struct logs *logs);

#endif
