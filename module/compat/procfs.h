/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_COMPAT_PROCFS_H
#define TCP_REAPER_COMPAT_PROCFS_H

#include <linux/proc_fs.h>

#include "config.h"

/* 359745d78351 ("proc: remove PDE_DATA() completely"), 5.17. */
static inline void *tcp_reaper_pde_data(const struct inode *inode)
{
#ifdef TCP_REAPER_HAVE_PDE_DATA_LOWER
	return pde_data(inode);
#else
	return PDE_DATA(inode);
#endif
}

#endif
