// SPDX-License-Identifier: GPL-2.0
/*
 * The hook: what tells us of a transition as it happens. A ladder of sets of
 * kprobes; a set that can't be installed, or is seen to be blind, gives way to
 * the next, down to none, where the census finds everything.
 */
#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/mutex.h>
#include <linux/ptrace.h>
#include <linux/string.h>
#include <net/sock.h>
#include <net/tcp.h>
#include <net/tcp_states.h>

#include "compat/kprobes.h"
#include "hook.h"
#include "nursery.h"

#define CLOSABLE \
	(TCPF_SYN_RECV | TCPF_ESTABLISHED | TCPF_FIN_WAIT1 | TCPF_FIN_WAIT2 | \
	 TCPF_CLOSE_WAIT | TCPF_CLOSING | TCPF_LAST_ACK)

/*
 * void tcp_fin(struct sock *sk), socket locked: a FIN arrived, and rcv_nxt is
 * past it. Only from these two states does it lead to CLOSE_WAIT.
 */
static int on_fin(struct kprobe *p, struct pt_regs *regs)
{
	struct sock *sk = (void *)tcp_reaper_kprobe_arg(regs, 0);

	if (1 << sk->sk_state & (TCPF_SYN_RECV | TCPF_ESTABLISHED))
		tcp_reaper_nursery_push(sk, TCP_REAPER_CLOSE_WAIT,
					tcp_sk(sk)->rcv_nxt);
	return 0;
}

NOKPROBE_SYMBOL(on_fin);

/*
 * void tcp_close(struct sock *sk, long timeout), not locked yet: the owner lets
 * go. Neither SOCK_DEAD nor the new state is set; the worker will see.
 */
static int on_close(struct kprobe *p, struct pt_regs *regs)
{
	struct sock *sk = (void *)tcp_reaper_kprobe_arg(regs, 0);

	if (1 << READ_ONCE(sk->sk_state) & CLOSABLE)
		tcp_reaper_nursery_push(sk, TCP_REAPER_ORPHAN, 0);
	return 0;
}

NOKPROBE_SYMBOL(on_close);

/*
 * void tcp_set_state(struct sock *sk, int state), socket locked. A close of a
 * socket already in FIN_WAIT2 changes no state, so it is left to the census.
 * close() has shut both sides down by now; shutdown() of the one side leads to
 * the same states, and leaves an owner.
 */
static int on_set_state(struct kprobe *p, struct pt_regs *regs)
{
	struct sock *sk = (void *)tcp_reaper_kprobe_arg(regs, 0);
	int state = 1 << (int)tcp_reaper_kprobe_arg(regs, 1);

	if (state & TCPF_CLOSE_WAIT)
		tcp_reaper_nursery_push(sk, TCP_REAPER_CLOSE_WAIT,
					tcp_sk(sk)->rcv_nxt);
	else if (state & (TCPF_FIN_WAIT1 | TCPF_CLOSING | TCPF_LAST_ACK) &&
		 sk->sk_shutdown == SHUTDOWN_MASK)
		tcp_reaper_nursery_push(sk, TCP_REAPER_ORPHAN, 0);
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

/* Best first. @word is what the module parameter calls the rung. */
static const struct hook_rung {
	const char *word;
	struct hook_probe *probes;
	int nr;
} ladder[] = {
	{ "tcp_fin", fin_close, ARRAY_SIZE(fin_close) },
	{ "tcp_set_state", set_state, ARRAY_SIZE(set_state) },
	{ "none", NULL, 0 },
};

/* Protects what follows, and the probes. */
static DEFINE_MUTEX(hook_lock);
static int wanted = -1; /* a rung asked for at load; -1: the best */
static int rung = ARRAY_SIZE(ladder) - 1;
static bool blind; /* came down because one saw nothing */
static unsigned long nmissed_before; /* of probes removed since */

/* The rung may be asked for before the module is up, never after. */
static bool installed;

/**
 * tcp_reaper_hook_choose - say at load what shall be probed
 * @word: "auto", or a rung's
 *
 * Return: 0; -EINVAL for another word; -EPERM once the module is up.
 */
int tcp_reaper_hook_choose(const char *word)
{
	int i;

	if (installed)
		return -EPERM;
	if (sysfs_streq(word, "auto")) {
		wanted = -1;
		return 0;
	}
	for (i = 0; i < ARRAY_SIZE(ladder); i++) {
		if (sysfs_streq(word, ladder[i].word)) {
			wanted = i;
			return 0;
		}
	}
	return -EINVAL;
}

static unsigned long rung_nmissed(void)
{
	unsigned long n = 0;
	int i;

	for (i = 0; i < ladder[rung].nr; i++)
		n += ladder[rung].probes[i].kp.nmissed;
	return n;
}

static void step_off(void)
{
	const struct hook_rung *r = &ladder[rung];
	int i;

	lockdep_assert_held(&hook_lock);
	nmissed_before += rung_nmissed();
	for (i = 0; i < r->nr; i++)
		unregister_kprobe(&r->probes[i].kp);
	rung = ARRAY_SIZE(ladder) - 1;
}

static bool step_on(int to)
{
	const struct hook_rung *r = &ladder[to];
	int i, err;

	lockdep_assert_held(&hook_lock);
	for (i = 0; i < r->nr; i++) {
		struct hook_probe *p = &r->probes[i];

		p->kp = (struct kprobe){
			.symbol_name = p->symbol,
			.pre_handler = p->handler,
		};
		err = register_kprobe(&p->kp);
		if (err) {
			pr_warn("hook: no kprobe on %s: error %d\n", p->symbol,
				err);
			while (i--)
				unregister_kprobe(&r->probes[i].kp);
			return false;
		}
	}
	rung = to;
	return true;
}

static void step_on_from(int to)
{
	while (!step_on(to))
		to++;
}

/** tcp_reaper_hook_install - hook as well as this kernel allows */
void tcp_reaper_hook_install(void)
{
	mutex_lock(&hook_lock);
	installed = true;
	step_on_from(wanted < 0 ? 0 : wanted);
	mutex_unlock(&hook_lock);
}

/**
 * tcp_reaper_hook_remove - no handler runs any more when this returns
 *
 * Context: process context, sleeps.
 */
void tcp_reaper_hook_remove(void)
{
	mutex_lock(&hook_lock);
	step_off();
	mutex_unlock(&hook_lock);
}

/**
 * tcp_reaper_hook_present - is there a hook at all
 *
 * Return: false if only the census finds anything.
 */
bool tcp_reaper_hook_present(void)
{
	return ladder[READ_ONCE(rung)].nr;
}

/**
 * tcp_reaper_hook_blind - the hook in place was seen to see nothing
 *
 * On an IBT kernel of 5.18 to 6.14 an ftrace-based probe may never fire, and
 * /sys/kernel/debug/kprobes/enabled may be 0.
 *
 * Context: process context, sleeps.
 */
void tcp_reaper_hook_blind(void)
{
	int from;

	mutex_lock(&hook_lock);
	from = rung;
	if (ladder[from].nr) {
		pr_warn("hook: %s is blind, trying %s\n", ladder[from].word,
			ladder[from + 1].word);
		step_off();
		blind = true;
		step_on_from(from + 1);
	}
	mutex_unlock(&hook_lock);
}

/**
 * tcp_reaper_hook_nmissed - hits that the kernel skipped
 *
 * Return: a count since load, of removed probes too.
 */
unsigned long tcp_reaper_hook_nmissed(void)
{
	unsigned long n;

	mutex_lock(&hook_lock);
	n = nmissed_before + rung_nmissed();
	mutex_unlock(&hook_lock);
	return n;
}

/**
 * tcp_reaper_hook_describe - what is probed, and how
 * @buf: where to
 * @size: of it
 *
 * As in "kprobe tcp_fin (ftrace), tcp_close (ftrace); nmissed 0".
 *
 * Return: length without the NUL.
 */
int tcp_reaper_hook_describe(char *buf, size_t size)
{
	const struct hook_rung *r;
	int i, n = 0;

	mutex_lock(&hook_lock);
	r = &ladder[rung];
	n += scnprintf(buf + n, size - n,
		       r->nr ? "kprobe " : "none, census only");
	for (i = 0; i < r->nr; i++)
		n += scnprintf(buf + n, size - n, "%s%s (%s)", i ? ", " : "",
			       r->probes[i].symbol,
			       tcp_reaper_kprobe_how(&r->probes[i].kp));
	n += scnprintf(buf + n, size - n, "; nmissed %lu%s\n",
		       nmissed_before + rung_nmissed(),
		       blind ? "; a better hook was blind" : "");
	mutex_unlock(&hook_lock);
	return n;
}
