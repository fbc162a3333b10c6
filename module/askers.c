// SPDX-License-Identifier: GPL-2.0
/*
 * Who asks: the namespaces that want transitions noted. Handlers run for those
 * of all namespaces, and are to cost next to nothing in one that does not want
 * them: its address is compared with that of the only one that does. Where
 * there are several, the kernel patches the comparison away, and each hit looks
 * up its own.
 *
 * A handler may be held up anywhere before it turns preemption off. One that is
 * about to compare finds its namespace, if that asks all the time: the address
 * is replaced only while no other asks.
 */
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/mutex.h>
#include <linux/workqueue.h>

#include "askers.h"
#include "watch.h"

/* On while several ask, and up to a second longer. */
DEFINE_STATIC_KEY_FALSE(tcp_reaper_several_ask);
/* While it is off, the one that does, or NULL. */
const struct net *tcp_reaper_only_asker __read_mostly;

/* Protects both, and the list of them all. */
static DEFINE_MUTEX(askers_lock);
static LIST_HEAD(askers);

static void no_longer_several(struct work_struct *work);
static DECLARE_DELAYED_WORK(fewer_work, no_longer_several);

static void choose_only(void)
{
	struct tcp_reaper_net *rn =
		list_first_entry(&askers, struct tcp_reaper_net, asker);

	lockdep_assert_held(&askers_lock);
	if (list_is_singular(&askers))
		smp_store_release(&tcp_reaper_only_asker, rn->net);
}

static void no_longer_several(struct work_struct *work)
{
	mutex_lock(&askers_lock);
	if (list_empty(&askers) || list_is_singular(&askers)) {
		choose_only();
		static_branch_disable(&tcp_reaper_several_ask);
	}
	mutex_unlock(&askers_lock);
}

/**
 * tcp_reaper_ask - have a namespace's transitions noted, or no more
 * @rn: the namespace
 * @asks: whether
 *
 * Code is patched twice a second at most, whatever tenants do.
 *
 * Context: process context, sleeps; under @rn's lock.
 */
void tcp_reaper_ask(struct tcp_reaper_net *rn, bool asks)
{
	lockdep_assert_held(&rn->lock);
	if (rn->asks == asks)
		return;
	mutex_lock(&askers_lock);
	WRITE_ONCE(rn->asks, asks);
	if (asks) {
		list_add_tail(&rn->asker, &askers);
		choose_only();
		if (!list_is_singular(&askers))
			static_branch_enable(&tcp_reaper_several_ask);
	} else {
		list_del(&rn->asker);
		if (tcp_reaper_only_asker == rn->net)
			WRITE_ONCE(tcp_reaper_only_asker, NULL);
		queue_delayed_work(tcp_reaper_wq, &fewer_work, HZ);
	}
	mutex_unlock(&askers_lock);
}

/**
 * tcp_reaper_askers_quiesce - stop the worker, once no namespace is left
 *
 * Context: process context, sleeps.
 */
void tcp_reaper_askers_quiesce(void)
{
	cancel_delayed_work_sync(&fewer_work);
}
