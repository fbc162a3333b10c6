/* SPDX-License-Identifier: GPL-2.0 */
#include <errno.h>
#include_next <linux/errno.h>
