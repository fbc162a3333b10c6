// SPDX-License-Identifier: GPL-2.0
/*
 * The one place that reads a socket. Without its lock a fact may be a moment
 * old; whoever acts on it reads again under the lock (reap.c).
 */
#include <linux/jiffies.h>
#include <net/inet_sock.h>
#include <net/mptcp.h>
#include <net/sock.h>
#include <net/tcp.h>

#include "compat/sock.h"
#include "facts.h"
#include "table.h"
#include "weakref.h"

#define ORPHAN_STATES \
	(TCPF_FIN_WAIT1 | TCPF_FIN_WAIT2 | TCPF_CLOSING | TCPF_LAST_ACK)

/**
 * tcp_reaper_class_of - the class a socket is in now
 * @sk: the socket, pinned
 * @closing: its owner has called close(), so that it will be an orphan once it
 *	returns (SO_LINGER may keep it there)
 *
 * Return: the class, or TCP_REAPER_NO_CLASS.
 */
enum tcp_reaper_class tcp_reaper_class_of(const struct sock *sk, bool closing)
{
	int state = 1 << inet_sk_state_load(sk);
	bool dead = sock_flag(sk, SOCK_DEAD);

	if (state == TCPF_CLOSE_WAIT && !dead)
		return TCP_REAPER_CLOSE_WAIT;
	if (state & ORPHAN_STATES && (dead || closing))
		return TCP_REAPER_ORPHAN;
	return TCP_REAPER_NO_CLASS;
}

/* A 32-bit stamp of tcp_jiffies32, as jiffies64. */
static u64 widen(u32 stamp, u64 now)
{
	s32 ago = (u32)now - stamp;

	return ago > 0 && ago < now ? now - ago : now;
}

/**
 * tcp_reaper_last_heard - when data was last sent or anything acknowledged
 * @sk: the socket, pinned
 * @now: jiffies64
 *
 * Every segment with an ACK that the peer sends counts, its FIN included, so
 * the result is never before the FIN.
 *
 * Return: jiffies64, not later than @now.
 */
u64 tcp_reaper_last_heard(const struct sock *sk, u64 now)
{
	const struct tcp_sock *tp = tcp_sk(sk);

	return max(widen(READ_ONCE(tp->rcv_tstamp), now),
		   widen(READ_ONCE(tp->lsndtime), now));
}

/**
 * tcp_reaper_elapsed_ms - time from a stamp till now, never too long
 * @since: jiffies64
 * @now: jiffies64
 *
 * What happened in a jiffy may have happened at its end.
 *
 * Return: milliseconds.
 */
u64 tcp_reaper_elapsed_ms(u64 since, u64 now)
{
	return now > since ? jiffies64_to_msecs(now - since - 1) : 0;
}

/**
 * tcp_reaper_entry_begin - note a socket at the start of its time in a class
 * @entry: where; its @sk is set
 * @sk: the socket, pinned
 * @class: its class
 * @since: when it entered the class, jiffies64
 */
void tcp_reaper_entry_begin(struct tcp_reaper_entry *entry,
			    const struct sock *sk, enum tcp_reaper_class class,
			    u64 since)
{
	const struct tcp_sock *tp = tcp_sk(sk);

	entry->hash = READ_ONCE(sk->sk_hash);
	entry->seq = tcp_reaper_ref_seq(sk, class);
	entry->snd_una = READ_ONCE(tp->snd_una);
	entry->snd_nxt = READ_ONCE(tp->snd_nxt);
	entry->class = class;
	entry->since = since;
	entry->progress = since;
}

/**
 * tcp_reaper_entry_matches - is this still the socket that was noted
 * @entry: what was noted
 * @sk: the socket found under its pointer and hash, pinned
 *
 * Return: false if it left the class, or is another connection.
 */
bool tcp_reaper_entry_matches(const struct tcp_reaper_entry *entry,
			      const struct sock *sk)
{
	enum tcp_reaper_class class = entry->class;

	return tcp_reaper_class_of(sk, entry->held) == class &&
	       tcp_reaper_ref_seq(sk, class) == entry->seq;
}

/*
 * Progress is a moved sequence number: new data sent (CLOSE_WAIT only: of an
 * orphan it needs the peer's consent anyway) or data acknowledged. When it was
 * is known to be no later than the stamps, which retransmissions and probes
 * move as well; so a clock may start too late, by less than the time since the
 * last look, but never too early.
 */
static void notice_progress(struct tcp_reaper_entry *entry,
			    const struct sock *sk, u64 now)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	u32 una = READ_ONCE(tp->snd_una), nxt = READ_ONCE(tp->snd_nxt);
	u64 at = entry->progress;

	if (una != entry->snd_una)
		at = max(at, widen(READ_ONCE(tp->rcv_tstamp), now));
	if (nxt != entry->snd_nxt && entry->class == TCP_REAPER_CLOSE_WAIT)
		at = max(at, widen(READ_ONCE(tp->lsndtime), now));
	entry->snd_una = una;
	entry->snd_nxt = nxt;
	entry->progress = at;
}

/**
 * tcp_reaper_facts_read - look at a tracked socket
 * @entry: what was noted of it; its progress is brought up to date
 * @sk: the socket, pinned, and matching @entry
 * @now: jiffies64
 * @facts: the answer
 */
void tcp_reaper_facts_read(struct tcp_reaper_entry *entry,
			   const struct sock *sk, u64 now,
			   struct tcp_reaper_facts *facts)
{
	if (entry->held) {
		/* Its time without an owner has yet to begin. */
		entry->since = now;
		entry->progress = now;
		entry->held = !sock_flag(sk, SOCK_DEAD);
	}
	notice_progress(entry, sk, now);

	*facts = (struct tcp_reaper_facts){
		.class = entry->class,
		.state = inet_sk_state_load(sk),
		.held = entry->held,
		.kernel = tcp_reaper_sk_is_kernel(sk),
		.mptcp = sk_is_mptcp(sk),
		.repair = tcp_sk(sk)->repair,
		.age_ms = tcp_reaper_elapsed_ms(entry->since, now),
		.idle_ms = tcp_reaper_elapsed_ms(entry->progress, now),
	};
}
