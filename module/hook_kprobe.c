// SPDX-License-Identifier: GPL-2.0
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
#include "hook_events.h"
#include "hook_ways.h"

static int on_fin(struct kprobe *p, struct pt_regs *regs)
{
	tcp_reaper_on_fin((void *)tcp_reaper_regs_arg(regs, 0));
	return 0;
}

NOKPROBE_SYMBOL(on_fin);

static int on_close(struct kprobe *p, struct pt_regs *regs)
{
	tcp_reaper_on_close((void *)tcp_reaper_regs_arg(regs, 0));
	return 0;
}

NOKPROBE_SYMBOL(on_close);

static int on_set_state(struct kprobe *p, struct pt_regs *regs)
{
	tcp_reaper_on_state((void *)tcp_reaper_regs_arg(regs, 0),
			    (int)tcp_reaper_regs_arg(regs, 1));
	return 0;
}

NOKPROBE_SYMBOL(on_set_state);

/**
 * struct hook_probe - one probe and its state
 * @symbol: the function probed
 * @handler: what runs at its entry
 * @kp: the kernel's side of it, made anew at each installation
 */
struct hook_probe {
	const char *symbol;
	kprobe_pre_handler_t handler;
	struct kprobe kp;
};

static struct hook_probe fin_close[] = {
	{ .symbol = "tcp_fin", .handler = on_fin },
	{ .symbol = "tcp_close", .handler = on_close },
};

static struct hook_probe set_state[] = {
	{ .symbol = "tcp_set_state", .handler = on_set_state },
};

static void remove(struct hook_probe *probes, int nr)
{
	while (nr--)
		unregister_kprobe(&probes[nr].kp);
}

static int install(struct hook_probe *probes, int nr)
{
	int i, err;

	if (IS_ENABLED(CONFIG_KPROBES_ON_FTRACE) &&
	    tcp_reaper_hook_ftrace_off()) {
		pr_warn("hook: no kprobe on %s: ftrace is off\n",
			probes[0].symbol);
		return -EBUSY;
	}
	for (i = 0; i < nr; i++) {
		struct hook_probe *p = &probes[i];

		p->kp = (struct kprobe){
			.symbol_name = p->symbol,
			.pre_handler = p->handler,
		};
		err = register_kprobe(&p->kp);
		if (err) {
			pr_warn("hook: no kprobe on %s: error %d\n", p->symbol,
				err);
			remove(probes, i);
			return err;
		}
	}
	return 0;
}

static unsigned long nmissed(const struct hook_probe *probes, int nr)
{
	unsigned long n = 0;

	while (nr--)
		n += probes[nr].kp.nmissed;
	return n;
}

static int describe(struct hook_probe *probes, int nr, char *buf, size_t size)
{
	int i, n = scnprintf(buf, size, "kprobe ");

	for (i = 0; i < nr; i++)
		n += scnprintf(buf + n, size - n, "%s%s (%s)", i ? ", " : "",
			       probes[i].symbol,
			       tcp_reaper_kprobe_how(&probes[i].kp));
	return n;
}

static int fin_close_install(void)
{
	return install(fin_close, ARRAY_SIZE(fin_close));
}

static void fin_close_remove(void)
{
	remove(fin_close, ARRAY_SIZE(fin_close));
}

static unsigned long fin_close_nmissed(void)
{
	return nmissed(fin_close, ARRAY_SIZE(fin_close));
}

static int fin_close_describe(char *buf, size_t size)
{
	return describe(fin_close, ARRAY_SIZE(fin_close), buf, size);
}

const struct tcp_reaper_hook_way tcp_reaper_hook_fin_close = {
	.word = "tcp_fin",
	.install = fin_close_install,
	.remove = fin_close_remove,
	.nmissed = fin_close_nmissed,
	.describe = fin_close_describe,
};

static int set_state_install(void)
{
	return install(set_state, ARRAY_SIZE(set_state));
}

static void set_state_remove(void)
{
	remove(set_state, ARRAY_SIZE(set_state));
}

static unsigned long set_state_nmissed(void)
{
	return nmissed(set_state, ARRAY_SIZE(set_state));
}

static int set_state_describe(char *buf, size_t size)
{
	return describe(set_state, ARRAY_SIZE(set_state), buf, size);
}

const struct tcp_reaper_hook_way tcp_reaper_hook_set_state = {
	.word = "tcp_set_state",
	.install = set_state_install,
	.remove = set_state_remove,
	.nmissed = set_state_nmissed,
	.describe = set_state_describe,
};
