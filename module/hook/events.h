/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_HOOK_EVENTS_H
#define TCP_REAPER_HOOK_EVENTS_H

#include <linux/compiler.h>
#include <linux/preempt.h>
#include <net/sock.h>
#include <net/tcp.h>
#include <net/tcp_states.h>

#include "net/net.h"
#include "ring.h"
#include "witness.h"

/* What a probe handler does, whatever called it. Inlined into each. */

/*
 * Does a socket's namespace want its transitions noted? What every handler
 * begins with, so the fewest instructions. Returns our part of the namespace
 * with preemption off, until whoever notes the transition turns it on again: to
 * stay on this CPU, and as a namespace that goes away waits for RCU, that is
 * for us. NULL if it does not, with preemption as it was.
 */
static __always_inline struct tcp_reaper_net *
tcp_reaper_asking(const struct sock *sk)
{
	struct tcp_reaper_net *rn;

	preempt_disable_notrace();
	rn = tcp_reaper_net_notrace(sock_net(sk));
	/* There is none yet in one that is being set up. */
	if (likely(rn && data_race(rn->asks)))
		return rn;
	preempt_enable_notrace();
	return NULL;
}

/*
 * void tcp_fin(struct sock *sk), socket locked: a FIN arrived, and rcv_nxt is
 * past it. Only from these two states does it lead to CLOSE_WAIT.
 */
static __always_inline void tcp_reaper_on_fin(struct tcp_reaper_net *rn,
					      struct sock *sk)
{
	if (1 << sk->sk_state & (TCPF_SYN_RECV | TCPF_ESTABLISHED))
		tcp_reaper_ring_push(rn, sk, TCP_REAPER_CLOSE_WAIT,
				     tcp_sk(sk)->rcv_nxt);
	else
		preempt_enable_notrace();
}

/*
 * void tcp_close(struct sock *sk, long timeout), not locked yet: the owner lets
 * go. Neither SOCK_DEAD nor the new state is set; the worker will see.
 */
static __always_inline void tcp_reaper_on_close(struct tcp_reaper_net *rn,
						struct sock *sk)
{
	if (1 << READ_ONCE(sk->sk_state) &
	    (TCPF_SYN_RECV | TCPF_ESTABLISHED | TCPF_FIN_WAIT1 |
	     TCPF_FIN_WAIT2 | TCPF_CLOSE_WAIT | TCPF_CLOSING | TCPF_LAST_ACK))
		tcp_reaper_ring_push(rn, sk, TCP_REAPER_ORPHAN,
				     READ_ONCE(tcp_sk(sk)->write_seq));
	else
		tcp_reaper_witness_saw(sk);
}

/*
 * sk is about to change to this state, socket locked. A close of a socket
 * already in FIN_WAIT2 changes no state, so it is left to the census. close()
 * has shut both sides down by now; shutdown() of the one side leads to the same
 * states, and leaves an owner.
 */
static __always_inline void tcp_reaper_on_state(struct tcp_reaper_net *rn,
						struct sock *sk, int state)
{
	if (1 << state & TCPF_CLOSE_WAIT)
		tcp_reaper_ring_push(rn, sk, TCP_REAPER_CLOSE_WAIT,
				     tcp_sk(sk)->rcv_nxt);
	else if (1 << state & (TCPF_FIN_WAIT1 | TCPF_CLOSING | TCPF_LAST_ACK) &&
		 sk->sk_shutdown == SHUTDOWN_MASK)
		tcp_reaper_ring_push(rn, sk, TCP_REAPER_ORPHAN,
				     READ_ONCE(tcp_sk(sk)->write_seq));
	else
		tcp_reaper_witness_saw(sk);
}

#endif
