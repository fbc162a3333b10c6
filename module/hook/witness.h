/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_WITNESS_H
#define TCP_REAPER_WITNESS_H

#include <linux/compiler.h>
#include <linux/preempt.h>

struct sock;

/*
 * A socket of our own whose transitions show that a hook sees: on IBT kernels
 * of 5.18 to 6.14 one by ftrace may be silent. NULL but while that is tried.
 */
extern const struct sock *tcp_reaper_witness;
extern bool tcp_reaper_witness_seen;

/*
 * The end of a handler that has nothing to note, with preemption off, which it
 * turns on. Rare: so what is looked at here costs nothing.
 */
static __always_inline void tcp_reaper_witness_saw(const struct sock *sk)
{
	if (unlikely(sk == READ_ONCE(tcp_reaper_witness)))
		WRITE_ONCE(tcp_reaper_witness_seen, true);
	preempt_enable_notrace();
}

#endif
