// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ends a socket: pin it, take its lock if nobody has it, look again, act. From
 * the look to the end of the act the lock is held, so that nothing comes in
 * between.
 */
#include <linux/jiffies.h>
#include <linux/lockdep.h>
#include <net/inet_sock.h>
#include <net/sock.h>
#include <net/tcp.h>

#include "abort.h"
#include "act.h"
#include "decide/verdict.h"
#include "net/net.h"
#include "show/log.h"
#include "show/tracing.h"
#include "sock/clock.h"
#include "sock/facts.h"
#include "sock/flow.h"
#include "sock/weakref.h"
#include "track/entry.h"

/* What shutdown(2) does, in the owner's stead: inet_shutdown(). */
static void send_fin(struct sock *sk, struct tcp_reaper_entry *entry)
{
	WRITE_ONCE(sk->sk_shutdown, sk->sk_shutdown | SEND_SHUTDOWN);
	sk->sk_prot->shutdown(sk, SEND_SHUTDOWN);
	sk->sk_state_change(sk);
	entry->fin = 1;
	tcp_reaper_entry_restart(entry, sk, tcp_reaper_now());
}

/* What setsockopt(SO_KEEPALIVE) does: sk_setsockopt(). */
static void switch_keepalive_on(struct sock *sk, u32 first_probe)
{
	/* The timer is set by this time, whatever else it is later. */
	WRITE_ONCE(tcp_sk(sk)->keepalive_time, first_probe);
	if (sk->sk_prot->keepalive)
		sk->sk_prot->keepalive(sk, 1);
	sock_set_flag(sk, SOCK_KEEPOPEN);
}

/*
 * Have the kernel ask the peer whether it is there, in a time that says that it
 * was us (tcp_reaper_probe_mark()). One whose owner switched keepalive on, and
 * that is to be looked after nevertheless, has been silent for its timeout: the
 * first probe goes out at once.
 */
static void probe(struct sock *sk, u64 idle_ms)
{
	u32 idle = keepalive_time_when(tcp_sk(sk));
	u64 silent = msecs_to_jiffies(min_t(u64, idle_ms, UINT_MAX));

	if (sock_flag(sk, SOCK_KEEPOPEN)) {
		idle = min_t(u64, idle, silent);
		sock_reset_flag(sk, SOCK_KEEPOPEN);
		switch_keepalive_on(sk, 1);
	} else {
		switch_keepalive_on(sk, tcp_reaper_probe_mark(idle));
	}
	WRITE_ONCE(tcp_sk(sk)->keepalive_time, tcp_reaper_probe_mark(idle));
}

/* The decision, under the lock: is it to be done, and what? */
static struct tcp_reaper_decision decide(struct tcp_reaper_net *rn,
					 struct sock *sk, bool evict,
					 const struct tcp_reaper_facts *facts)
{
	struct tcp_reaper_decision d;
	struct tcp_reaper_policy policy;

	/* Anew each time: a change takes effect at once. */
	tcp_reaper_policy_snapshot(rn, &policy);
	d = tcp_reaper_judge(rn, &policy, sk, facts, NULL);
	if (evict &&
	    (d.verdict == TCP_REAPER_WAIT || d.verdict == TCP_REAPER_DUE ||
	     d.verdict == TCP_REAPER_SPARED_ACTIVE)) {
		d.verdict = TCP_REAPER_DUE;
		d.action = TCP_REAPER_EVICT;
	}
	if (policy.mode != TCP_REAPER_ENFORCE)
		d.verdict = TCP_REAPER_WAIT;
	return d;
}

static enum tcp_reaper_outcome carry_out(struct sock *sk,
					 struct tcp_reaper_entry *entry,
					 const struct tcp_reaper_facts *facts,
					 const struct tcp_reaper_decision *d)
{
	bool drop_unread = facts->class == TCP_REAPER_CLOSE_WAIT &&
			   !d->keep_unread;
	int err;

	switch (d->action) {
	case TCP_REAPER_FIN:
		send_fin(sk, entry);
		return TCP_REAPER_BEGUN;
	case TCP_REAPER_PROBE:
		probe(sk, facts->idle_ms);
		return TCP_REAPER_BEGUN;
	default:
		err = facts->queued ? tcp_reaper_abort_queued(sk, drop_unread)
				    : tcp_reaper_abort(sk, drop_unread);
		return err ? TCP_REAPER_FAILED : TCP_REAPER_REAPED;
	}
}

static enum tcp_reaper_outcome act_locked(struct tcp_reaper_net *rn,
					  struct sock *sk,
					  struct tcp_reaper_entry *entry,
					  bool evict)
{
	enum tcp_reaper_outcome outcome;
	struct tcp_reaper_log_line line;
	struct tcp_reaper_decision d;
	struct tcp_reaper_facts facts;

	if (!tcp_reaper_entry_matches(entry, sk))
		return TCP_REAPER_RACED_GONE;
	tcp_reaper_entry_facts(entry, sk, tcp_reaper_now(), &facts);
	d = decide(rn, sk, evict, &facts);
	if (d.verdict != TCP_REAPER_DUE)
		return TCP_REAPER_RACED_CHANGED;
	/* Before the act, which may take the addresses away. */
	tcp_reaper_log_prepare(&line, sk, &facts, &d);
	outcome = carry_out(sk, entry, &facts, &d);
	line.done = outcome != TCP_REAPER_FAILED;
	tcp_reaper_log(&rn->log, &line, sk);
	tcp_reaper_trace_reap(rn->net, entry, &line.ends, facts.age_ms,
			      d.action, line.done);
	return outcome;
}

/*
 * What lock_sock() does for whoever comes first, and else nothing. But to own a
 * socket that waits to be accepted is in vain: the end of its listener takes
 * the spinlock alone, and ends it whoever owns it (inet_csk_listen_stop()). So
 * the spinlock is held while it is acted on, with bottom halves off.
 */
static enum tcp_reaper_outcome act_pinned(struct tcp_reaper_net *rn,
					  struct sock *sk,
					  struct tcp_reaper_entry *entry,
					  bool evict)
{
	enum tcp_reaper_outcome outcome = TCP_REAPER_LOCKED;
	spinlock_t *slock = &sk->sk_lock.slock;

	/* With PREEMPT_RT one who gets no CPU may have it. */
	if (!spin_trylock_bh(slock))
		return outcome;
	if (sk->sk_lock.owned) {
		spin_unlock_bh(slock);
		return outcome;
	}
	/* accept() owns it before it gives it a struct socket. */
	if (tcp_reaper_sk_queued(sk)) {
		outcome = act_locked(rn, sk, entry, evict);
		spin_unlock_bh(slock);
		return outcome;
	}
	sk->sk_lock.owned = 1;
	mutex_acquire(&sk->sk_lock.dep_map, 0, 1, _RET_IP_);
	spin_unlock_bh(slock);
	outcome = act_locked(rn, sk, entry, evict);
	release_sock(sk);
	return outcome;
}

/**
 * tcp_reaper_act - act on a socket whose time is up, if that is still so
 * @rn: its namespace, alive and not locked
 * @entry: a copy of its entry, to be merged afterwards
 * @evict: it is one too many, whatever the clock says
 *
 * The socket's lock is not waited for: an owner can hold it for as long as it
 * likes, in a page fault of its own making.
 *
 * Context: process context, may sleep, but for nobody.
 * Return: enum tcp_reaper_outcome.
 */
enum tcp_reaper_outcome tcp_reaper_act(struct tcp_reaper_net *rn,
				       struct tcp_reaper_entry *entry,
				       bool evict)
{
	enum tcp_reaper_outcome outcome;
	struct sock *sk;

	sk = tcp_reaper_ref_get(rn->net, entry->sk, entry->hash);
	if (!sk)
		return TCP_REAPER_RACED_GONE;
	outcome = act_pinned(rn, sk, entry, evict);
	sock_put(sk);
	return outcome;
}
