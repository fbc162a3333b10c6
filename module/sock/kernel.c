// SPDX-License-Identifier: GPL-2.0-only
/*
 * Does a program use this socket, or the kernel itself? Who called socket() is
 * only half of it: nbd-client and rpc.nfsd make a socket and hand it to the
 * kernel. So the marks are looked for that the kernel's users leave on a
 * socket; in doubt it is the kernel's, and let alone.
 */
#include <linux/gfp.h>
#include <linux/net.h>
#include <net/inet_connection_sock.h>
#include <net/sock.h>

#include "kernel.h"
#include "waiters.h"

/*
 * The callbacks of a fresh TCP socket. sock_def_readable() and the like are not
 * exported, so they are learned.
 */
static struct {
	void (*state_change)(struct sock *sk);
	void (*data_ready)(struct sock *sk);
	void (*write_space)(struct sock *sk);
	void (*error_report)(struct sock *sk);
} fresh;

/**
 * tcp_reaper_kernel_learn - what a socket looks like that nobody changed
 * @sk: such a one
 */
void tcp_reaper_kernel_learn(const struct sock *sk)
{
	fresh.state_change = sk->sk_state_change;
	fresh.data_ready = sk->sk_data_ready;
	fresh.write_space = sk->sk_write_space;
	fresh.error_report = sk->sk_error_report;
}

/* An upper layer protocol that a program asked for (kTLS) has its own. */
static bool callbacks_changed(const struct sock *sk)
{
	return !READ_ONCE(inet_csk(sk)->icsk_ulp_ops) &&
	       (READ_ONCE(sk->sk_state_change) != fresh.state_change ||
		READ_ONCE(sk->sk_data_ready) != fresh.data_ready ||
		READ_ONCE(sk->sk_write_space) != fresh.write_space ||
		READ_ONCE(sk->sk_error_report) != fresh.error_report);
}

/**
 * tcp_reaper_sk_is_kernel - does the kernel itself use this socket
 * @sk: the socket, pinned
 *
 * A socket that waits to be accepted has no struct socket yet, and an orphan
 * none any more: of those only what the kernel left on them can tell. A BPF
 * sockmap counts as the kernel: it moves data without the program.
 *
 * Return: true if it does, or may.
 */
bool tcp_reaper_sk_is_kernel(const struct sock *sk)
{
	const struct socket *socket;
	bool no_file;

	if (sk->sk_kern_sock || sock_flag(sk, SOCK_MEMALLOC) ||
	    READ_ONCE(sk->sk_allocation) != GFP_KERNEL ||
	    READ_ONCE(sk->sk_user_data) || callbacks_changed(sk))
		return true;
	/* A struct socket is part of its inode, which goes after RCU. */
	rcu_read_lock();
	socket = READ_ONCE(sk->sk_socket);
	no_file = socket && !READ_ONCE(socket->file);
	rcu_read_unlock();
	return no_file || tcp_reaper_sk_waited_by_module(sk);
}
