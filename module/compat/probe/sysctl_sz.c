// SPDX-License-Identifier: GPL-2.0-only
/* 6.6, 95d4977876d6: a table is registered with its size. */
#include <net/net_namespace.h>

void *probe(struct net *net, struct ctl_table *table);
void *probe(struct net *net, struct ctl_table *table)
{
	return register_net_sysctl_sz(net, "", table, 0);
}
