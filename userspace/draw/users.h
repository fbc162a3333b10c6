/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_USERS_H
#define REAPERCTL_USERS_H

#include <stdint.h>

#include "find/relatives.h"
#include "kernel/proc.h"

char *users_as_ss(const struct holders *holders, uint64_t inode);
char *users_plain(const struct holders *holders, uint64_t inode);
void users_output(struct relatives *relatives, const struct holders *holders,
		  uint64_t inode);

#endif
