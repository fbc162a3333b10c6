// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cheapest hook: ftrace's own callback on tcp_fin and tcp_close, without
 * the kprobe layer in between. One for both: its removal waits until no task
 * can be in its trampoline any more, which takes a second on a busy machine.
 *
 * Nothing guards a callback against another on its CPU: an interrupt's may come
 * in the middle of a task's. tcp_reaper_ring_push() is made for that. It
 * calls nothing that is hooked, so no callback calls itself.
 */
#include <linux/errno.h>
#include <linux/ftrace.h>
#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/printk.h>

#include "compat/ftrace.h"
#include "events.h"
#include "ways.h"

#ifdef TCP_REAPER_FTRACE

/* From a function's address, its call of ftrace is no further than this. */
#define CALL_SITE 64

static unsigned long fin __read_mostly; /* address of tcp_fin */

static void notrace on_entry(unsigned long ip, unsigned long parent_ip,
			     struct ftrace_ops *ops,
			     tcp_reaper_ftrace_regs *regs)
{
	struct tcp_reaper_net *rn;
	struct sock *sk;

	sk = (void *)tcp_reaper_ftrace_arg(regs, 0);
	rn = tcp_reaper_asking(sk);
	if (!rn)
		return;
	if (ip - fin < CALL_SITE)
		tcp_reaper_on_fin(rn, sk);
	else
		tcp_reaper_on_close(rn, sk);
}

NOKPROBE_SYMBOL(on_entry);

static struct ftrace_ops ops = {
	.func = on_entry,
	.flags = TCP_REAPER_FTRACE_FLAGS,
};

/* Kernel symbols are not to be had by name, but for kprobes. */
static int look_up(const char *symbol, unsigned long *address)
{
	struct kprobe kp = {
		.symbol_name = symbol,
		.flags = KPROBE_FLAG_DISABLED,
	};
	int err = register_kprobe(&kp);

	if (err)
		return err;
	*address = (unsigned long)kp.addr;
	unregister_kprobe(&kp);
	return 0;
}

/*
 * By its address, not by its name: any module may have a function of the same
 * name, whose argument is no socket. The call of ftrace is some instructions
 * into the function on some architectures.
 */
static int filter(const char *symbol, unsigned long *address)
{
	unsigned long at;
	int err = look_up(symbol, address);

	if (err)
		return err;
	for (at = *address; at < *address + CALL_SITE; at++) {
		err = ftrace_set_filter_ip(&ops, at, 0, 0);
		if (!err)
			return 0;
	}
	/* There is no such function to be traced. */
	return err;
}

static int add(void)
{
	unsigned long close;
	int err = filter("tcp_fin", &fin);

	if (!err)
		err = filter("tcp_close", &close);
	/* Without a filter, it would be every function there is. */
	if (!err)
		err = register_ftrace_function(&ops);
	if (err)
		tcp_reaper_ftrace_forget(&ops);
	return err;
}

static void take_off(void)
{
	unregister_ftrace_function(&ops);
	tcp_reaper_ftrace_forget(&ops);
}

static void remove(const struct tcp_reaper_hook_way *way)
{
	take_off();
}

static int install(const struct tcp_reaper_hook_way *way)
{
	int err = add();

	if (err)
		pr_warn("hook: no ftrace on tcp_fin and tcp_close: error %d\n",
			err);
	return err;
}

static int describe(const struct tcp_reaper_hook_way *way, char *buf,
		    size_t size)
{
	return scnprintf(buf, size, "ftrace tcp_fin, tcp_close");
}

/**
 * tcp_reaper_hook_ftrace_off - is kernel.ftrace_enabled 0
 *
 * While it is, a kprobe that sits on ftrace is silent; and once removed, leaves
 * marks that the kernel warns of, and ftrace off for good (ftrace_shutdown()).
 *
 * Return: true if so. Only asked while we are not there ourselves.
 */
bool tcp_reaper_hook_ftrace_off(void)
{
	int err = add();

	if (!err)
		take_off();
	return err == -EBUSY;
}

#else

bool tcp_reaper_hook_ftrace_off(void)
{
	return false;
}

static int install(const struct tcp_reaper_hook_way *way)
{
	return -EOPNOTSUPP;
}

static void remove(const struct tcp_reaper_hook_way *way)
{
}

static int describe(const struct tcp_reaper_hook_way *way, char *buf,
		    size_t size)
{
	return 0;
}

#endif

const struct tcp_reaper_hook_way tcp_reaper_hook_ftrace = {
	.word = "ftrace",
	.install = install,
	.remove = remove,
	.describe = describe,
};
