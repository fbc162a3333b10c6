/* SPDX-License-Identifier: GPL-2.0 */
#ifndef REAPERCTL_LOADED_H
#define REAPERCTL_LOADED_H

#include <stdbool.h>

#include "reaperctl.h"

bool loaded(void);
enum rc loaded_not(void);

#endif
