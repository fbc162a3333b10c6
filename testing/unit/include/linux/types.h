/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's names, for its sources that are built outside it. */
#ifndef TCP_REAPER_UNIT_TYPES_H
#define TCP_REAPER_UNIT_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the C library's own headers expect of a file of this name. */
#include_next <linux/types.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

#endif
