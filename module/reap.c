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
#include "policy.h"
#include "reap.h"
#include "table.h"
#include "weakref.h"

/*
 * Before edefba66d929 ("tcp: implement tcp_abort for dead sockets", 6.11)
 * tcp_abort() purges an orphan's queue and leaves it at that, for ever.
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

/**
 * tcp_reaper_reap - end a socket whose time is up, if that is still so
 * @net: its namespace, alive
 * @entry: the socket; busy, so that nobody else touches it
 * @policy: what is in force now
 *
 * The lock is not waited for: an owner can hold it for as long as it likes, in
 * a page fault of its own making. It is dropped before the act, which takes it
 * again; what the owner does in that moment is as if it came after the act.
 *
 * Context: process context, may sleep. Not under struct tcp_reaper_net.lock.
 * Return: enum tcp_reaper_outcome.
 */
enum tcp_reaper_outcome tcp_reaper_reap(const struct net *net,
					struct tcp_reaper_entry *entry,
					const struct tcp_reaper_policy *policy)
{
	struct tcp_reaper_decision d;
	enum tcp_reaper_outcome outcome;
	struct tcp_reaper_facts facts;
	bool locked, matches = false, go = false;
	struct sock *sk;

	sk = tcp_reaper_ref_get(net, entry->sk, entry->hash);
	if (!sk)
		return TCP_REAPER_RACED_GONE;

	spin_lock_bh(&sk->sk_lock.slock);
	locked = sock_owned_by_user(sk);
	if (!locked)
		matches = tcp_reaper_entry_matches(entry, sk);
	if (matches) {
		tcp_reaper_facts_read(entry, sk, get_jiffies_64(), &facts);
		d = tcp_reaper_decide(policy, &facts);
		go = d.verdict == TCP_REAPER_DUE &&
		     policy->mode == TCP_REAPER_ENFORCE;
	}
	if (go && !sock_flag(sk, SOCK_DEAD))
		let_owner_know(sk);
	spin_unlock_bh(&sk->sk_lock.slock);

	if (locked)
		outcome = TCP_REAPER_LOCKED;
	else if (!matches)
		outcome = TCP_REAPER_RACED_GONE;
	else if (!go)
		outcome = TCP_REAPER_RACED_CHANGED;
	else
		outcome = reset(sk);
	sock_put(sk);
	return outcome;
}
