// SPDX-License-Identifier: GPL-2.0-only
/*
 * 4faeee0cf8a5 ("tcp: deny tcp_disconnect() when threads are waiting"), 6.5 to
 * 6.6
 */
#include <net/sock.h>

int probe(const struct sock *sk);
int probe(const struct sock *sk)
{
	return sk->sk_wait_pending;
}
