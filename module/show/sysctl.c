// SPDX-License-Identifier: GPL-2.0-only
/*
 * /proc/sys/net/tcp_reaper/: the knobs, as sysctl.d, container run times and
 * pod security contexts set them.
 */
#include <linux/errno.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysctl.h>
#include <net/net_namespace.h>

#include "compat/sysctl.h"
#include "net/change.h"
#include "net/knobs.h"
#include "net/net.h"
#include "sysctl.h"

static int handler(tcp_reaper_ctl_table *ctl, int write, void *buffer,
		   size_t *lenp, loff_t *ppos)
{
	const struct tcp_reaper_knob *knob = ctl->extra1;
	struct tcp_reaper_net *rn = ctl->data;
	char text[TCP_REAPER_KNOB_TEXT];
	int len;

	if (write) {
		/* An empty one is none, as sysfs has it. */
		if (!*lenp)
			return 0;
		/* One write is one value: never a part of one. */
		if (*ppos)
			return -EINVAL;
		len = tcp_reaper_change_knob(rn, knob, buffer, *lenp);
		if (!len)
			*ppos += *lenp;
		return len;
	}
	len = tcp_reaper_knob_show(&rn->policy, knob, text);
	if (*ppos >= len) {
		*lenp = 0;
		return 0;
	}
	*lenp = min_t(size_t, *lenp, len - *ppos);
	memcpy(buffer, text + *ppos, *lenp);
	*ppos += *lenp;
	return 0;
}

/**
 * tcp_reaper_sysctl_add - a namespace's sysctls
 * @rn: the namespace
 *
 * Return: 0 or -ENOMEM.
 */
int tcp_reaper_sysctl_add(struct tcp_reaper_net *rn)
{
	struct ctl_table *table;
	unsigned int i;

	/* One more, all zero: the end, to kernels that look for one. */
	table = kcalloc(tcp_reaper_nr_knobs + 1, sizeof(*table), GFP_KERNEL);
	if (!table)
		return -ENOMEM;
	for (i = 0; i < tcp_reaper_nr_knobs; i++) {
		table[i].procname = tcp_reaper_knobs[i].sysctl;
		table[i].mode = 0644;
		table[i].proc_handler = handler;
		table[i].data = rn;
		table[i].extra1 = (void *)&tcp_reaper_knobs[i];
	}
	rn->ctl = tcp_reaper_register_sysctl(rn->net, "net/tcp_reaper", table,
					     tcp_reaper_nr_knobs);
	if (!rn->ctl) {
		kfree(table);
		return -ENOMEM;
	}
	return 0;
}

/**
 * tcp_reaper_sysctl_del - undo tcp_reaper_sysctl_add()
 * @rn: the namespace
 *
 * Context: process context; waits for writers.
 */
void tcp_reaper_sysctl_del(struct tcp_reaper_net *rn)
{
	const struct ctl_table *table = rn->ctl->ctl_table_arg;

	unregister_net_sysctl_table(rn->ctl);
	kfree(table);
}
