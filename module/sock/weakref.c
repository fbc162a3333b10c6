// SPDX-License-Identifier: GPL-2.0-only
/*
 * Weak references, one at a time.
 */
#include <linux/err.h>
#include <linux/limits.h>
#include <linux/rcupdate.h>

#include "weakref.h"

/**
 * tcp_reaper_ref_get - pin the socket of a weak reference, if it still exists
 * @net: the namespace in which it was, alive
 * @sk: the pointer
 * @hash: sk_hash when the reference was taken
 *
 * However long its chain is: for those who work in its owner's time.
 *
 * Context: any; takes the RCU read lock.
 * Return: @sk with a reference (sock_put() it), or NULL.
 */
struct sock *tcp_reaper_ref_get(const struct net *net, struct sock *sk,
				u32 hash)
{
	struct sock *found;

	rcu_read_lock();
	found = tcp_reaper_ref_find(tcp_reaper_hashinfo(net), sk, hash,
				    U32_MAX);
	/* Nobody has so many sockets. */
	if (IS_ERR(found))
		found = NULL;
	if (found)
		found = tcp_reaper_ref_pin(net, found, hash);
	rcu_read_unlock();
	return found;
}
