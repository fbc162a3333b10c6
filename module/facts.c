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

/* Jiffies were seen to lag 45 ms under QEMU on a machine with a load of 12. */
#define STALE_MS 100

/**
 * tcp_reaper_class_of - the class a socket is in now
 * @sk: the socket, pinned
 *
 * Return: the class, or TCP_REAPER_NO_CLASS. Whether one in
 * TCP_REAPER_ESTABLISHED is idle enough is left to its timeout.
 */
enum tcp_reaper_class tcp_reaper_class_of(const struct sock *sk)
{
	int state = 1 << inet_sk_state_load(sk);

	if (sock_flag(sk, SOCK_DEAD))
		return state & ORPHAN_STATES ? TCP_REAPER_ORPHAN
					     : TCP_REAPER_NO_CLASS;
	if (state == TCPF_CLOSE_WAIT)
		return TCP_REAPER_CLOSE_WAIT;
	if (state == TCPF_FIN_WAIT2)
		return TCP_REAPER_FIN_WAIT2;
	if (state == TCPF_ESTABLISHED && !sock_flag(sk, SOCK_KEEPOPEN))
		return TCP_REAPER_ESTABLISHED;
	return TCP_REAPER_NO_CLASS;
}

/**
 * tcp_reaper_sk_closing - is it an orphan, or about to be
 * @sk: the socket, pinned; its owner called close(), in which SO_LINGER may
 *	keep it
 *
 * Return: true if so.
 */
bool tcp_reaper_sk_closing(const struct sock *sk)
{
	return 1 << inet_sk_state_load(sk) & ORPHAN_STATES;
}

/* A 32-bit stamp of tcp_jiffies32, as jiffies64. */
static u64 widen(u32 stamp, u64 now)
{
	s32 ago = (u32)now - stamp;

	return ago > 0 && ago < now ? now - ago : now;
}

/**
 * tcp_reaper_last_data - when data last went either way
 * @sk: the socket, pinned
 * @now: jiffies64
 *
 * Return: jiffies64, not later than @now.
 */
u64 tcp_reaper_last_data(const struct sock *sk, u64 now)
{
	u64 received = widen(READ_ONCE(inet_csk(sk)->icsk_ack.lrcvtime), now);
	u64 sent = widen(READ_ONCE(tcp_sk(sk)->lsndtime), now);

	return max(received, sent);
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

	u64 heard = widen(READ_ONCE(tp->rcv_tstamp), now);
	u64 sent = widen(READ_ONCE(tp->lsndtime), now);

	return max(heard, sent);
}

/**
 * tcp_reaper_elapsed_ms - time from a stamp till now, never too long
 * @since: jiffies64
 * @now: jiffies64
 *
 * What happened in a jiffy may have happened at its end; and a stamp may be
 * older than that, as jiffies stand still while a hypervisor keeps the CPU that
 * advances them from running.
 *
 * Return: milliseconds.
 */
u64 tcp_reaper_elapsed_ms(u64 since, u64 now)
{
	u64 slack = msecs_to_jiffies(STALE_MS) + 1;

	return now > since + slack ? jiffies64_to_msecs(now - since - slack)
				   : 0;
}

/*
 * The numbers whose movement is progress:
 * - CLOSE_WAIT: data acknowledged, new data sent;
 * - orphan: data acknowledged (sending more needs that anyway);
 * - held FIN_WAIT2: data received, data read, which lets the peer send more;
 * - ESTABLISHED: none, for which the kernel keeps the time itself.
 */
static void read_marks(enum tcp_reaper_class class, const struct sock *sk,
		       u32 mark[2])
{
	const struct tcp_sock *tp = tcp_sk(sk);

	mark[0] = 0;
	mark[1] = 0;
	switch (class) {
	case TCP_REAPER_CLOSE_WAIT:
		mark[1] = READ_ONCE(tp->snd_nxt);
		fallthrough;
	case TCP_REAPER_ORPHAN:
		mark[0] = READ_ONCE(tp->snd_una);
		break;
	case TCP_REAPER_FIN_WAIT2:
		mark[0] = READ_ONCE(tp->rcv_nxt);
		mark[1] = READ_ONCE(tp->copied_seq);
		break;
	default:
		break;
	}
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
	entry->hash = READ_ONCE(sk->sk_hash);
	entry->seq = tcp_reaper_ref_seq(sk, class);
	entry->class = class;
	entry->since = since;
	entry->progress = since;
	read_marks(class, sk, entry->mark);
}

/**
 * tcp_reaper_entry_restart - its clock starts anew
 * @entry: what was noted
 * @sk: the socket, locked
 * @now: jiffies64
 */
void tcp_reaper_entry_restart(struct tcp_reaper_entry *entry,
			      const struct sock *sk, u64 now)
{
	entry->progress = now;
	read_marks(entry->class, sk, entry->mark);
}

static bool in_class(const struct tcp_reaper_entry *entry,
		     const struct sock *sk)
{
	if (entry->held)
		return tcp_reaper_sk_closing(sk);
	/* Our FIN took it from CLOSE_WAIT to LAST_ACK, orphaned or not. */
	if (entry->fin)
		return inet_sk_state_load(sk) == TCP_LAST_ACK;
	if (entry->probed)
		return inet_sk_state_load(sk) == TCP_ESTABLISHED;
	return tcp_reaper_class_of(sk) == entry->class;
}

/**
 * tcp_reaper_entry_same - is this the connection that was noted
 * @entry: what was noted
 * @sk: the socket found under its pointer and hash, pinned
 *
 * close() changes the state first, and counts the FIN in write_seq after that
 * (__tcp_close(), tcp_send_fin()): whoever was noted in between has one more.
 *
 * Return: false if it is an heir.
 */
bool tcp_reaper_entry_same(const struct tcp_reaper_entry *entry,
			   const struct sock *sk)
{
	u32 more = tcp_reaper_ref_seq(sk, entry->class) - entry->seq;

	return !more || (more == 1 && entry->class == TCP_REAPER_ORPHAN);
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
	return in_class(entry, sk) && tcp_reaper_entry_same(entry, sk);
}

/*
 * When a number moved is known to be no later than the stamps, which
 * retransmissions and probes move as well; so a clock may start too late, by
 * less than the time since the last look, but never too early.
 */
static void notice_progress(struct tcp_reaper_entry *entry,
			    const struct sock *sk, u64 now)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	u64 at = entry->progress;
	bool moved[2];
	u32 mark[2];

	read_marks(entry->class, sk, mark);
	moved[0] = mark[0] != entry->mark[0];
	moved[1] = mark[1] != entry->mark[1];
	entry->mark[0] = mark[0];
	entry->mark[1] = mark[1];

	switch (entry->class) {
	case TCP_REAPER_CLOSE_WAIT:
		/* After our FIN only what is acknowledged counts. */
		if (moved[1] && !entry->fin)
			at = max(at, widen(READ_ONCE(tp->lsndtime), now));
		fallthrough;
	case TCP_REAPER_ORPHAN:
		if (moved[0])
			at = max(at, widen(READ_ONCE(tp->rcv_tstamp), now));
		break;
	case TCP_REAPER_FIN_WAIT2:
		/* Nobody notes when its owner reads. */
		if (moved[0] || moved[1])
			at = now;
		break;
	case TCP_REAPER_ESTABLISHED:
		at = tcp_reaper_last_data(sk, now);
		entry->since = at;
		break;
	}
	entry->progress = at;
}

/* Bytes that wait for the owner; the FIN, the last in CLOSE_WAIT, is none. */
static bool has_unread(const struct tcp_reaper_entry *entry,
		       const struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	s32 unread = READ_ONCE(tp->rcv_nxt) - READ_ONCE(tp->copied_seq);

	return unread > (entry->class == TCP_REAPER_CLOSE_WAIT);
}

/*
 * Is the next thing the kernel does to give it up? One probe out may only be
 * one that is about to be answered.
 */
static bool last_probe_out(const struct sock *sk)
{
	const struct inet_connection_sock *icsk = inet_csk(sk);
	u8 out = READ_ONCE(icsk->icsk_probes_out);

	return out && (READ_ONCE(icsk->icsk_user_timeout) ||
		       out >= keepalive_probes(tcp_sk(sk)));
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
	entry->probing = entry->probed && last_probe_out(sk);

	*facts = (struct tcp_reaper_facts){
		.class = entry->class,
		.state = inet_sk_state_load(sk),
		.held = entry->held,
		.kernel = tcp_reaper_sk_is_kernel(sk),
		.mptcp = sk_is_mptcp(sk),
		.repair = tcp_sk(sk)->repair,
		.ulp = READ_ONCE(inet_csk(sk)->icsk_ulp_ops),
		.unread = has_unread(entry, sk),
		.fin = entry->fin,
		.probed = entry->probed,
		.age_ms = tcp_reaper_elapsed_ms(entry->since, now),
		.idle_ms = tcp_reaper_elapsed_ms(entry->progress, now),
	};
}
