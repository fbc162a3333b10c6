/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_LOCK_H
#define TCP_REAPER_LOCK_H

#include <linux/lockdep.h>
#include <net/sock.h>

#include "sock/facts.h"

/**
 * enum tcp_reaper_lock - how a socket is locked
 * @TCP_REAPER_NOT_LOCKED: somebody else has the lock
 * @TCP_REAPER_OWNED: as lock_sock() does
 * @TCP_REAPER_SPINNING: its spinlock is held, with bottom halves off
 */
enum tcp_reaper_lock {
	TCP_REAPER_NOT_LOCKED,
	TCP_REAPER_OWNED,
	TCP_REAPER_SPINNING,
};

/**
 * tcp_reaper_sk_trylock - lock a socket, if that need not wait
 * @sk: the socket, pinned
 *
 * What lock_sock_nested() does for whoever comes first. But to own one that
 * waits to be accepted is in vain: the end of its listener takes the spinlock
 * alone, and ends it whoever owns it (inet_csk_listen_stop()).
 *
 * Context: process context.
 * Return: how it is locked; tcp_reaper_sk_unlock() ends it.
 */
static inline enum tcp_reaper_lock tcp_reaper_sk_trylock(struct sock *sk)
{
	/* With PREEMPT_RT one who gets no CPU may have it. */
	if (!spin_trylock_bh(&sk->sk_lock.slock))
		return TCP_REAPER_NOT_LOCKED;
	if (sk->sk_lock.owned) {
		spin_unlock_bh(&sk->sk_lock.slock);
		return TCP_REAPER_NOT_LOCKED;
	}
	/* accept() owns it before it gives it a struct socket. */
	if (tcp_reaper_sk_queued(sk))
		return TCP_REAPER_SPINNING;
	sk->sk_lock.owned = 1;
	mutex_acquire(&sk->sk_lock.dep_map, 0, 1, _RET_IP_);
	spin_unlock_bh(&sk->sk_lock.slock);
	return TCP_REAPER_OWNED;
}

/**
 * tcp_reaper_sk_unlock - undo tcp_reaper_sk_trylock()
 * @sk: the socket
 * @lock: what that returned, not TCP_REAPER_NOT_LOCKED
 */
static inline void tcp_reaper_sk_unlock(struct sock *sk,
					enum tcp_reaper_lock lock)
{
	if (lock == TCP_REAPER_SPINNING)
		spin_unlock_bh(&sk->sk_lock.slock);
	else
		release_sock(sk);
}

#endif
