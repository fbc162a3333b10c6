/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_SINCE_H
#define REAPERCTL_SINCE_H

#include <stdbool.h>
#include <stdint.h>

bool since_parse(const char *text, uint64_t *since_ms);

#endif
