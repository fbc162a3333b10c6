// SPDX-License-Identifier: GPL-2.0-only
/*
 * CLOSE_WAIT followed by BPF: a program puts sockets into a hash map, and takes
 * them out again. By the classic tracepoint of state changes, as most tools do;
 * with BY_BTF by the same without perf's record; with BY_FENTRY by the two
 * functions that lead in and out. With EMPTY it does nothing.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

/* Numbers of states: include/net/tcp_states.h, of which BPF sees nothing. */
#define ESTABLISHED 1
#define SYN_RECV 3
#define CLOSE_WAIT 8

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1 << 16);
	__type(key, __u64);
	__type(value, __u64);
} close_wait SEC(".maps");

static __always_inline void entered(__u64 sk)
{
	__u64 now = bpf_ktime_get_ns();

	bpf_map_update_elem(&close_wait, &sk, &now, BPF_ANY);
}

static __always_inline void left(__u64 sk)
{
	bpf_map_delete_elem(&close_wait, &sk);
}

static __always_inline int changed(__u64 sk, int from, int to)
{
#ifndef EMPTY
	if (to == CLOSE_WAIT)
		entered(sk);
	else if (from == CLOSE_WAIT)
		left(sk);
#endif
	return 0;
}

#if defined(BY_FENTRY)

/* What is needed of the kernel's structure; libbpf finds where it is. */
struct sock_common {
	unsigned char skc_state;
} __attribute__((preserve_access_index));

struct sock {
	struct sock_common __sk_common;
} __attribute__((preserve_access_index));

static __always_inline int state(__u64 *ctx)
{
	return ((struct sock *)ctx[0])->__sk_common.skc_state;
}

SEC("fentry/tcp_fin")
int on_fin(__u64 *ctx)
{
#ifndef EMPTY
	int from = state(ctx);

	if (from == ESTABLISHED || from == SYN_RECV)
		entered(ctx[0]);
#endif
	return 0;
}

SEC("fentry/tcp_close")
int on_close(__u64 *ctx)
{
#ifndef EMPTY
	if (state(ctx) == CLOSE_WAIT)
		left(ctx[0]);
#endif
	return 0;
}

#elif defined(BY_BTF)

SEC("tp_btf/inet_sock_set_state")
int on_set_state(__u64 *ctx)
{
	return changed(ctx[0], ctx[1], ctx[2]);
}

#else

/* What /sys/kernel/tracing/events/sock/inet_sock_set_state/format says. */
struct set_state {
	__u64 common;
	__u64 sk;
	int oldstate;
	int newstate;
};

SEC("tracepoint/sock/inet_sock_set_state")
int on_set_state(struct set_state *ctx)
{
	return changed(ctx->sk, ctx->oldstate, ctx->newstate);
}

#endif

char _license[] SEC("license") = "GPL";
