// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ends every socket in CLOSE_WAIT, the way of BPF from Linux 6.5 on: an
 * iterator over TCP sockets that calls bpf_sock_destroy(). Whoever reads the
 * iterator runs it.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

/* Number of the state: include/net/tcp_states.h, of which BPF sees nothing. */
#define CLOSE_WAIT 8

/* What is needed of the kernel's structures; libbpf finds where it is. */
struct sock_common {
	unsigned char skc_state;
} __attribute__((preserve_access_index));

struct bpf_iter__tcp {
	struct sock_common *sk_common;
} __attribute__((preserve_access_index));

int bpf_sock_destroy(struct sock_common *sk) __ksym;

SEC("iter/tcp")
int destroy(struct bpf_iter__tcp *ctx)
{
	struct sock_common *sk = ctx->sk_common;

	if (sk && sk->skc_state == CLOSE_WAIT)
		bpf_sock_destroy(sk);
	return 0;
}

char _license[] SEC("license") = "GPL";
