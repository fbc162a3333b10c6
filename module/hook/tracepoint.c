// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hook that needs neither kprobes nor ftrace: the tracepoint of state
 * changes, sock:inet_sock_set_state. It isn't exported, but can be looked up.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/printk.h>
#include <linux/string.h>
#include <linux/tracepoint.h>
#include <net/sock.h>

#include "events.h"
#include "ways.h"

#define NAME "inet_sock_set_state"

static struct tracepoint *tracepoint;

/* Those of other protocols come by as well. */
static void notrace on_set_state(void *data, const struct sock *sk,
				 const int oldstate, const int newstate)
{
	struct tcp_reaper_net *rn;

	if (sk->sk_protocol != IPPROTO_TCP || sk->sk_type != SOCK_STREAM)
		return;
	rn = tcp_reaper_asking(sk);
	if (rn)
		tcp_reaper_on_state(rn, (struct sock *)sk, newstate);
}

static void compare(struct tracepoint *tp, void *unused)
{
	if (!strcmp(tp->name, NAME))
		tracepoint = tp;
}

static int install(const struct tcp_reaper_hook_way *way)
{
	int err = -ENOENT;

	/* The kernel's own, so it stays where it is. */
	if (!tracepoint)
		for_each_kernel_tracepoint(compare, NULL);
	if (tracepoint)
		err = tracepoint_probe_register(tracepoint, on_set_state, NULL);
	if (err)
		pr_warn("hook: no probe of tracepoint " NAME ": error %d\n",
			err);
	return err;
}

static void remove(const struct tcp_reaper_hook_way *way)
{
	tracepoint_probe_unregister(tracepoint, on_set_state, NULL);
	tracepoint_synchronize_unregister();
}

static int describe(const struct tcp_reaper_hook_way *way, char *buf,
		    size_t size)
{
	return scnprintf(buf, size, "tracepoint " NAME);
}

const struct tcp_reaper_hook_way tcp_reaper_hook_tracepoint = {
	.word = "tracepoint",
	.install = install,
	.remove = remove,
	.describe = describe,
};
