/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_LOCK_H
#define TCP_REAPER_LOCK_H

#include <linux/lockdep.h>
#include <net/sock.h>

/**
 * tcp_reaper_sk_trylock - lock_sock(), if that need not wait
 * @sk: the socket, pinned
 *
 * What lock_sock_nested() does for whoever comes first. release_sock() ends it.
 *
 * Context: process context.
 * Return: false if somebody has the lock.
 */
static inline bool tcp_reaper_sk_trylock(struct sock *sk)
{
	bool locked;

	/* With PREEMPT_RT one who gets no CPU may have it. */
	if (!spin_trylock_bh(&sk->sk_lock.slock))
		return false;
	locked = !sk->sk_lock.owned;
	if (locked) {
		sk->sk_lock.owned = 1;
		mutex_acquire(&sk->sk_lock.dep_map, 0, 1, _RET_IP_);
	}
	spin_unlock_bh(&sk->sk_lock.slock);
	return locked;
}

#endif
