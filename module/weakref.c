// SPDX-License-Identifier: GPL-2.0
/*
 * Weak references: a pointer that keeps nothing alive. TCP sockets are
 * SLAB_TYPESAFE_BY_RCU, so the memory behind the pointer may be another socket
 * by now; only one found in the established hash may be followed.
 */
#include <linux/refcount.h>
#include <net/inet_hashtables.h>
#include <net/sock.h>
#include <net/tcp.h>

#include "compat/hashinfo.h"
#include "weakref.h"

/**
 * tcp_reaper_ref_find - pin the socket of a weak reference, if it still exists
 * @net: the namespace in which it was, alive
 * @sk: the pointer
 * @hash: sk_hash when the reference was taken
 *
 * The caller compares tcp_reaper_ref_seq() with what it noted.
 *
 * Context: under rcu_read_lock().
 * Return: @sk with a reference (sock_put() it), or NULL.
 */
struct sock *tcp_reaper_ref_find(const struct net *net, struct sock *sk,
				 u32 hash)
{
	struct inet_hashinfo *hashinfo = tcp_reaper_hashinfo(net);
	unsigned int slot = hash & hashinfo->ehash_mask;
	struct hlist_nulls_head *chain = &hashinfo->ehash[slot].chain;
	const struct hlist_nulls_node *node;
	struct sock *found;

begin:
	sk_nulls_for_each_rcu(found, node, chain) {
		if (found != sk)
			continue;
		if (!refcount_inc_not_zero(&sk->sk_refcnt))
			return NULL;
		/*
		 * It may have died and been born again before the pin, and
		 * its page gone to a time-wait or request socket.
		 */
		if (!sk_fullsock(sk) || READ_ONCE(sk->sk_hash) != hash ||
		    sock_net(sk) != net) {
			sock_gen_put(sk);
			return NULL;
		}
		return sk;
	}
	/* Carried off to another chain by a socket that moved: again. */
	if (get_nulls_value(node) != slot)
		goto begin;
	return NULL;
}

/**
 * tcp_reaper_ref_get - as tcp_reaper_ref_find(), for one at a time
 * @net: the namespace in which it was, alive
 * @sk: the pointer
 * @hash: sk_hash when the reference was taken
 *
 * Context: any; takes the RCU read lock.
 * Return: @sk with a reference (sock_put() it), or NULL.
 */
struct sock *tcp_reaper_ref_get(const struct net *net, struct sock *sk,
				u32 hash)
{
	rcu_read_lock();
	sk = tcp_reaper_ref_find(net, sk, hash);
	rcu_read_unlock();
	return sk;
}

/**
 * tcp_reaper_ref_seq - the sequence number that tells a socket from its heir
 * @sk: the socket, pinned
 * @class: its class
 *
 * In CLOSE_WAIT nothing more can arrive (rcv_nxt is past the FIN); once we sent
 * a FIN nothing more can be written (write_seq is past it). In ESTABLISHED all
 * numbers move, but what is decided there needs no more than the socket shows.
 *
 * Return: the number.
 */
u32 tcp_reaper_ref_seq(const struct sock *sk, enum tcp_reaper_class class)
{
	const struct tcp_sock *tp = tcp_sk(sk);

	switch (class) {
	case TCP_REAPER_CLOSE_WAIT:
		return READ_ONCE(tp->rcv_nxt);
	case TCP_REAPER_ORPHAN:
	case TCP_REAPER_FIN_WAIT2:
		return READ_ONCE(tp->write_seq);
	default:
		return 0;
	}
}
