/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_SCREEN_H
#define REAPERCTL_SCREEN_H

#include "find/top.h"

void top_draw(const struct top_data *data, const struct top_data *before,
	      const struct top_view *view, const char *error);

#endif
