// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a socket is ended by whoever has its lock: the peer gets a RST, the owner
 * an error, and whoever waits on it is woken. Which function does that without
 * taking the lock again differs by kernel:
 * - tcp_abort(), as BPF programs call it (6.5 on). That it leaves the lock
 * alone is seen when the module is loaded, not guessed from a version;
 * - before, tcp_disconnect(), which sends the RST as close() with SO_LINGER 0
 *   does, and after it tcp_done(), which ends an orphan too.
 */
#include <linux/errno.h>
#include <linux/module.h>
#include <linux/printk.h>
#include <linux/skbuff.h>
#include <net/inet_connection_sock.h>
#include <net/sock.h>
#include <net/tcp.h>

#include "abort.h"
#include "compat/abort.h"

static typeof(tcp_done) *done; /* NULL where it is not exported */
static bool abort_locked; /* tcp_abort() leaves the lock to a BPF program */

/* Set by a look at the lock's end, while the probe below goes on. */
static bool lock_taken;

static void note_release(struct sock *sk)
{
	lock_taken = true;
}

/*
 * Does tcp_abort() take the lock of a socket whose caller says that it has it?
 * Asked of a socket that nobody else knows and that is closed, of which it does
 * nothing but say so; its end of the lock is a callback of the protocol.
 */
static bool leaves_lock(struct sock *sk)
{
	static struct proto watched;
	struct proto *own = sk->sk_prot;

	if (!TCP_REAPER_ABORT_LOCKED)
		return false;
	watched = *own;
	watched.release_cb = note_release;
	lock_taken = false;
	sk->sk_prot = &watched;
	tcp_reaper_tcp_abort_locked(sk, ECONNABORTED);
	sk->sk_prot = own;
	return !lock_taken;
}

/**
 * tcp_reaper_abort_setup - find out how this kernel ends a socket
 * @sk: a TCP socket of our own, in CLOSE
 */
void tcp_reaper_abort_setup(struct sock *sk)
{
	abort_locked = leaves_lock(sk);
	done = symbol_get(tcp_done);
	if (!done && !abort_locked)
		pr_warn("this kernel has no way to end a socket by whoever has its lock (CONFIG_BPF_SYSCALL is off): nothing will be reset\n");
}

/** tcp_reaper_abort_teardown - undo tcp_reaper_abort_setup() */
void tcp_reaper_abort_teardown(void)
{
	if (done)
		symbol_put(tcp_done);
	done = NULL;
}

/*
 * After a FIN, tcp_recvmsg() looks at unread bytes, at the FIN and at SOCK_DONE
 * before it looks at sk_err, so that the owner of an aborted socket would read
 * an orderly end and never learn that it was aborted. An abort drops what was
 * not read, as tcp_disconnect() does; but not from under an upper layer
 * protocol, which holds on to it.
 */
static void let_owner_know(struct sock *sk, bool drop_unread)
{
	struct tcp_sock *tp = tcp_sk(sk);

	sock_reset_flag(sk, SOCK_DONE);
	if (!drop_unread)
		return;
	__skb_queue_purge(&sk->sk_receive_queue);
	WRITE_ONCE(tp->copied_seq, tp->rcv_nxt);
	WRITE_ONCE(tp->urg_data, 0);
}

/* tcp_disconnect() takes what is unread: see to it that it finds nothing. */
static int disconnect(struct sock *sk, bool drop_unread)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u32 copied = tp->copied_seq;
	struct sk_buff_head unread;
	int err, waiting;

	__skb_queue_head_init(&unread);
	if (!drop_unread)
		skb_queue_splice_init(&sk->sk_receive_queue, &unread);
	waiting = tcp_reaper_hide_waiting(sk);
	err = tcp_prot.disconnect(sk, 0);
	tcp_reaper_show_waiting(sk, waiting);
	if (!drop_unread) {
		skb_queue_splice(&unread, &sk->sk_receive_queue);
		WRITE_ONCE(tp->copied_seq, copied);
	}
	return err;
}

static int disconnect_and_done(struct sock *sk, bool drop_unread)
{
	int err;

	if (!done)
		return -EOPNOTSUPP;
	err = disconnect(sk, drop_unread);
	if (err)
		return err;
	/* It says ECONNRESET, or, where no RST was to be sent, nothing. */
	WRITE_ONCE(sk->sk_err, ECONNABORTED);
	local_bh_disable();
	bh_lock_sock(sk);
	done(sk);
	bh_unlock_sock(sk);
	local_bh_enable();
	return 0;
}

/**
 * tcp_reaper_abort_queued - end a socket that nobody has accepted
 * @sk: the socket, its spinlock held (act/act.c), and not in CLOSE
 * @drop_unread: as tcp_reaper_abort()
 *
 * As the end of its listener does it: inet_child_forget(). It stays in the
 * queue, and whoever accepts it gets ECONNABORTED.
 *
 * Context: bottom halves off; does not sleep.
 * Return: as tcp_reaper_abort().
 */
int tcp_reaper_abort_queued(struct sock *sk, bool drop_unread)
{
	int err;

	if (sk->sk_prot->diag_destroy != tcp_abort)
		return -EOPNOTSUPP;
	drop_unread &= !inet_csk(sk)->icsk_ulp_ops;
	err = disconnect(sk, drop_unread);
	if (err)
		return err;
	WRITE_ONCE(sk->sk_err, ECONNABORTED);
	WRITE_ONCE(sk->sk_shutdown, SHUTDOWN_MASK);
	let_owner_know(sk, drop_unread);
	return 0;
}

/**
 * tcp_reaper_abort - end a socket
 * @sk: the socket, locked by the caller (act/act.c), and not in CLOSE
 * @drop_unread: drop what its owner did not read, so that it reads the error
 *	first
 *
 * The owner's next call gets ECONNABORTED.
 *
 * Context: process context; may sleep, for memory alone.
 * Return: 0; -EOPNOTSUPP if the protocol or the kernel would not; another
 * negative errno.
 */
int tcp_reaper_abort(struct sock *sk, bool drop_unread)
{
	int err = 0;

	/* What a protocol put in its place may take the lock. */
	if (sk->sk_prot->diag_destroy != tcp_abort)
		return -EOPNOTSUPP;
	drop_unread &= !sock_flag(sk, SOCK_DEAD) && !inet_csk(sk)->icsk_ulp_ops;
	if (abort_locked)
		err = tcp_reaper_tcp_abort_locked(sk, ECONNABORTED);
	/*
	 * Before bac76cf89816 ("tcp: fix forever orphan socket caused by
	 * tcp_abort", 6.11 and stable) it did nothing for an orphan but to drop
	 * what it had to send, so that nothing ended it any more.
	 */
	if (!abort_locked || (!err && inet_sk_state_load(sk) != TCP_CLOSE))
		err = disconnect_and_done(sk, drop_unread);
	if (err)
		return err;
	if (!sock_flag(sk, SOCK_DEAD))
		let_owner_know(sk, drop_unread);
	return 0;
}
