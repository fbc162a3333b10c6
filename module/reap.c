// SPDX-License-Identifier: GPL-2.0
/*
 * Ends a socket: pin, lock, look again, act.
 */
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <net/inet_sock.h>
#include <net/sock.h>
#include <net/tcp.h>

#include "facts.h"
#include "judge.h"
#include "log.h"
#include "netns.h"
#include "policy.h"
#include "reap.h"
#include "table.h"
#include "tracing.h"
#include "weakref.h"

/*
 * Before bac76cf89816 ("tcp: fix forever orphan socket caused by tcp_abort",
 * 6.11) tcp_abort() purges an orphan's queue and leaves it at that, for ever.
 * tcp_done() ends it; kernels old enough to need it export it.
 */
static void finish_orphan(struct sock *sk)
{
	typeof(tcp_done) *done;

	if (!sock_flag(sk, SOCK_DEAD) || inet_sk_state_load(sk) == TCP_CLOSE)
		return;
	done = symbol_get(tcp_done);
	if (!done)
		return;
	lock_sock(sk);
	local_bh_disable();
	bh_lock_sock(sk);
	if (sock_flag(sk, SOCK_DEAD) && sk->sk_state != TCP_CLOSE)
		done(sk);
	bh_unlock_sock(sk);
	local_bh_enable();
	release_sock(sk);
	symbol_put(tcp_done);
}

/*
 * After a FIN, tcp_recvmsg() looks at unread bytes, at the FIN and at SOCK_DONE
 * before it looks at sk_err, so that the owner of an aborted socket would read
 * an orderly end and never learn that it was aborted. An abort drops what was
 * not read, as tcp_disconnect() does; but not from under a ULP or a BPF
 * program, which may hold on to it.
 */
static void let_owner_know(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);

	lockdep_assert_held(&sk->sk_lock.slock);
	sock_reset_flag(sk, SOCK_DONE);
	if (inet_csk(sk)->icsk_ulp_ops || READ_ONCE(sk->sk_user_data))
		return;
	__skb_queue_purge(&sk->sk_receive_queue);
	WRITE_ONCE(tp->copied_seq, tp->rcv_nxt);
	WRITE_ONCE(tp->urg_data, 0);
}

static enum tcp_reaper_outcome reset(struct sock *sk)
{
	int err;

	if (!sk->sk_prot->diag_destroy)
		return TCP_REAPER_FAILED;
	/* tcp_abort(), or what a ULP put in its place; takes the lock itself.
	 */
	err = sk->sk_prot->diag_destroy(sk, ECONNABORTED);
	if (err == -ENOENT)
		return TCP_REAPER_RACED_GONE;
	if (err)
		return TCP_REAPER_FAILED;
	finish_orphan(sk);
	return inet_sk_state_load(sk) == TCP_CLOSE ? TCP_REAPER_REAPED
						   : TCP_REAPER_FAILED;
}

/* Under lock_sock(): is it still to be reaped, and by the same act? */
static bool still_due(struct tcp_reaper_net *rn, struct sock *sk,
		      struct tcp_reaper_entry *entry, u8 action)
{
	struct tcp_reaper_decision d;
	struct tcp_reaper_policy policy;
	struct tcp_reaper_facts facts;

	if (!tcp_reaper_entry_matches(entry, sk))
		return false;
	tcp_reaper_policy_snapshot(rn, &policy);
	tcp_reaper_facts_read(entry, sk, get_jiffies_64(), &facts);
	d = tcp_reaper_judge(rn, &policy, sk, &facts, false);
	return policy.mode == TCP_REAPER_ENFORCE &&
	       d.verdict == TCP_REAPER_DUE && d.action == action;
}

/* What shutdown(2) does, in the owner's stead: inet_shutdown(). */
static void send_fin(struct sock *sk, struct tcp_reaper_entry *entry)
{
	u64 now = get_jiffies_64();

	WRITE_ONCE(sk->sk_shutdown, sk->sk_shutdown | SEND_SHUTDOWN);
	sk->sk_prot->shutdown(sk, SEND_SHUTDOWN);
	sk->sk_state_change(sk);
	entry->fin = 1;
	tcp_reaper_entry_restart(entry, sk, now);
}

/* What setsockopt(SO_KEEPALIVE) does: sk_setsockopt(). */
static void switch_keepalive_on(struct sock *sk, struct tcp_reaper_entry *entry)
{
	if (sk->sk_prot->keepalive)
		sk->sk_prot->keepalive(sk, 1);
	sock_set_flag(sk, SOCK_KEEPOPEN);
	entry->probed = 1;
}

/* Acts that leave the socket to end by itself. */
static enum tcp_reaper_outcome begin(struct tcp_reaper_net *rn, struct sock *sk,
				     struct tcp_reaper_entry *entry, u8 action)
{
	enum tcp_reaper_outcome outcome = TCP_REAPER_BEGUN;

	lock_sock(sk);
	if (!still_due(rn, sk, entry, action))
		outcome = TCP_REAPER_RACED_CHANGED;
	else if (action == TCP_REAPER_FIN)
		send_fin(sk, entry);
	else
		switch_keepalive_on(sk, entry);
	release_sock(sk);
	return outcome;
}

/**
 * tcp_reaper_reap - act on a socket whose time is up, if that is still so
 * @rn: its namespace, alive and not locked
 * @entry: the socket; busy, so that nobody else touches it
 * @evict: it is one too many, whatever the clock says
 *
 * The lock is not waited for: an owner can hold it for as long as it likes, in
 * a page fault of its own making. It is dropped before an abort, which takes it
 * again; what the owner does in that moment is as if it came after the act.
 *
 * Context: process context, may sleep.
 * Return: enum tcp_reaper_outcome.
 */
enum tcp_reaper_outcome tcp_reaper_reap(struct tcp_reaper_net *rn,
					struct tcp_reaper_entry *entry,
					bool evict)
{
	enum tcp_reaper_outcome outcome;
	struct tcp_reaper_decision d;
	struct tcp_reaper_policy policy;
	struct tcp_reaper_facts facts;
	bool go = false;
	struct sock *sk;

	sk = tcp_reaper_ref_get(rn->net, entry->sk, entry->hash);
	if (!sk)
		return TCP_REAPER_RACED_GONE;

	/* Anew each time: a change takes effect at once. */
	tcp_reaper_policy_snapshot(rn, &policy);
	outcome = TCP_REAPER_RACED_CHANGED;
	spin_lock_bh(&sk->sk_lock.slock);
	if (sock_owned_by_user(sk)) {
		outcome = TCP_REAPER_LOCKED;
	} else if (!tcp_reaper_entry_matches(entry, sk)) {
		outcome = TCP_REAPER_RACED_GONE;
	} else {
		tcp_reaper_facts_read(entry, sk, get_jiffies_64(), &facts);
		d = tcp_reaper_judge(rn, &policy, sk, &facts, false);
		if (evict && (d.verdict == TCP_REAPER_WAIT ||
			      d.verdict == TCP_REAPER_SPARED_ACTIVE ||
			      d.verdict == TCP_REAPER_DUE)) {
			d.verdict = TCP_REAPER_DUE;
			d.action = TCP_REAPER_EVICT;
		}
		go = d.verdict == TCP_REAPER_DUE &&
		     policy.mode == TCP_REAPER_ENFORCE;
		if (go && facts.class == TCP_REAPER_CLOSE_WAIT &&
		    d.action != TCP_REAPER_FIN && !sock_flag(sk, SOCK_DEAD))
			let_owner_know(sk);
	}
	spin_unlock_bh(&sk->sk_lock.slock);
	if (!go)
		goto out;

	if (d.action == TCP_REAPER_FIN || d.action == TCP_REAPER_PROBE)
		outcome = begin(rn, sk, entry, d.action);
	else
		outcome = reset(sk);
	if (outcome == TCP_REAPER_REAPED || outcome == TCP_REAPER_BEGUN ||
	    outcome == TCP_REAPER_FAILED) {
		bool done = outcome != TCP_REAPER_FAILED;

		tcp_reaper_log(&rn->log, sk, &facts, d.action, done);
		tcp_reaper_trace_reap(rn->net, entry, sk, facts.age_ms,
				      d.action, done);
	}
out:
	sock_put(sk);
	return outcome;
}
