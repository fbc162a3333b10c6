/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include_next <linux/errno.h>
