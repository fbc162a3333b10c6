/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TCP_REAPER_ASKERS_H
#define TCP_REAPER_ASKERS_H

#include <linux/compiler.h>
#include <linux/jump_label.h>
#include <linux/preempt.h>
#include <net/net_namespace.h>
#include <net/sock.h>

#include "netns.h"

extern struct static_key_false tcp_reaper_several_ask;
extern const struct net *tcp_reaper_only_asker;

/**
 * tcp_reaper_asks - does a socket's namespace want its transitions noted
 * @sk: the socket, alive
 *
 * What every handler begins with, at each hit, whoever asks: so the fewest
 * instructions for who does not.
 *
 * Context: any.
 * Return: our part of the namespace, with preemption off, until whoever notes
 * the transition turns it on again: to stay on this CPU, and as a namespace
 * that goes away waits for RCU, that is for us. NULL if it does not, with
 * preemption as it was.
 */
static __always_inline struct tcp_reaper_net *
tcp_reaper_asks(const struct sock *sk)
{
	const struct net *net;
	struct tcp_reaper_net *rn;

	if (!static_branch_unlikely(&tcp_reaper_several_ask)) {
		net = sock_net(sk);
		if (net != READ_ONCE(tcp_reaper_only_asker))
			return NULL;
		preempt_disable_notrace();
		/*
		 * Again: it might have gone away before preemption was off.
		 * Pairs with the release in choose_only(): our part is there.
		 */
		if (likely(net == smp_load_acquire(&tcp_reaper_only_asker)))
			return tcp_reaper_net(net);
	} else {
		preempt_disable_notrace();
		rn = tcp_reaper_net(sock_net(sk));
		/* There is none yet in one that is being set up. */
		if (rn && READ_ONCE(rn->asks))
			return rn;
	}
	preempt_enable_notrace();
	return NULL;
}

void tcp_reaper_ask(struct tcp_reaper_net *rn, bool asks);
void tcp_reaper_askers_quiesce(void);

#endif
