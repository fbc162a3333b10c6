// SPDX-License-Identifier: GPL-2.0-only
/* 6.11, 78eb4ea25cd5: a handler gets a const table. */
#include <linux/sysctl.h>

static int handler(const struct ctl_table *ctl, int write, void *buffer,
		   size_t *lenp, loff_t *ppos)
{
	return 0;
}

proc_handler *probe(void);
proc_handler *probe(void)
{
	return handler;
}
