// SPDX-License-Identifier: GPL-2.0
/*
 * Hooks that do nothing: what a hook costs before it does anything.
 *
 *	how=set_state	a kprobe on tcp_set_state
 *	how=fin_close	kprobes on tcp_fin and tcp_close
 *	how=ftrace	ftrace callbacks on tcp_fin and tcp_close
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

static struct {
	char *symbol;
	struct ftrace_ops ops;
	bool installed;
} callbacks[] = {
	{ "tcp_fin",
	  { .func = nothing_called, .flags = TCP_REAPER_FTRACE_FLAGS } },
	{ "tcp_close",
	  { .func = nothing_called, .flags = TCP_REAPER_FTRACE_FLAGS } },
};

static void remove_callbacks(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(callbacks); i++) {
		if (callbacks[i].installed)
			unregister_ftrace_function(&callbacks[i].ops);
		ftrace_free_filter(&callbacks[i].ops);
	}
}

static int install_callbacks(void)
{
	int i, err = 0;

	for (i = 0; i < ARRAY_SIZE(callbacks) && !err; i++) {
		err = ftrace_set_filter(&callbacks[i].ops, callbacks[i].symbol,
					strlen(callbacks[i].symbol), 1);
		if (!err)
			err = register_ftrace_function(&callbacks[i].ops);
		callbacks[i].installed = !err;
	}
	if (err)
		remove_callbacks();
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
		return install_callbacks();
	if (strcmp(how, "tracepoint"))
		return -EINVAL;
	for_each_kernel_tracepoint(look_for_tracepoint, NULL);
	if (!tracepoint)
		return -ENOENT;
	return tracepoint_probe_register(tracepoint, nothing_traced, NULL);
}

static void __exit empty_hook_exit(void)
{
	remove_callbacks();
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
