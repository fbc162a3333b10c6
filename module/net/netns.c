// SPDX-License-Identifier: GPL-2.0-only
/*
 * Birth and burial of what each network namespace has of its own.
 */
#include <linux/bitops.h>
#include <linux/jiffies.h>
#include <linux/printk.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/workqueue.h>
#include <net/net_namespace.h>

#include "all.h"
#include "change.h"
#include "decide/rules.h"
#include "hook/nursery.h"
#include "knobs.h"
#include "net.h"
#include "netns.h"
#include "show/pollers.h"
#include "show/procfs.h"
#include "show/sysctl.h"
#include "show/sysfs.h"
#include "track/owner.h"
#include "track/round.h"
#include "trial.h"

/* Unloading that takes longer than this is told why. */
#define COMPLAINT (5 * HZ)

/* The module is on its way out: a new namespace is to have no files. */
static bool no_files;

/* Its own: whoever clogs a queue of the system would hold up what ends. */
static struct workqueue_struct *wq;

static void complain(struct work_struct *work);
static DECLARE_DELAYED_WORK(complaint, complain);

static int add_files(struct tcp_reaper_net *rn)
{
	int err = tcp_reaper_sysfs_add(rn);

	if (err)
		return err;
	err = tcp_reaper_sysctl_add(rn);
	if (err)
		goto err_sysfs;
	err = tcp_reaper_procfs_add(rn->net);
	if (err)
		goto err_sysctl;
	set_bit(0, &rn->files);
	return 0;

err_sysctl:
	tcp_reaper_sysctl_del(rn);
err_sysfs:
	tcp_reaper_sysfs_del(rn);
	return err;
}

/* Waits for those who are inside a call on one of them. */
static void del_files(struct tcp_reaper_net *rn)
{
	if (!test_and_clear_bit(0, &rn->files))
		return;
	tcp_reaper_procfs_del(rn->net);
	tcp_reaper_sysctl_del(rn);
	tcp_reaper_sysfs_del(rn);
}

/**
 * struct burial - what is left of namespaces that nobody can find any more
 * @work: to be done
 * @nets: the namespaces, by their exit_list; or
 * @rn: our part of a single one
 */
struct burial {
	struct work_struct work;
	struct list_head *nets;
	struct tcp_reaper_net *rn;
};

static void bury_one(struct tcp_reaper_net *rn)
{
	tcp_reaper_round_leave(rn);
	tcp_reaper_log_teardown(&rn->log);
	tcp_reaper_rules_free(&rn->rules);
}

static void bury_all(const struct burial *burial)
{
	struct net *net;

	tcp_reaper_nursery_purge();
	if (burial->rn)
		bury_one(burial->rn);
	else
		list_for_each_entry(net, burial->nets, exit_list)
			bury_one(tcp_reaper_net(net));
}

static void burial_work(struct work_struct *work)
{
	bury_all(container_of(work, struct burial, work));
}

/*
 * Once nobody can find them any more, and RCU passed. A worker of the kernel's
 * does it, as it takes locks that the workers of everybody wait for: where a
 * namespace cannot be made, our exit is called in the process that wanted it,
 * which may get no CPU while it has one of them.
 */
static void bury(struct list_head *nets, struct tcp_reaper_net *rn)
{
	struct burial burial = { .nets = nets, .rn = rn };

	if (current->flags & PF_KTHREAD) {
		/* Not to wait behind any number of those that failed. */
		bury_all(&burial);
		return;
	}
	INIT_WORK_ONSTACK(&burial.work, burial_work);
	queue_work(wq, &burial.work);
	flush_work(&burial.work);
	destroy_work_on_stack(&burial.work);
}

static int __net_init net_start(struct net *net)
{
	struct tcp_reaper_net *rn = tcp_reaper_net(net);
	int err;

	rn->net = net;
	if (net_eq(net, &init_net))
		tcp_reaper_stats_host(&rn->stats);
	mutex_init(&rn->lock);
	tcp_reaper_template_copy(&rn->policy);
	err = tcp_reaper_log_setup(&rn->log, net);
	if (err)
		return err;
	rn->turn.serve = tcp_reaper_trial_serve;
	err = tcp_reaper_round_join(rn, net);
	if (err)
		goto err_log;
	err = add_files(rn);
	if (err)
		goto err_round;
	err = tcp_reaper_all_add(rn);
	if (err)
		goto err_files;
	tcp_reaper_change_begin(rn);
	/* It is found by tcp_reaper_netns_close(), or sees that one coming. */
	smp_mb();
	if (READ_ONCE(no_files))
		del_files(rn);
	return 0;

err_files:
	del_files(rn);
err_round:
	/* A write may have come already, and have set something in motion. */
	tcp_reaper_change_end(rn);
	synchronize_rcu();
	bury(NULL, rn);
	return err;
err_log:
	tcp_reaper_log_teardown(&rn->log);
	return err;
}

/* RCU passes between this and net_stop(): nobody finds it any more. */
static void __net_exit net_pre_stop(struct net *net)
{
	struct tcp_reaper_net *rn = tcp_reaper_net(net);

	tcp_reaper_all_del(rn);
	tcp_reaper_change_end(rn);
}

static void __net_exit net_stop(struct list_head *nets)
{
	struct net *net;

	list_for_each_entry(net, nets, exit_list)
		del_files(tcp_reaper_net(net));
	bury(nets, NULL);
}

static struct pernet_operations net_ops = {
	.init = net_start,
	.pre_exit = net_pre_stop,
	.exit_batch = net_stop,
	.id = &tcp_reaper_net_id,
	.size = sizeof(struct tcp_reaper_net),
};

/**
 * tcp_reaper_netns_init - take on every namespace, and those to come
 *
 * Return: 0 or a negative errno.
 */
int tcp_reaper_netns_init(void)
{
	int err;

	wq = alloc_workqueue("tcp_reaper_netns", WQ_UNBOUND, 0);
	if (!wq)
		return -ENOMEM;
	err = register_pernet_subsys(&net_ops);
	if (err) {
		tcp_reaper_pollers_quiesce();
		destroy_workqueue(wq);
	}
	return err;
}

static void complain(struct work_struct *work)
{
	pr_warn("unloading waits for a program that is inside a read or write of a file below /proc/net/reaper or /proc/sys/net/tcp_reaper; \"grep -lE 'proc_reg_read|proc_reg_write|proc_sys_' /proc/*/task/*/stack\" names it\n");
}

/**
 * tcp_reaper_netns_close - remove the files of every namespace
 *
 * Who removes a file waits for those who are inside a call on it, for as long
 * as a page fault of theirs takes. So it is done before
 * unregister_pernet_subsys(), which no namespace can be made or ended beside.
 * What is made from here on has no files. When it takes long the log says why.
 *
 * Context: process context, sleeps.
 */
void tcp_reaper_netns_close(void)
{
	struct tcp_reaper_net *rn;
	unsigned long id = 0;
	struct net *net;

	schedule_delayed_work(&complaint, COMPLAINT);
	WRITE_ONCE(no_files, true);
	/* Pairs with the one in net_start(). */
	smp_mb();
	for (;; id++) {
		rcu_read_lock();
		rn = tcp_reaper_all_from(&id);
		net = rn ? maybe_get_net(rn->net) : NULL;
		rcu_read_unlock();
		if (!rn)
			break;
		/* One that goes away sees to its own. */
		if (!net)
			continue;
		del_files(rn);
		put_net(net);
	}
	cancel_delayed_work_sync(&complaint);
}

/** tcp_reaper_netns_exit - let go of every namespace */
void tcp_reaper_netns_exit(void)
{
	unregister_pernet_subsys(&net_ops);
	tcp_reaper_pollers_quiesce();
	destroy_workqueue(wq);
}
