// SPDX-License-Identifier: GPL-2.0-only
/*
 * /proc/net/reaper/log: the last actions of a namespace. A reader that has
 * come to the end polls for more.
 */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/kmemleak.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/printk.h>
#include <linux/proc_fs.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include <linux/workqueue.h>
#include <net/net_namespace.h>
#include <net/sock.h>

#include "compat/procfs.h"
#include "log.h"
#include "shared/policy.h"
#include "words.h"

#define LEAVE_MS 10
/* Whoever has not left by then is left behind, when the module is unloaded. */
#define PATIENCE_MS 1000

/**
 * struct tcp_reaper_log_waiters - who polls for a log
 * @wait: their queue
 * @list: among those of logs that are no more
 * @rcu: frees it, if it is not among those
 *
 * Outlives the log, and if need be the module: nothing here is the module's.
 */
struct tcp_reaper_log_waiters {
	wait_queue_head_t wait;
	union {
		struct list_head list;
		struct rcu_head rcu;
	};
};

/* Queues of logs that are no more. */
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
	struct tcp_reaper_log_waiters *waiters, *next;
	LIST_HEAD(empty);
	bool all;

	mutex_lock(&leaving_lock);
	list_for_each_entry_safe(waiters, next, &leaving, list) {
		if (wq_has_sleeper(&waiters->wait))
			__wake_up(&waiters->wait, TASK_NORMAL, 0,
				  poll_to_key(EPOLLHUP | POLLFREE));
		if (!wq_has_sleeper(&waiters->wait))
			list_move(&waiters->list, &empty);
	}
	all = list_empty(&leaving);
	mutex_unlock(&leaving_lock);
	if (list_empty(&empty))
		return all;
	/* epoll reads the queue's address under RCU. */
	synchronize_rcu();
	list_for_each_entry_safe(waiters, next, &empty, list)
		kfree(waiters);
	return all;
}

static void see_off(struct work_struct *work)
{
	if (!all_left())
		queue_delayed_work(system_unbound_wq, &see_off_work,
				   msecs_to_jiffies(LEAVE_MS));
}

/**
 * tcp_reaper_log_quiesce - see off who still polls for a log that is no more
 *
 * One that is stuck elsewhere is not waited for: its queue is left behind, some
 * hundred bytes for good, so that unloading ends.
 *
 * Context: process context, sleeps for PATIENCE_MS at most.
 */
void tcp_reaper_log_quiesce(void)
{
	unsigned long end = jiffies + msecs_to_jiffies(PATIENCE_MS);
	struct tcp_reaper_log_waiters *waiters;

	cancel_delayed_work_sync(&see_off_work);
	while (!all_left() && time_before(jiffies, end))
		msleep(LEAVE_MS);
	list_for_each_entry(waiters, &leaving, list) {
		pr_warn("log: somebody polls for a log that is gone, and is stuck elsewhere: leaving the queue behind\n");
		kmemleak_not_leak(waiters);
	}
	INIT_LIST_HEAD(&leaving);
}

/**
 * tcp_reaper_log_setup - an empty log
 * @log: the log
 * @net: whose
 *
 * Return: 0 or -ENOMEM.
 */
int tcp_reaper_log_setup(struct tcp_reaper_log *log, struct net *net)
{
	log->net = net;
	raw_spin_lock_init(&log->lock);
	log->waiters = kmalloc(sizeof(*log->waiters), GFP_KERNEL);
	if (!log->waiters)
		return -ENOMEM;
	init_waitqueue_head(&log->waiters->wait);
	return 0;
}

/**
 * tcp_reaper_log_teardown - free a log
 * @log: the log; its file is removed, so that nobody new can come to wait
 */
void tcp_reaper_log_teardown(struct tcp_reaper_log *log)
{
	/* Nobody new can come: a queue seen empty stays so. */
	if (wq_has_sleeper(&log->waiters->wait)) {
		mutex_lock(&leaving_lock);
		list_add_tail(&log->waiters->list, &leaving);
		mutex_unlock(&leaving_lock);
		queue_delayed_work(system_unbound_wq, &see_off_work, 0);
	} else {
		/* The last one may be on its way out of the queue's lock. */
		kfree_rcu(log->waiters, rcu);
	}
	kfree(log->lines);
	log->lines = NULL;
}

static struct tcp_reaper_log_line *make_room(struct tcp_reaper_log *log)
{
	struct tcp_reaper_log_line *lines;

	lines = kcalloc(TCP_REAPER_LOG_LINES, sizeof(*lines),
			GFP_KERNEL | __GFP_NOWARN);
	raw_spin_lock(&log->lock);
	if (!log->lines)
		swap(log->lines, lines);
	raw_spin_unlock(&log->lock);
	kfree(lines);
	return log->lines;
}

/**
 * tcp_reaper_log_prepare - a line about an action that is about to be done
 * @line: the line; @done is the caller's to set
 * @sk: on which socket, pinned
 * @facts: what is known of it
 * @action: enum tcp_reaper_action
 */
void tcp_reaper_log_prepare(struct tcp_reaper_log_line *line, struct sock *sk,
			    const struct tcp_reaper_facts *facts, u8 action)
{
	*line = (struct tcp_reaper_log_line){
		.time_ms = ktime_to_ms(ktime_get_real()),
		.age_ms = facts->age_ms,
		.idle_ms = facts->idle_ms,
		.inode = sock_i_ino(sk),
		.uid = READ_ONCE(sk->sk_uid),
		.class = facts->class,
		.state = facts->state,
		.action = action,
	};
	tcp_reaper_ends_read(sk, &line->ends);
}

/**
 * tcp_reaper_log - note an action
 * @log: the namespace's log
 * @line: about it
 *
 * Out of memory the line is lost, but not its number.
 *
 * Context: process context, may sleep.
 */
void tcp_reaper_log(struct tcp_reaper_log *log,
		    const struct tcp_reaper_log_line *line)
{
	if (!READ_ONCE(log->lines) && !make_room(log))
		return;
	raw_spin_lock(&log->lock);
	log->lines[log->next++ % TCP_REAPER_LOG_LINES] = *line;
	raw_spin_unlock(&log->lock);
}

/**
 * tcp_reaper_log_wake - tell those who poll that there is something new
 * @log: the log
 *
 * Apart from noting it, as there may be very many, and a socket's lock is held
 * then.
 *
 * Context: process context.
 */
void tcp_reaper_log_wake(struct tcp_reaper_log *log)
{
	wake_up_interruptible_poll(&log->waiters->wait, EPOLLIN | EPOLLRDNORM);
}

/*
 * A position is 1 + a line's number; 0 is the header. seq_file's private buffer
 * is the line that is being shown.
 */
static void *log_at(struct seq_file *m, loff_t *pos)
{
	struct tcp_reaper_log *log = tcp_reaper_pde_data(file_inode(m->file));
	struct tcp_reaper_log_line *line = m->private;
	u64 number, oldest;

	if (!*pos)
		return SEQ_START_TOKEN;
	raw_spin_lock(&log->lock);
	oldest = log->next > TCP_REAPER_LOG_LINES
			 ? log->next - TCP_REAPER_LOG_LINES
			 : 0;
	number = max_t(u64, *pos - 1, oldest);
	if (number < log->next)
		*line = log->lines[number % TCP_REAPER_LOG_LINES];
	else
		line = NULL;
	raw_spin_unlock(&log->lock);
	*pos = number + 1;
	return line;
}

static void *log_start(struct seq_file *m, loff_t *pos)
{
	return log_at(m, pos);
}

static void *log_next(struct seq_file *m, void *v, loff_t *pos)
{
	++*pos;
	return log_at(m, pos);
}

static void log_stop(struct seq_file *m, void *v)
{
}

static int log_show(struct seq_file *m, void *v)
{
	const struct tcp_reaper_log_line *line = v;

	if (v == SEQ_START_TOKEN) {
		seq_puts(m,
			 "time_ms class state age_ms idle_ms local remote uid inode action result\n");
		return 0;
	}
	seq_printf(m, "%llu %s %s %llu %llu ", line->time_ms,
		   tcp_reaper_class_word(line->class),
		   tcp_reaper_state_word(line->state), line->age_ms,
		   line->idle_ms);
	tcp_reaper_ends_show(m, &line->ends);
	seq_printf(m, " %u %llu %s %s\n",
		   from_kuid_munged(seq_user_ns(m), line->uid), line->inode,
		   tcp_reaper_action_word(line->action),
		   line->done ? "done" : "failed");
	return 0;
}

static const struct seq_operations log_ops = {
	.start = log_start,
	.next = log_next,
	.stop = log_stop,
	.show = log_show,
};

static int log_open(struct inode *inode, struct file *file)
{
	return seq_open_private(file, &log_ops,
				sizeof(struct tcp_reaper_log_line));
}

/*
 * The namespace is pinned for the time of the call, not for that of the file:
 * its end would have to wait for a page fault of the reader's, and the end of
 * every other namespace with it.
 */
static ssize_t log_read(struct file *file, char __user *buf, size_t size,
			loff_t *pos)
{
	struct tcp_reaper_log *log = tcp_reaper_pde_data(file_inode(file));
	struct net *net = maybe_get_net(log->net);
	ssize_t len;

	if (!net)
		return -ENODEV;
	len = seq_read(file, buf, size, pos);
	put_net(net);
	return len;
}

static __poll_t log_poll(struct file *file, poll_table *wait)
{
	struct tcp_reaper_log *log = tcp_reaper_pde_data(file_inode(file));
	struct seq_file *m = file->private_data;
	__poll_t ready = 0;

	poll_wait(file, &log->waiters->wait, wait);
	raw_spin_lock(&log->lock);
	if (!m->index || m->index - 1 < log->next || m->count)
		ready = EPOLLIN | EPOLLRDNORM;
	raw_spin_unlock(&log->lock);
	return ready;
}

const struct proc_ops tcp_reaper_log_proc_ops = {
	.proc_open = log_open,
	.proc_read = log_read,
	.proc_lseek = seq_lseek,
	.proc_release = seq_release_private,
	.proc_poll = log_poll,
};
