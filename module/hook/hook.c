// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hook: what tells us of a transition as it happens. A ladder of ways to
 * hear of it; one that can't be installed, or that does not see what is done to
 * a socket of our own, gives way to the next, down to none, where the census
 * finds everything. That is decided at load, for good.
 */
#include <linux/kernel.h>
#include <linux/mutex.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "hook.h"
#include "ways.h"
#include "witness.h"

static int nothing(const struct tcp_reaper_hook_way *way)
{
	return 0;
}

static void nothing_to_remove(const struct tcp_reaper_hook_way *way)
{
}

static int describe_nothing(const struct tcp_reaper_hook_way *way, char *buf,
			    size_t size)
{
	return scnprintf(buf, size, "none, census only");
}

static const struct tcp_reaper_hook_way none = {
	.word = "none",
	.install = nothing,
	.remove = nothing_to_remove,
	.describe = describe_nothing,
};

/* Best first: what tells most, and at the least cost. */
static const struct tcp_reaper_hook_way *const ladder[] = {
	&tcp_reaper_hook_ftrace,
	&tcp_reaper_hook_fin_close,
	&tcp_reaper_hook_tracepoint,
	&tcp_reaper_hook_set_state,
	&none,
};

#define BOTTOM (ARRAY_SIZE(ladder) - 1)

/* Protects what follows, and whatever the ways keep. */
static DEFINE_MUTEX(hook_lock);
static int wanted = -1; /* a rung asked for at load; -1: the best */
static int rung = BOTTOM;
static bool blind; /* a better one saw nothing */
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
		if (sysfs_streq(word, ladder[i]->word)) {
			wanted = i;
			return 0;
		}
	}
	return -EINVAL;
}

static unsigned long rung_nmissed(void)
{
	const struct tcp_reaper_hook_way *way = ladder[rung];

	return way->nmissed ? way->nmissed(way) : 0;
}

static void step_off(void)
{
	lockdep_assert_held(&hook_lock);
	nmissed_before += rung_nmissed();
	ladder[rung]->remove(ladder[rung]);
	WRITE_ONCE(rung, BOTTOM);
}

const struct sock *tcp_reaper_witness __read_mostly;
bool tcp_reaper_witness_seen;

/* Does the way that is installed see what is done to a socket of our own? */
static bool sees(bool (*show)(const struct sock **witness))
{
	WRITE_ONCE(tcp_reaper_witness_seen, false);
	/* Without a socket to be had, there is nothing to be said against it.
	 */
	if (!show(&tcp_reaper_witness))
		return true;
	return READ_ONCE(tcp_reaper_witness_seen);
}

/**
 * tcp_reaper_hook_install - hook as well as this kernel allows
 * @show: sets the witness to a socket, closes that, and sets it to NULL; false
 *	if it could not
 */
void tcp_reaper_hook_install(bool (*show)(const struct sock **witness))
{
	int to;

	mutex_lock(&hook_lock);
	installed = true;
	for (to = max(wanted, 0); to < BOTTOM; to++) {
		if (ladder[to]->install(ladder[to]))
			continue;
		WRITE_ONCE(rung, to);
		if (sees(show))
			break;
		pr_warn("hook: %s sees nothing on this kernel\n",
			ladder[to]->word);
		step_off();
		blind = true;
	}
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
	return READ_ONCE(rung) != BOTTOM;
}

/**
 * tcp_reaper_hook_missed - did the kernel skip hits since this was asked last
 *
 * Context: process context; does not wait.
 * Return: true if so.
 */
bool tcp_reaper_hook_missed(void)
{
	static unsigned long before;
	unsigned long now;

	/* Whoever has the lock installs or removes it: ask the next time. */
	if (!mutex_trylock(&hook_lock))
		return false;
	now = nmissed_before + rung_nmissed();
	swap(now, before);
	mutex_unlock(&hook_lock);
	return now != before;
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
	int n;

	mutex_lock(&hook_lock);
	n = ladder[rung]->describe(ladder[rung], buf, size);
	n += scnprintf(buf + n, size - n, "; nmissed %lu%s\n",
		       nmissed_before + rung_nmissed(),
		       blind ? "; a better hook was blind" : "");
	mutex_unlock(&hook_lock);
	return n;
}
