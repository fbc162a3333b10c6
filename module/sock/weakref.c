// SPDX-License-Identifier: GPL-2.0-only
/*
 * Weak references, one at a time.
 */
#include <linux/err.h>
#include <linux/limits.h>
#include <linux/rcupdate.h>

#include "weakref.h"

/**
 * tcp_reaper_ref_pin - pin a socket that was found
 * @net: the namespace in which it was, alive
 * @sk: of tcp_reaper_ref_find()
 * @hash: sk_hash when the reference was taken
 *
 * Whether it is the same connection is for tcp_reaper_entry_same() to tell.
 *
 * Context: under the rcu_read_lock() under which it was found.
 * Return: @sk with a reference (sock_put() it), or NULL.
 */
struct sock *tcp_reaper_ref_pin(const struct net *net, struct sock *sk,
				u32 hash)
{
	if (!refcount_inc_not_zero(&sk->sk_refcnt))
		return NULL;
	/*
	 * It may have died and been born again before the pin, and its page
	 * gone to a time-wait or request socket.
	 */
	if (sk_fullsock(sk) && READ_ONCE(sk->sk_hash) == hash &&
	    sock_net(sk) == net)
		return sk;
	sock_gen_put(sk);
	return NULL;
}

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
