// SPDX-License-Identifier: GPL-2.0-only
/*
 * A walk through a hash of established sockets, a stretch at a time, for those
 * that no hook reported.
 */
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/sched.h>
#include <net/inet_hashtables.h>
#include <net/net_namespace.h>
#include <net/sock.h>
#include <net/tcp.h>

#include "handover.h"
#include "net/all.h"
#include "net/net.h"
#include "place.h"
#include "sock/clock.h"
#include "sock/facts.h"
#include "walk.h"

/* The time is looked at after so many buckets and sockets passed by... */
#define WORK_UNCHECKED 512
/* ...of which one that is looked at counts for so many more. */
#define SOCKET_WORK 8
#define BATCH 64

#define STATES \
	(TCPF_CLOSE_WAIT | TCPF_FIN_WAIT1 | TCPF_FIN_WAIT2 | TCPF_CLOSING | \
	 TCPF_LAST_ACK)

/* The namespace of a pinned socket, if there is such a one; under RCU. */
static struct tcp_reaper_net *net_of(const struct sock *sk)
{
	/* It holds its namespace, and so our part of it. */
	if (sk->sk_net_refcnt)
		return tcp_reaper_net(sock_net(sk));
	/* A kernel socket may outlive its namespace: only compare. */
	return tcp_reaper_all_find(sock_net(sk));
}

/* Since when, if it has been idle for long enough to be looked at by rules. */
static bool idle_since(struct tcp_reaper_net *rn, const struct sock *sk,
		       u64 *since)
{
	u64 shortest = tcp_reaper_shortest_ms(rn, TCP_REAPER_ESTABLISHED);

	/* A keepalive of its owner's lets it alone, unless it is to count. */
	if (sock_flag(sk, SOCK_KEEPOPEN) && !tcp_reaper_sk_probed(sk) &&
	    !READ_ONCE(rn->policy.established_keepalive))
		return false;
	*since = max(tcp_reaper_last_sent(sk), tcp_reaper_last_received(sk));
	return tcp_reaper_elapsed_ms(*since, tcp_reaper_now()) >=
	       min(shortest, tcp_reaper_stamped_ms());
}

static void found(struct sock *sk, u32 census)
{
	enum tcp_reaper_class class = tcp_reaper_class_of(sk);
	u64 since = tcp_reaper_now();
	struct tcp_reaper_net *rn;

	if (class == TCP_REAPER_NO_CLASS)
		return;
	rcu_read_lock();
	rn = net_of(sk);
	if (!rn || READ_ONCE(rn->closing) ||
	    READ_ONCE(rn->policy.mode) == TCP_REAPER_OFF ||
	    !tcp_reaper_wants(rn, class))
		goto out;
	/* A healthy one costs this much, and no memory. */
	if (class == TCP_REAPER_ESTABLISHED && !idle_since(rn, sk, &since))
		goto out;
	/* The FIN came no later than the last sign of life. */
	if (class == TCP_REAPER_CLOSE_WAIT)
		since = max(tcp_reaper_last_acked(sk),
			    tcp_reaper_last_sent(sk));
	/* Of others the owner may have let go, or shut down, this moment. */
	if (!tcp_reaper_known(rn, sk, class))
		tcp_reaper_hand_over(rn, sk, class, since, census);
out:
	rcu_read_unlock();
}

/*
 * Where to go on in a chain: behind the last socket that was taken, if it is
 * still there, else at its head; sets how many to skip. A socket that is pinned
 * and hashed, after the RCU section began, leads on through its chain.
 */
static struct hlist_nulls_node *
where_it_was(const struct tcp_reaper_place *walk,
	     struct hlist_nulls_head *chain, struct sock *last, u32 *skip)
{
	struct hlist_nulls_node *node;

	if (last && sk_hashed(last)) {
		*skip = 0;
		node = &last->sk_nulls_node;
		return rcu_dereference(hlist_nulls_next_rcu(node));
	}
	*skip = walk->skip;
	return rcu_dereference(hlist_nulls_first_rcu(chain));
}

/*
 * Takes a batch from the bucket at which the walk is, and moves on past it if
 * that was all of it. @last, the last socket that was taken, stays pinned while
 * there may be more. Returns how much work that was. Apart from what goes past
 * empty buckets: a kernel that clears the stack does so at each call.
 */
static noinline u32 walk_bucket(struct tcp_reaper_place *walk,
				struct hlist_nulls_head *chain,
				struct sock **last)
{
	struct sock *batch[BATCH], *sk;
	struct hlist_nulls_node *node;
	u32 skip, work = 1;
	int i, n = 0;

	rcu_read_lock();
	node = where_it_was(walk, chain, *last, &skip);
	for (; !is_a_nulls(node);
	     node = rcu_dereference(hlist_nulls_next_rcu(node))) {
		sk = hlist_nulls_entry(node, struct sock, sk_nulls_node);
		work++;
		/* Time-wait and request sockets have states of their own. */
		if (!(1 << READ_ONCE(sk->sk_state) & walk->states))
			continue;
		if (skip) {
			skip--;
			continue;
		}
		if (n == BATCH)
			break;
		if (!refcount_inc_not_zero(&sk->sk_refcnt))
			continue;
		if (sk_fullsock(sk))
			batch[n++] = sk;
		else
			sock_gen_put(sk);
	}
	rcu_read_unlock();

	if (*last)
		sock_put(*last);
	*last = NULL;
	for (i = 0; i < n; i++)
		found(batch[i], walk->census);
	if (n == BATCH) {
		walk->skip += BATCH;
		*last = batch[--n];
	} else {
		walk->skip = 0;
		walk->bucket++;
	}
	for (i = 0; i < n; i++)
		sock_put(batch[i]);
	return work + SOCKET_WORK * n;
}

/* As much as can be done before the time is looked at. */
static void walk_some(struct tcp_reaper_place *walk,
		      struct inet_hashinfo *hashinfo, struct sock **last)
{
	struct hlist_nulls_head *chain;
	u32 work = 0;

	while (walk->bucket <= hashinfo->ehash_mask && work < WORK_UNCHECKED) {
		chain = &hashinfo->ehash[walk->bucket].chain;
		if (hlist_nulls_empty(chain)) {
			walk->bucket++;
			work++;
			continue;
		}
		work += walk_bucket(walk, chain, last);
	}
}

/**
 * tcp_reaper_walk_begin - begin at the first bucket
 * @walk: the walk
 * @census: the number of the census
 * @established: look for idle connections, too
 */
void tcp_reaper_walk_begin(struct tcp_reaper_place *walk, u32 census,
			   bool established)
{
	*walk = (struct tcp_reaper_place){
		.census = census,
		.states = STATES | (established ? TCPF_ESTABLISHED : 0),
	};
}

/**
 * tcp_reaper_walk_on - walk on through a hash
 * @walk: how far it has come
 * @hashinfo: the hash, which stays until this returns
 * @end: until then, ktime_get_ns()
 *
 * Context: process context; holds no lock, and RCU for a batch at a time.
 * Return: true when the walk is over.
 */
bool tcp_reaper_walk_on(struct tcp_reaper_place *walk,
			struct inet_hashinfo *hashinfo, u64 end)
{
	struct sock *last = NULL;

	do {
		walk_some(walk, hashinfo, &last);
		cond_resched();
	} while (walk->bucket <= hashinfo->ehash_mask && ktime_get_ns() < end);
	/* Between stretches none is pinned: it would pin its namespace. */
	if (last)
		sock_put(last);
	return walk->bucket > hashinfo->ehash_mask;
}
