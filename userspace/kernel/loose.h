/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_LOOSE_H
#define REAPERCTL_LOOSE_H

#include <stdint.h>
#include <sys/types.h>

uint64_t loose_count(pid_t pid, uint64_t least);

#endif
