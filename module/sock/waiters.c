// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who waits on a socket? A program waits by the functions of select(), epoll,
 * io_uring and the like, which are all built in. A function of a module is a
 * user in the kernel that polls a file it was given, as 9P does (trans=fd); of
 * such a one nothing else can be seen from the socket.
 */
#include <linux/errno.h>
#include <linux/kallsyms.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/wait.h>
#include <net/sock.h>

#include "waiters.h"

/* Who waits for good stands before those who come and go. */
#define LOOKED_AT 8

/* Of the built-in ones those that were met: they are few, and stay. */
static wait_queue_func_t built_in[8];

static bool in_module(wait_queue_func_t func)
{
	static unsigned int next;
	char name[KSYM_SYMBOL_LEN];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(built_in); i++)
		if (READ_ONCE(built_in[i]) == func)
			return false;
	/* "name [module]": the only way that all kernels export. */
	snprintf(name, sizeof(name), "%ps", func);
	if (strchr(name, '['))
		return true;
	i = READ_ONCE(next);
	WRITE_ONCE(next, (i + 1) % ARRAY_SIZE(built_in));
	WRITE_ONCE(built_in[i], func);
	return false;
}

/* The first of a queue, which is as long as its owner likes; or -EBUSY. */
static int first_of(struct wait_queue_head *queue,
		    wait_queue_func_t func[LOOKED_AT])
{
	struct wait_queue_entry *waiter;
	unsigned long flags;
	int n = 0;

	/*
	 * Its owner may have a long queue woken again and again, with the lock
	 * held from 6.7 on; with PREEMPT_RT, whoever has it may get no CPU.
	 */
	if (!spin_trylock_irqsave(&queue->lock, flags))
		return -EBUSY;
	list_for_each_entry(waiter, &queue->head, entry) {
		if (n == LOOKED_AT)
			break;
		/* A long wake-up leaves marks of its own in between. */
		if (waiter->func)
			func[n++] = waiter->func;
	}
	spin_unlock_irqrestore(&queue->lock, flags);
	return n;
}

/**
 * tcp_reaper_sk_waited_by_module - does a module of the kernel poll this socket
 * @sk: the socket, pinned
 *
 * Return: true if one of the first who wait does; also if that is not to be
 * known just now, as in doubt a socket is the kernel's.
 */
bool tcp_reaper_sk_waited_by_module(const struct sock *sk)
{
	wait_queue_func_t func[LOOKED_AT];
	struct socket_wq *wq;
	int n = 0;

	/* It is part of the inode, which goes after RCU. */
	rcu_read_lock();
	wq = rcu_dereference(sk->sk_wq);
	/* Nobody is woken here: who comes just now is seen the next time. */
	if (wq && waitqueue_active(&wq->wait))
		n = first_of(&wq->wait, func);
	rcu_read_unlock();
	if (n < 0)
		return true;
	while (n--)
		if (in_module(func[n]))
			return true;
	return false;
}
