/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_WEAKREF_H
#define TCP_REAPER_WEAKREF_H

#include <linux/err.h>
#include <linux/errno.h>
#include <linux/list_nulls.h>
#include <linux/refcount.h>
#include <linux/types.h>
#include <net/inet_hashtables.h>
#include <net/sock.h>

#include "compat/hashinfo.h"

/*
 * A weak reference is a pointer that keeps nothing alive. TCP sockets are
 * SLAB_TYPESAFE_BY_RCU, so the memory behind the pointer may be another socket
 * by now; only one found in the established hash may be followed.
 */

/**
 * TCP_REAPER_REF_UNSEEN - so many sockets were passed, and it may come yet
 */
#define TCP_REAPER_REF_UNSEEN ERR_PTR(-EAGAIN)

/**
 * tcp_reaper_ref_find - is the pointer of a weak reference in its chain
 * @hashinfo: its namespace's (tcp_reaper_hashinfo()), the same all its life
 * @sk: the pointer
 * @hash: sk_hash when the reference was taken
 * @most: how many sockets of its chain to look at. A tenant can have a hash of
 *	one chain (net.ipv4.tcp_child_ehash_entries), and all its sockets in it.
 *
 * Context: under rcu_read_lock().
 * Return: @sk, for tcp_reaper_ref_pin(); NULL; or TCP_REAPER_REF_UNSEEN.
 */
static __always_inline struct sock *
tcp_reaper_ref_find(const struct inet_hashinfo *hashinfo, struct sock *sk,
		    u32 hash, u32 most)
{
	unsigned int slot = hash & hashinfo->ehash_mask;
	struct hlist_nulls_head *chain = &hashinfo->ehash[slot].chain;
	const struct hlist_nulls_node *node;
	struct sock *found;

begin:
	sk_nulls_for_each_rcu(found, node, chain) {
		if (unlikely(found == sk))
			return sk;
		if (unlikely(!--most))
			return TCP_REAPER_REF_UNSEEN;
	}
	/* Carried off to another chain by a socket that moved: again. */
	if (unlikely(get_nulls_value(node) != slot))
		goto begin;
	return NULL;
}

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
static inline struct sock *tcp_reaper_ref_pin(const struct net *net,
					      struct sock *sk, u32 hash)
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

struct sock *tcp_reaper_ref_get(const struct net *net, struct sock *sk,
				u32 hash);

#endif
