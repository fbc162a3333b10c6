// SPDX-License-Identifier: GPL-2.0-only
/*
 * CLOSE_WAIT followed the way of BPF tools: a program on the tracepoint of
 * state changes puts sockets into a hash map, and takes them out again.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

/* Numbers of states: include/net/tcp_states.h, of which BPF sees nothing. */
#define CLOSE_WAIT 8

/* What /sys/kernel/tracing/events/sock/inet_sock_set_state/format says. */
struct set_state {
	__u64 common;
	__u64 sk;
	int oldstate;
	int newstate;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1 << 16);
	__type(key, __u64);
	__type(value, __u64);
} close_wait SEC(".maps");

SEC("tracepoint/sock/inet_sock_set_state")
int on_set_state(struct set_state *ctx)
{
	__u64 sk = ctx->sk, now;

	if (ctx->newstate == CLOSE_WAIT) {
		now = bpf_ktime_get_ns();
		bpf_map_update_elem(&close_wait, &sk, &now, BPF_ANY);
	} else if (ctx->oldstate == CLOSE_WAIT) {
		bpf_map_delete_elem(&close_wait, &sk);
	}
	return 0;
}

char _license[] SEC("license") = "GPL";
