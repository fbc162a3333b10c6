// SPDX-License-Identifier: GPL-2.0-only
/*
 * The one place that reads a socket's state. Without the socket's lock a fact
 * may be a moment old; whoever acts on it reads it again under the lock.
 */
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <net/inet_sock.h>
#include <net/sock.h>
#include <net/tcp.h>

#include "clock.h"
#include "facts.h"

#define ORPHAN_STATES \
	(TCPF_FIN_WAIT1 | TCPF_FIN_WAIT2 | TCPF_CLOSING | TCPF_LAST_ACK)

/**
 * tcp_reaper_class_of - the class a socket is in now
 * @sk: the socket, pinned
 *
 * Whether one in TCP_REAPER_ESTABLISHED is idle enough, and whether a keepalive
 * of its owner's lets it alone, is left to the policy.
 *
 * Return: the class, or TCP_REAPER_NO_CLASS.
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
	if (state == TCPF_ESTABLISHED)
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

/**
 * tcp_reaper_sk_queued - does it wait to be accepted
 * @sk: the socket, pinned
 *
 * Return: true if it is in its listener's queue, or on its way to or from it.
 */
bool tcp_reaper_sk_queued(const struct sock *sk)
{
	return !READ_ONCE(sk->sk_socket) && !sock_flag(sk, SOCK_DEAD);
}

/**
 * tcp_reaper_sk_opening - may a transition that a hook saw be still to come
 * @sk: the socket, pinned
 * @class: the class that the transition leads to
 *
 * A probe sits at a function's entry, and whoever entered may have been kept
 * from going on since: preempted, waiting for the socket's lock, or on a CPU
 * that its hypervisor does not run.
 *
 * Return: true if the socket is in a state from which @class is entered.
 */
bool tcp_reaper_sk_opening(const struct sock *sk, enum tcp_reaper_class class)
{
	int state = 1 << inet_sk_state_load(sk);

	if (class == TCP_REAPER_ORPHAN)
		return state &
		       (TCPF_SYN_RECV | TCPF_ESTABLISHED | TCPF_CLOSE_WAIT);
	return class == TCP_REAPER_CLOSE_WAIT &&
	       state & (TCPF_SYN_RECV | TCPF_ESTABLISHED);
}

/**
 * tcp_reaper_probe_mark - a keepalive time that tells that we set it
 * @idle: the time wanted, jiffies
 *
 * The socket itself has to tell it: an entry is forgotten with mode=off, and
 * with the module. setsockopt(TCP_KEEPIDLE) takes seconds, so no owner can set
 * a time that is no whole number of them. It reads as many seconds as before.
 *
 * Return: jiffies, @idle or one more, and never a whole number of seconds.
 */
u32 tcp_reaper_probe_mark(u32 idle)
{
	return idle % HZ ? idle : idle + 1;
}

/**
 * tcp_reaper_sk_probed - is its keepalive one that we switched on
 * @sk: the socket, pinned
 *
 * Return: true if so.
 */
bool tcp_reaper_sk_probed(const struct sock *sk)
{
	return sock_flag(sk, SOCK_KEEPOPEN) &&
	       READ_ONCE(tcp_sk(sk)->keepalive_time) % HZ;
}

/**
 * tcp_reaper_sk_unread - do received bytes wait for its owner
 * @sk: the socket, pinned
 *
 * The FIN takes a number too, the last one after which nothing comes.
 *
 * Return: true if so.
 */
bool tcp_reaper_sk_unread(const struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	s32 unread = READ_ONCE(tp->rcv_nxt) - READ_ONCE(tp->copied_seq);

	return unread > (inet_sk_state_load(sk) == TCP_CLOSE_WAIT);
}

/**
 * tcp_reaper_sk_last_probe_out - will the kernel give it up next
 * @sk: the socket, pinned; its keepalive is on
 *
 * One probe out may only be one that is about to be answered.
 *
 * Return: true if the probe after which the kernel gives up is unanswered.
 */
bool tcp_reaper_sk_last_probe_out(const struct sock *sk)
{
	const struct inet_connection_sock *icsk = inet_csk(sk);
	u8 out = READ_ONCE(icsk->icsk_probes_out);

	return out && (READ_ONCE(icsk->icsk_user_timeout) ||
		       out >= keepalive_probes(tcp_sk(sk)));
}

/* A 32-bit stamp of tcp_jiffies32, by our clock. */
static u64 widen(u32 stamp)
{
	u64 now = get_jiffies_64();
	s32 ago = (u32)now - stamp;

	return tcp_reaper_clock_at(ago > 0 && ago < now ? now - ago : now);
}

/**
 * tcp_reaper_stamped_ms - the longest time that a socket's stamps can tell
 *
 * They are 32 bits of jiffies, of which half say "ago", and half of that is
 * left as room to spare.
 *
 * Return: milliseconds.
 */
u64 tcp_reaper_stamped_ms(void)
{
	return jiffies64_to_msecs(1ULL << 30);
}

/**
 * tcp_reaper_last_received - when data last came in
 * @sk: the socket, pinned
 *
 * As the other two below it is kept in 32 bits of jiffies: after 2^31 of them,
 * 24 days at HZ=1000, it says "now".
 *
 * Return: as tcp_reaper_now() counts.
 */
u64 tcp_reaper_last_received(const struct sock *sk)
{
	return widen(READ_ONCE(inet_csk(sk)->icsk_ack.lrcvtime));
}

/**
 * tcp_reaper_last_sent - when data was last sent, or sent again
 * @sk: the socket, pinned
 *
 * Return: as tcp_reaper_now() counts.
 */
u64 tcp_reaper_last_sent(const struct sock *sk)
{
	return widen(READ_ONCE(tcp_sk(sk)->lsndtime));
}

/**
 * tcp_reaper_last_acked - when a segment with an ACK last came
 * @sk: the socket, pinned
 *
 * A FIN is one, so it is never before the peer's FIN.
 *
 * Return: as tcp_reaper_now() counts.
 */
u64 tcp_reaper_last_acked(const struct sock *sk)
{
	return widen(READ_ONCE(tcp_sk(sk)->rcv_tstamp));
}

/**
 * tcp_reaper_queues_read - bytes received and not read, sent and not acked
 * @sk: the socket, pinned
 * @rxq: the first, as /proc/net/tcp counts: a FIN not yet read is one byte
 * @txq: the second
 */
void tcp_reaper_queues_read(const struct sock *sk, u32 *rxq, u32 *txq)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	s32 unread = READ_ONCE(tp->rcv_nxt) - READ_ONCE(tp->copied_seq);
	s32 unacked = READ_ONCE(tp->write_seq) - READ_ONCE(tp->snd_una);

	*rxq = max(unread, 0);
	*txq = max(unacked, 0);
}
