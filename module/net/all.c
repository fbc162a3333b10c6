// SPDX-License-Identifier: GPL-2.0-only
/*
 * All namespaces, oldest first, to be walked under RCU without a lock. One that
 * goes away leaves in pre_exit, after which the kernel lets RCU pass before it
 * calls exit_batch: whoever found it here may use it to the end of its RCU
 * section.
 */
#include <linux/rcupdate.h>
#include <linux/xarray.h>

#include "all.h"
#include "net.h"

static DEFINE_XARRAY_ALLOC(nets);
static u32 next_id;

/**
 * tcp_reaper_all_add - a namespace is ready
 * @rn: the namespace; its @id is set
 *
 * Context: process context, sleeps.
 * Return: 0 or a negative errno.
 */
int tcp_reaper_all_add(struct tcp_reaper_net *rn)
{
	int err = xa_alloc_cyclic(&nets, &rn->id, rn, xa_limit_31b, &next_id,
				  GFP_KERNEL);

	/* 1 says that the numbers begin anew. */
	return err < 0 ? err : 0;
}

/**
 * tcp_reaper_all_del - a namespace is about to go away
 * @rn: the namespace
 */
void tcp_reaper_all_del(struct tcp_reaper_net *rn)
{
	xa_erase(&nets, rn->id);
}

/**
 * tcp_reaper_all_from - the next namespace
 * @id: the least number it may have; its number then
 *
 * Context: under rcu_read_lock(), as is the use of what it returns.
 * Return: the namespace, or NULL at the end.
 */
struct tcp_reaper_net *tcp_reaper_all_from(unsigned long *id)
{
	return xa_find(&nets, id, ULONG_MAX, XA_PRESENT);
}

/**
 * tcp_reaper_all_find - our part of a namespace that may be gone
 * @net: only compared, not followed
 *
 * Context: under rcu_read_lock(), as is the use of what it returns.
 * Return: our part, or NULL.
 */
struct tcp_reaper_net *tcp_reaper_all_find(const struct net *net)
{
	struct tcp_reaper_net *rn;
	unsigned long id;

	xa_for_each(&nets, id, rn)
		if (rn->net == net)
			return rn;
	return NULL;
}

/** tcp_reaper_all_teardown - once there is none left */
void tcp_reaper_all_teardown(void)
{
	xa_destroy(&nets);
}
