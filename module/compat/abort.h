/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_COMPAT_ABORT_H
#define TCP_REAPER_COMPAT_ABORT_H

#include <linux/sched.h>
#include <net/sock.h>
#include <net/tcp.h>

#include "config.h"

#ifdef TCP_REAPER_HAVE_BPF_CTX
#include <linux/bpf.h>
#endif

/*
 * tcp_abort() takes the socket's lock, but for a caller that is a BPF program
 * and has it: since 4ddbcb886268 ("bpf: Add bpf_sock_destroy kfunc", 6.5) it
 * asks has_current_bpf_ctx(). To it we are one.
 *
 * Returns as tcp_abort() does.
 */
static inline int tcp_reaper_tcp_abort_locked(struct sock *sk, int err)
{
#ifdef TCP_REAPER_HAVE_BPF_CTX
	static struct bpf_run_ctx ours;
	struct bpf_run_ctx *before = current->bpf_ctx;

	current->bpf_ctx = &ours;
	err = tcp_abort(sk, err);
	current->bpf_ctx = before;
	return err;
#else
	return -EOPNOTSUPP;
#endif
}

/* Whether tcp_abort() may be called so, is found out by trying. */
#ifdef TCP_REAPER_HAVE_BPF_CTX
#define TCP_REAPER_ABORT_LOCKED 1
#else
#define TCP_REAPER_ABORT_LOCKED 0
#endif

/*
 * tcp_disconnect() denies itself while threads wait on the socket: 4faeee0cf8a5
 * ("tcp: deny tcp_disconnect() when threads are waiting", 6.5 and many
 * backports) to 419ce133ab92 (6.7). What it fears is that the socket is used
 * again, for another connection, which we prevent. The count of those who wait
 * only changes under the lock.
 */
static inline int tcp_reaper_hide_waiting(struct sock *sk)
{
#ifdef TCP_REAPER_HAVE_SK_WAIT_PENDING
	int waiting = sk->sk_wait_pending;

	sk->sk_wait_pending = 0;
	return waiting;
#else
	return 0;
#endif
}

static inline void tcp_reaper_show_waiting(struct sock *sk, int waiting)
{
#ifdef TCP_REAPER_HAVE_SK_WAIT_PENDING
	sk->sk_wait_pending = waiting;
#endif
}

#endif
