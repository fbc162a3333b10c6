/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_LOADED_H
#define REAPERCTL_LOADED_H

#include <stdbool.h>

#include "base/rc.h"

bool loaded(void);
enum rc loaded_not(void);
void loaded_warn(void);

#endif
