// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hooks that do nothing: what a hook costs before it does anything.
 *
 *	how=set_state	a kprobe on tcp_set_state
 *	how=fin_close	kprobes on tcp_fin and tcp_close
 *	how=ftrace	ftrace's callback on tcp_fin and tcp_close
 *	how=tracepoint	a probe of sock:inet_sock_set_state
 */
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/string.h>
#include <linux/tracepoint.h>
#include <net/sock.h>

#include "ftrace.h"

static char *how = "set_state";
module_param(how, charp, 0444);
MODULE_PARM_DESC(how, "set_state, fin_close, ftrace or tracepoint");

static int nothing(struct kprobe *p, struct pt_regs *regs)
{
	return 0;
}

static void nothing_traced(void *data, const struct sock *sk,
			   const int oldstate, const int newstate)
{
}

static struct kprobe probes[] = {
	{ .symbol_name = "tcp_fin", .pre_handler = nothing },
	{ .symbol_name = "tcp_close", .pre_handler = nothing },
	{ .symbol_name = "tcp_set_state", .pre_handler = nothing },
};

static struct kprobe *installed[ARRAY_SIZE(probes)];
static int nr_installed;
static struct tracepoint *tracepoint;

static void look_for_tracepoint(struct tracepoint *tp, void *unused)
{
	if (!strcmp(tp->name, "inet_sock_set_state"))
		tracepoint = tp;
}

static void notrace nothing_called(unsigned long ip, unsigned long parent_ip,
				   struct ftrace_ops *ops,
				   tcp_reaper_ftrace_regs *regs)
{
}

static struct ftrace_ops ops = {
	.func = nothing_called,
	.flags = TCP_REAPER_FTRACE_FLAGS,
};

static bool called;

static int install_callback(void)
{
	static unsigned char tcp_fin[] = "tcp_fin", tcp_close[] = "tcp_close";
	int err;

	err = ftrace_set_filter(&ops, tcp_fin, strlen(tcp_fin), 1);
	if (!err)
		err = ftrace_set_filter(&ops, tcp_close, strlen(tcp_close), 0);
	if (!err)
		err = register_ftrace_function(&ops);
	if (err)
		tcp_reaper_ftrace_forget(&ops);
	called = !err;
	return err;
}

static int install(int from, int to)
{
	int err;

	for (; from < to; from++)
		installed[nr_installed++] = &probes[from];
	err = register_kprobes(installed, nr_installed);
	if (err)
		nr_installed = 0;
	return err;
}

static int __init empty_hook_init(void)
{
	if (!strcmp(how, "set_state"))
		return install(2, 3);
	if (!strcmp(how, "fin_close"))
		return install(0, 2);
	if (!strcmp(how, "ftrace"))
		return install_callback();
	if (strcmp(how, "tracepoint"))
		return -EINVAL;
	for_each_kernel_tracepoint(look_for_tracepoint, NULL);
	if (!tracepoint)
		return -ENOENT;
	return tracepoint_probe_register(tracepoint, nothing_traced, NULL);
}

static void __exit empty_hook_exit(void)
{
	if (called) {
		unregister_ftrace_function(&ops);
		tcp_reaper_ftrace_forget(&ops);
	}
	if (nr_installed)
		unregister_kprobes(installed, nr_installed);
	if (tracepoint) {
		tracepoint_probe_unregister(tracepoint, nothing_traced, NULL);
		tracepoint_synchronize_unregister();
	}
}

module_init(empty_hook_init);
module_exit(empty_hook_exit);

MODULE_DESCRIPTION("Hooks that do nothing");
MODULE_LICENSE("GPL");
