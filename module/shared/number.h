/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_NUMBER_H
#define TCP_REAPER_NUMBER_H

#include <linux/types.h>

int tcp_reaper_decimal_parse(const char *text, size_t len, u64 max, u64 *value);
int tcp_reaper_hex_parse(const char *text, size_t len, u64 max, u64 *value);

#endif
