// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hooks by kprobes, which every kernel that we build for has: on tcp_fin and
 * tcp_close, or on tcp_set_state.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/printk.h>
#include <linux/ptrace.h>

#include "compat/kprobes.h"
#include "events.h"
#include "ways.h"

static int on_fin(struct kprobe *p, struct pt_regs *regs)
{
	struct tcp_reaper_net *rn;
	struct sock *sk;

	sk = (void *)tcp_reaper_regs_arg(regs, 0);
	rn = tcp_reaper_asking(sk);
	if (rn)
		tcp_reaper_on_fin(rn, sk);
	return 0;
}

NOKPROBE_SYMBOL(on_fin);

static int on_close(struct kprobe *p, struct pt_regs *regs)
{
	struct tcp_reaper_net *rn;
	struct sock *sk;

	sk = (void *)tcp_reaper_regs_arg(regs, 0);
	rn = tcp_reaper_asking(sk);
	if (rn)
		tcp_reaper_on_close(rn, sk);
	return 0;
}

NOKPROBE_SYMBOL(on_close);

static int on_set_state(struct kprobe *p, struct pt_regs *regs)
{
	struct tcp_reaper_net *rn;
	struct sock *sk;

	sk = (void *)tcp_reaper_regs_arg(regs, 0);
	rn = tcp_reaper_asking(sk);
	if (rn)
		tcp_reaper_on_state(rn, sk, (int)tcp_reaper_regs_arg(regs, 1));
	return 0;
}

NOKPROBE_SYMBOL(on_set_state);

/**
 * struct tcp_reaper_hook_probe - one probe and its state
 * @symbol: the function probed
 * @handler: what runs at its entry
 * @kp: the kernel's side of it, made anew at each installation
 */
struct tcp_reaper_hook_probe {
	const char *symbol;
	kprobe_pre_handler_t handler;
	struct kprobe kp;
};

static struct tcp_reaper_hook_probe fin_close[] = {
	{ .symbol = "tcp_fin", .handler = on_fin },
	{ .symbol = "tcp_close", .handler = on_close },
	{},
};

static struct tcp_reaper_hook_probe set_state[] = {
	{ .symbol = "tcp_set_state", .handler = on_set_state },
	{},
};

static void remove_until(struct tcp_reaper_hook_probe *p,
			 const struct tcp_reaper_hook_probe *end)
{
	for (; p != end && p->symbol; p++)
		unregister_kprobe(&p->kp);
}

static void remove(const struct tcp_reaper_hook_way *way)
{
	remove_until(way->probes, NULL);
}

static int install(const struct tcp_reaper_hook_way *way)
{
	struct tcp_reaper_hook_probe *p = way->probes;
	int err;

	if (IS_ENABLED(CONFIG_KPROBES_ON_FTRACE) &&
	    tcp_reaper_hook_ftrace_off()) {
		pr_warn("hook: no kprobe on %s: ftrace is off\n", p->symbol);
		return -EBUSY;
	}
	for (; p->symbol; p++) {
		p->kp = (struct kprobe){
			.symbol_name = p->symbol,
			.pre_handler = p->handler,
		};
		err = register_kprobe(&p->kp);
		if (err) {
			pr_warn("hook: no kprobe on %s: error %d\n", p->symbol,
				err);
			remove_until(way->probes, p);
			return err;
		}
	}
	return 0;
}

static unsigned long nmissed(const struct tcp_reaper_hook_way *way)
{
	const struct tcp_reaper_hook_probe *p;
	unsigned long n = 0;

	for (p = way->probes; p->symbol; p++)
		n += READ_ONCE(p->kp.nmissed);
	return n;
}

static int describe(const struct tcp_reaper_hook_way *way, char *buf,
		    size_t size)
{
	struct tcp_reaper_hook_probe *p;
	int n = 0;

	for (p = way->probes; p->symbol; p++)
		n += scnprintf(buf + n, size - n, "%s %s (%s)",
			       n ? "," : "kprobe", p->symbol,
			       tcp_reaper_kprobe_how(&p->kp));
	return n;
}

const struct tcp_reaper_hook_way tcp_reaper_hook_fin_close = {
	.word = "tcp_fin",
	.install = install,
	.remove = remove,
	.nmissed = nmissed,
	.describe = describe,
	.probes = fin_close,
};

const struct tcp_reaper_hook_way tcp_reaper_hook_set_state = {
	.word = "tcp_set_state",
	.install = install,
	.remove = remove,
	.nmissed = nmissed,
	.describe = describe,
	.probes = set_state,
};
