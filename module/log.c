// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/net/tcp_reaper/log: the last actions of a namespace. A reader that has
 * come to the end polls for more.
 */
#include <linux/atomic.h>
#include <linux/jiffies.h>
#include <linux/poll.h>
#include <linux/proc_fs.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include <linux/wait_bit.h>
#include <linux/workqueue.h>
#include <net/inet_sock.h>
#include <net/sock.h>

#include "compat/procfs.h"
#include "log.h"
#include "policy.h"
#include "watch.h"
#include "words.h"

#define LEAVE_MS 10

/**
 * struct tcp_reaper_log_waiters - who polls for a log
 * @wait: their queue
 * @leave: sees them off, and frees this
 */
struct tcp_reaper_log_waiters {
	wait_queue_head_t wait;
	struct delayed_work leave;
};

/* Queues of logs that are no more. */
static atomic_t leaving = ATOMIC_INIT(0);

/*
 * Who polls may sleep on our queue still, or have an epoll instance look at it.
 * A woken poll() finds the file gone, and leaves the queue; epoll leaves it by
 * POLLFREE. Neither can be made to, and one may be stuck in the poll() of
 * another file: it holds up neither the end of a namespace nor other work.
 */
static void leave(struct work_struct *work)
{
	struct tcp_reaper_log_waiters *waiters =
		container_of(to_delayed_work(work),
			     struct tcp_reaper_log_waiters, leave);

	if (wq_has_sleeper(&waiters->wait)) {
		__wake_up(&waiters->wait, TASK_NORMAL, 0,
			  poll_to_key(EPOLLHUP | POLLFREE));
		queue_delayed_work(tcp_reaper_wq, &waiters->leave,
				   msecs_to_jiffies(LEAVE_MS));
		return;
	}
	/* epoll reads the queue's address under RCU. */
	synchronize_rcu();
	kfree(waiters);
	if (atomic_dec_and_test(&leaving))
		wake_up_var(&leaving);
}

/**
 * tcp_reaper_log_quiesce - wait until nobody polls for any log that is no more
 *
 * Context: process context, sleeps.
 */
void tcp_reaper_log_quiesce(void)
{
	wait_var_event(&leaving, !atomic_read(&leaving));
}

/**
 * tcp_reaper_log_setup - an empty log
 * @log: the log
 *
 * Return: 0 or -ENOMEM.
 */
int tcp_reaper_log_setup(struct tcp_reaper_log *log)
{
	spin_lock_init(&log->lock);
	log->waiters = kmalloc(sizeof(*log->waiters), GFP_KERNEL);
	if (!log->waiters)
		return -ENOMEM;
	init_waitqueue_head(&log->waiters->wait);
	INIT_DELAYED_WORK(&log->waiters->leave, leave);
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
		atomic_inc(&leaving);
		queue_delayed_work(tcp_reaper_wq, &log->waiters->leave, 0);
	} else {
		kfree(log->waiters);
	}
	kfree(log->lines);
	log->lines = NULL;
}

static void copy_addresses(struct tcp_reaper_log_line *line,
			   const struct sock *sk)
{
	const struct inet_sock *inet = inet_sk(sk);

	line->lport = ntohs(inet->inet_sport);
	line->rport = ntohs(inet->inet_dport);
#if IS_ENABLED(CONFIG_IPV6)
	if (sk->sk_family == AF_INET6) {
		line->ipv6 = true;
		memcpy(line->local, &sk->sk_v6_rcv_saddr, 16);
		memcpy(line->remote, &sk->sk_v6_daddr, 16);
		return;
	}
#endif
	memcpy(line->local, &inet->inet_rcv_saddr, 4);
	memcpy(line->remote, &inet->inet_daddr, 4);
}

static struct tcp_reaper_log_line *make_room(struct tcp_reaper_log *log)
{
	struct tcp_reaper_log_line *lines;

	lines = kcalloc(TCP_REAPER_LOG_LINES, sizeof(*lines),
			GFP_KERNEL | __GFP_NOWARN);
	spin_lock(&log->lock);
	if (!log->lines)
		swap(log->lines, lines);
	spin_unlock(&log->lock);
	kfree(lines);
	return log->lines;
}

/**
 * tcp_reaper_log - note an action
 * @log: the namespace's log
 * @sk: on which socket, pinned
 * @facts: what was known of it when it was decided
 * @action: enum tcp_reaper_action
 * @done: whether it was done
 *
 * Out of memory the line is lost, but not its number.
 *
 * Context: process context, may sleep.
 */
void tcp_reaper_log(struct tcp_reaper_log *log, struct sock *sk,
		    const struct tcp_reaper_facts *facts, u8 action, bool done)
{
	struct tcp_reaper_log_line line = {
		.time_ms = ktime_to_ms(ktime_get_real()),
		.age_ms = facts->age_ms,
		.idle_ms = facts->idle_ms,
		.inode = sock_i_ino(sk),
		.uid = READ_ONCE(sk->sk_uid),
		.class = facts->class,
		.state = facts->state,
		.action = action,
		.done = done,
	};

	copy_addresses(&line, sk);
	if (!READ_ONCE(log->lines) && !make_room(log))
		return;
	spin_lock(&log->lock);
	log->lines[log->next++ % TCP_REAPER_LOG_LINES] = line;
	spin_unlock(&log->lock);
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
	spin_lock(&log->lock);
	oldest = log->next > TCP_REAPER_LOG_LINES
			 ? log->next - TCP_REAPER_LOG_LINES
			 : 0;
	number = max_t(u64, *pos - 1, oldest);
	if (number < log->next)
		*line = log->lines[number % TCP_REAPER_LOG_LINES];
	else
		line = NULL;
	spin_unlock(&log->lock);
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
	if (line->ipv6)
		seq_printf(m, "[%pI6c]:%u [%pI6c]:%u", line->local, line->lport,
			   line->remote, line->rport);
	else
		seq_printf(m, "%pI4:%u %pI4:%u", line->local, line->lport,
			   line->remote, line->rport);
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

static __poll_t log_poll(struct file *file, poll_table *wait)
{
	struct tcp_reaper_log *log = tcp_reaper_pde_data(file_inode(file));
	struct seq_file *m = file->private_data;
	__poll_t ready = 0;

	poll_wait(file, &log->waiters->wait, wait);
	spin_lock(&log->lock);
	if (!m->index || m->index - 1 < log->next || m->count)
		ready = EPOLLIN | EPOLLRDNORM;
	spin_unlock(&log->lock);
	return ready;
}

const struct proc_ops tcp_reaper_log_proc_ops = {
	.proc_open = log_open,
	.proc_read = seq_read,
	.proc_lseek = seq_lseek,
	.proc_release = seq_release_private,
	.proc_poll = log_poll,
};
