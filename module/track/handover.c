// SPDX-License-Identifier: GPL-2.0-only
/*
 * From those who find sockets for all namespaces, hook and census, to the
 * worker that serves one. They hold no lock of a namespace's and wait for
 * nobody: the entry is made here and put into a list without a lock, from which
 * the worker takes it (round.c).
 */
#include <linux/jiffies.h>
#include <linux/kernel.h>
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

/* Room and memory for one more, unless nothing is to be begun any more. */
static struct tcp_reaper_entry *make(struct tcp_reaper_net *rn, struct sock *sk)
{
	struct tcp_reaper_entry *e;

	if (READ_ONCE(rn->closing) || tcp_reaper_owner_halted())
		return NULL;
	e = tcp_reaper_entry_new(tcp_reaper_net_share(rn), sk);
	if (!e) {
		tcp_reaper_count(&rn->stats, TCP_REAPER_STAT_TRACK_FAILED);
		tcp_reaper_trust_excuse(rn);
	}
	return e;
}

static void hand_over(struct tcp_reaper_net *rn, struct tcp_reaper_entry *e)
{
	if (llist_add(&e->handed, &rn->handed))
		tcp_reaper_owner_call(&rn->turn, tcp_reaper_now());
}

/*
 * What a socket did till now moved none of the numbers that were noted just
 * now, and does not move them again: so its stamps tell. They are read after
 * the numbers, for what moved in between. Of reading there is no stamp: one
 * that was stuck since before it was reported may be read slowly, and its clock
 * begins now.
 */
static u64 last_progress(const struct tcp_reaper_entry *e,
			 const struct sock *sk)
{
	u64 since = e->since;

	if (e->class == TCP_REAPER_ESTABLISHED)
		return max3(since, tcp_reaper_last_sent(sk),
			    tcp_reaper_last_received(sk));
	if (e->class == TCP_REAPER_CLOSE_WAIT && e->census &&
	    tcp_reaper_sk_unread(sk))
		return tcp_reaper_now();
	return max3(since, tcp_reaper_last_acked(sk), tcp_reaper_last_sent(sk));
}

/**
 * tcp_reaper_hand_over - give a socket to its namespace, to be tracked
 * @rn: the namespace, alive
 * @sk: the socket, pinned
 * @class: the class in which it is, or is about to be
 * @since: when it entered it, by tcp_reaper_now()
 * @census: number of the walk that found it, or TCP_REAPER_BY_HOOK
 *
 * It may be tracked already, or have left when it is taken in: that is for the
 * worker to see.
 *
 * Context: process or softirq context; does not sleep.
 */
void tcp_reaper_hand_over(struct tcp_reaper_net *rn, struct sock *sk,
			  enum tcp_reaper_class class, u64 since, u32 census)
{
	struct tcp_reaper_entry *e = make(rn, sk);

	if (!e)
		return;
	tcp_reaper_entry_begin(e, sk, class, since);
	e->census = census != TCP_REAPER_BY_HOOK;
	e->unreported = e->census && class == TCP_REAPER_CLOSE_WAIT &&
			tcp_reaper_elapsed_ms(since, tcp_reaper_now()) >
				REPORTED_MS &&
			tcp_reaper_trust_expects(rn, census);
	e->progress = last_progress(e, sk);
	if (class == TCP_REAPER_ESTABLISHED)
		e->since = e->progress;
	hand_over(rn, e);
}

/**
 * tcp_reaper_hand_over_unseen - the same, if to find it takes long
 * @rn: the namespace, alive
 * @weak: what is known of it
 * @class: the class that it entered
 * @since: when, by tcp_reaper_now()
 *
 * It is looked for in its owner's time.
 *
 * Context: process or softirq context; does not sleep.
 */
void tcp_reaper_hand_over_unseen(struct tcp_reaper_net *rn,
				 const struct tcp_reaper_weak *weak,
				 enum tcp_reaper_class class, u64 since)
{
	struct tcp_reaper_entry *e = make(rn, weak->sk);

	if (!e)
		return;
	tcp_reaper_entry_note(e, weak->hash, weak->seq, class, since);
	hand_over(rn, e);
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
