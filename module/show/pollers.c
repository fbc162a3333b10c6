// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who waits for a line of a log. They are any users' programs, and the worker
 * that reaps tells them: so they are few, each is told in a moment, and none
 * holds up the end of the log.
 */
#include <linux/capability.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/kmemleak.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/printk.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "pollers.h"

#define LEAVE_MS 10
/* Who has not left by then may be there for long. */
#define LEAVE_MS_MOST 1000
/* One poll() may wait as often as it has descriptors. Each log's own. */
#define MOST 1024
/* Whoever has not left by then is left behind, when the module is unloaded. */
#define PATIENCE_MS 1000

/**
 * struct tcp_reaper_pollers - who polls for a log
 * @wait: their queue
 * @list: among those of logs that are no more
 * @rcu: frees it, if it is not among those
 *
 * Outlives the log, and if need be the module: nothing here is the module's.
 */
struct tcp_reaper_pollers {
	wait_queue_head_t wait;
	union {
		struct list_head list;
		struct rcu_head rcu;
	};
};

/* How poll() and select() wait: to tell one of those costs the same each time.
 */
static poll_queue_proc simple;

/* Of logs that are no more. */
static LIST_HEAD(leaving);
static DEFINE_MUTEX(leaving_lock);

static void see_off(struct work_struct *work);
static DECLARE_DELAYED_WORK(see_off_work, see_off);

/*
 * Who polls may sleep on our queue still, or have an epoll instance look at it.
 * A woken poll() finds the file gone, and leaves the queue; epoll leaves it by
 * POLLFREE. Neither can be made to, and one may be stuck in the poll() of
 * another file: it holds up neither the end of a namespace nor other work.
 */
static bool all_left(void)
{
	struct tcp_reaper_pollers *pollers, *next;
	LIST_HEAD(rest);
	LIST_HEAD(empty);
	bool all;

	/* Who ends a namespace waits for the lock, and not for a wake-up. */
	mutex_lock(&leaving_lock);
	list_splice_init(&leaving, &rest);
	mutex_unlock(&leaving_lock);
	list_for_each_entry_safe(pollers, next, &rest, list) {
		if (wq_has_sleeper(&pollers->wait))
			__wake_up(&pollers->wait, TASK_NORMAL, 0,
				  poll_to_key(EPOLLHUP | POLLFREE));
		if (!wq_has_sleeper(&pollers->wait))
			list_move(&pollers->list, &empty);
		cond_resched();
	}
	mutex_lock(&leaving_lock);
	list_splice(&rest, &leaving);
	all = list_empty(&leaving);
	mutex_unlock(&leaving_lock);
	if (list_empty(&empty))
		return all;
	/* epoll reads the queue's address under RCU. */
	synchronize_rcu();
	list_for_each_entry_safe(pollers, next, &empty, list)
		kfree(pollers);
	return all;
}

static void see_off(struct work_struct *work)
{
	static unsigned int delay_ms = LEAVE_MS;

	if (all_left()) {
		delay_ms = LEAVE_MS;
		return;
	}
	queue_delayed_work(system_unbound_wq, &see_off_work,
			   msecs_to_jiffies(delay_ms));
	delay_ms = min(2 * delay_ms, LEAVE_MS_MOST);
}

/**
 * tcp_reaper_pollers_quiesce - see off who still polls for a log that is no
 * more
 *
 * One that is stuck elsewhere is not waited for: its queue is left behind, some
 * hundred bytes for good, so that unloading ends.
 *
 * Context: process context, sleeps for PATIENCE_MS at most.
 */
void tcp_reaper_pollers_quiesce(void)
{
	unsigned long end = jiffies + msecs_to_jiffies(PATIENCE_MS);
	struct tcp_reaper_pollers *pollers;

	cancel_delayed_work_sync(&see_off_work);
	while (!all_left() && time_before(jiffies, end))
		msleep(LEAVE_MS);
	list_for_each_entry(pollers, &leaving, list) {
		pr_warn("log: somebody polls for a log that is gone, and is stuck elsewhere: leaving the queue behind\n");
		kmemleak_not_leak(pollers);
	}
	INIT_LIST_HEAD(&leaving);
}

/**
 * tcp_reaper_pollers_setup - learn how poll() and select() wait
 */
void tcp_reaper_pollers_setup(void)
{
	static struct poll_wqueues table;

	poll_initwait(&table);
	simple = table.pt._qproc;
	poll_freewait(&table);
}

/**
 * tcp_reaper_pollers_new - nobody yet
 *
 * Return: them, or NULL without memory.
 */
struct tcp_reaper_pollers *tcp_reaper_pollers_new(void)
{
	struct tcp_reaper_pollers *pollers =
		kmalloc(sizeof(*pollers), GFP_KERNEL);

	if (pollers)
		init_waitqueue_head(&pollers->wait);
	return pollers;
}

/**
 * tcp_reaper_pollers_leave - they are to go, as their log does
 * @pollers: them; the log's file is removed, so that nobody new can come
 */
void tcp_reaper_pollers_leave(struct tcp_reaper_pollers *pollers)
{
	/* Nobody new can come: a queue seen empty stays so. */
	if (wq_has_sleeper(&pollers->wait)) {
		mutex_lock(&leaving_lock);
		list_add_tail(&pollers->list, &leaving);
		mutex_unlock(&leaving_lock);
		queue_delayed_work(system_unbound_wq, &see_off_work, 0);
	} else {
		/* The last one may be on its way out of the queue's lock. */
		kfree_rcu(pollers, rcu);
	}
}

/**
 * tcp_reaper_pollers_tell - there is something new
 * @pollers: whom to tell
 *
 * Context: process context.
 */
void tcp_reaper_pollers_tell(struct tcp_reaper_pollers *pollers)
{
	wake_up_interruptible_poll(&pollers->wait, EPOLLIN | EPOLLRDNORM);
}

static bool crowded(struct wait_queue_head *queue)
{
	struct wait_queue_entry *waiter;
	unsigned long flags;
	int n = 0;

	spin_lock_irqsave(&queue->lock, flags);
	list_for_each_entry(waiter, &queue->head, entry) {
		if (++n == MOST)
			break;
	}
	spin_unlock_irqrestore(&queue->lock, flags);
	return n == MOST;
}

/**
 * tcp_reaper_pollers_asked - does it want to wait
 * @wait: who calls a file's poll()
 *
 * poll_does_not_wait() went with 7.3.
 *
 * Return: true if so.
 */
bool tcp_reaper_pollers_asked(const poll_table *wait)
{
	return wait && wait->_qproc;
}

/**
 * tcp_reaper_pollers_add - have one wait, if it may
 * @pollers: where
 * @file: of the log
 * @wait: who wants to
 *
 * An epoll instance may be waited for by others in turn, without end, each of
 * whom is told with it: that is for whoever has rights over the host, as is to
 * be one more than there may be.
 *
 * Return: false if it may not.
 */
bool tcp_reaper_pollers_add(struct tcp_reaper_pollers *pollers,
			    struct file *file, poll_table *wait)
{
	if ((wait->_qproc != simple || crowded(&pollers->wait)) &&
	    !capable(CAP_NET_ADMIN))
		return false;
	poll_wait(file, &pollers->wait, wait);
	return true;
}
