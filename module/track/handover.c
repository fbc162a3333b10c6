// SPDX-License-Identifier: GPL-2.0
/*
 * From those who find sockets for all namespaces, hook and census, to the
 * worker that serves one. They hold no lock of a namespace's and wait for
 * nobody: the entry is made here and put into a list without a lock, from which
 * the worker takes it (round.c).
 */
#include <linux/jiffies.h>
#include <linux/llist.h>
#include <linux/mutex.h>
#include <net/sock.h>

#include "entry.h"
#include "handover.h"
#include "net/net.h"
#include "owner.h"
#include "show/stats.h"
#include "sock/clock.h"
#include "sock/facts.h"
#include "table.h"
#include "trust.h"

/* What is in a state for so long was, or was not, reported. */
#define REPORTED_MS 1000

/**
 * tcp_reaper_hand_over - give a socket to its namespace, to be tracked
 * @rn: the namespace, alive
 * @sk: the socket, pinned
 * @class: the class in which it is, or is about to be
 * @since: when it entered it, by tcp_reaper_now()
 * @finder: who found it
 *
 * It may be tracked already, or have left when it is taken in: that is for the
 * worker to see.
 *
 * Context: process or softirq context; does not sleep.
 */
void tcp_reaper_hand_over(struct tcp_reaper_net *rn, struct sock *sk,
			  enum tcp_reaper_class class, u64 since,
			  enum tcp_reaper_finder finder)
{
	u64 now = tcp_reaper_now();
	struct tcp_reaper_entry *e;

	if (READ_ONCE(rn->closing) || tcp_reaper_owner_halted())
		return;
	e = tcp_reaper_entry_new(tcp_reaper_net_share(rn), sk);
	if (!e) {
		tcp_reaper_count(&rn->stats, TCP_REAPER_STAT_TRACK_FAILED);
		tcp_reaper_trust_excuse(rn);
		return;
	}
	tcp_reaper_entry_begin(e, sk, class, since);
	e->census = finder == TCP_REAPER_BY_CENSUS;
	e->unreported = e->census && class == TCP_REAPER_CLOSE_WAIT &&
			tcp_reaper_elapsed_ms(since, now) > REPORTED_MS &&
			tcp_reaper_trust_expects(rn);
	/* What it did between the event and now did not move a number noted. */
	if (!e->census)
		e->progress = max3(since, tcp_reaper_last_acked(sk),
				   tcp_reaper_last_sent(sk));
	if (llist_add(&e->handed, &rn->handed))
		tcp_reaper_owner_call(&rn->turn, now);
}

/**
 * tcp_reaper_known - is a socket tracked already, as far as can be told at once
 * @rn: the namespace, alive
 * @sk: the socket, pinned
 * @class: the class in which it is
 *
 * While the namespace is busy the answer is no, which costs it some time: an
 * entry that it has is handed over once more, and dropped.
 *
 * Context: process context; does not wait.
 * Return: true if there is nothing to hand over.
 */
bool tcp_reaper_known(struct tcp_reaper_net *rn, const struct sock *sk,
		      enum tcp_reaper_class class)
{
	struct tcp_reaper_entry *e;
	bool known;

	if (!mutex_trylock(&rn->lock))
		return false;
	e = tcp_reaper_table_find(&rn->table, sk);
	known = e && e->class == class && e->hash == READ_ONCE(sk->sk_hash) &&
		tcp_reaper_entry_same(e, sk);
	mutex_unlock(&rn->lock);
	return known;
}
