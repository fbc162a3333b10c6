/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_COMPAT_SYSCTL_H
#define TCP_REAPER_COMPAT_SYSCTL_H

#include <linux/sysctl.h>
#include <net/net_namespace.h>

#include "config.h"

/* 78eb4ea25cd5 ("sysctl: treewide: constify the ctl_table argument"), 6.11 */
#ifdef TCP_REAPER_HAVE_SYSCTL_CONST
#define tcp_reaper_ctl_table const struct ctl_table
#else
#define tcp_reaper_ctl_table struct ctl_table
#endif

/*
 * 95d4977876d6 ("sysctl: Add size to register_net_sysctl function"), 6.6: from
 * then on the table's end is its size, before it was an entry of zeros.
 */
static inline struct ctl_table_header *
tcp_reaper_register_sysctl(struct net *net, const char *path,
			   struct ctl_table *table, size_t size)
{
#ifdef TCP_REAPER_HAVE_SYSCTL_SZ
	return register_net_sysctl_sz(net, path, table, size);
#else
	return register_net_sysctl(net, path, table);
#endif
}

#endif
