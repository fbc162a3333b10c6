// SPDX-License-Identifier: GPL-2.0-only
/*
 * A trial: values that hold for a time and then go back by themselves, whatever
 * has become of who set them. The same write(2) sets the time and the values,
 * so that none of them is ever in force without its end. The worker that serves
 * the namespace takes them back, in its owner's time.
 */
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>
#include <linux/string.h>

#include "change.h"
#include "knobs.h"
#include "net.h"
#include "shared/number.h"
#include "sock/clock.h"
#include "track/owner.h"
#include "track/round.h"
#include "trial.h"

#define KEEP "keep"

static u32 knob_bit(const struct tcp_reaper_knob *knob)
{
	return BIT(knob->offset / sizeof(u32));
}

/* The knob's path, as in sysfs. */
static bool is_named(const struct tcp_reaper_knob *knob, const char *key)
{
	size_t len = knob->group ? strlen(knob->group) : 0;

	if (!len)
		return !strcmp(key, knob->name);
	return !strncmp(key, knob->group, len) && key[len] == '/' &&
	       !strcmp(key + len + 1, knob->name);
}

/* @word: KEY=VALUE, each key once. */
static int take(struct tcp_reaper_policy *policy, u32 *knobs, char *word)
{
	char *value = strchr(word, '=');
	const struct tcp_reaper_knob *knob;
	unsigned int i;

	if (!value)
		return -EINVAL;
	*value++ = '\0';
	for (i = 0; i < tcp_reaper_nr_knobs; i++) {
		knob = &tcp_reaper_knobs[i];
		if (!is_named(knob, word))
			continue;
		if (*knobs & knob_bit(knob))
			return -EINVAL;
		*knobs |= knob_bit(knob);
		return tcp_reaper_knob_parse(knob, value, strlen(value),
					     (u32 *)((char *)policy +
						     knob->offset));
	}
	return -EINVAL;
}

/**
 * tcp_reaper_trial_write - begin a trial, prolong it or end it, if the current
 * process may
 * @rn: the namespace
 * @text: "MS KEY=VALUE...", or "keep"; written over
 * @len: of @text, which a NUL follows
 *
 * Context: process context, sleeps.
 * Return: 0; -EPERM; -EINVAL for what is neither; -ERANGE; -ENOENT if there is
 * no trial to be kept. An error changes nothing.
 */
int tcp_reaper_trial_write(struct tcp_reaper_net *rn, char *text, size_t len)
{
	struct tcp_reaper_policy policy = {};
	char *word, *rest = text;
	u32 knobs = 0;
	u64 ms;
	int err;

	if (!tcp_reaper_may_change(rn->net))
		return -EPERM;
	if (strlen(text) != len)
		return -EINVAL;
	if (len && text[len - 1] == '\n')
		text[len - 1] = '\0';
	/* A value may end with one, where it is written alone. */
	if (strchr(text, '\n'))
		return -EINVAL;
	if (!strcmp(text, KEEP))
		return tcp_reaper_change_keep(rn);
	word = strsep(&rest, " ");
	err = tcp_reaper_decimal_parse(word, strlen(word),
				       TCP_REAPER_TRIAL_MS_MAX, &ms);
	if (!err && !ms)
		err = -ERANGE;
	while (!err && (word = strsep(&rest, " ")))
		err = take(&policy, &knobs, word);
	if (err || !knobs)
		return err ?: -EINVAL;
	tcp_reaper_change_try(rn, &policy, knobs,
			      tcp_reaper_now() + msecs_to_jiffies(ms));
	return 0;
}

/**
 * tcp_reaper_trial_show - how long it lasts, and what goes back
 * @m: where to; nothing is written if there is no trial
 * @rn: the namespace
 *
 * Context: process context, sleeps.
 */
void tcp_reaper_trial_show(struct seq_file *m, struct tcp_reaper_net *rn)
{
	struct tcp_reaper_policy policy;
	char is[TCP_REAPER_KNOB_TEXT];
	struct tcp_reaper_trial trial;
	const struct tcp_reaper_knob *knob;
	unsigned int i;
	u64 now;

	tcp_reaper_hold(rn, NULL);
	trial = rn->trial;
	policy = rn->policy;
	tcp_reaper_let_go(rn);
	if (!trial.knobs)
		return;
	now = tcp_reaper_now();
	seq_printf(m, "left_ms %llu\n",
		   trial.due > now ? jiffies64_to_msecs(trial.due - now) : 0);
	for (i = 0; i < tcp_reaper_nr_knobs; i++) {
		knob = &tcp_reaper_knobs[i];
		if (!(trial.knobs & knob_bit(knob)))
			continue;
		tcp_reaper_knob_show(&policy, knob, is);
		*strchrnul(is, '\n') = ' ';
		seq_printf(m, "%s%s%s %s", knob->group ?: "",
			   knob->group ? "/" : "", knob->name, is);
		tcp_reaper_knob_show(&trial.was, knob, is);
		seq_puts(m, is);
	}
}

/**
 * tcp_reaper_trial_serve - serve a namespace, after a trial that is over
 * @turn: of the namespace
 * @end: when to stop, by ktime_get_ns()
 *
 * Context: the owner's worker.
 * Return: when it is due again.
 */
u64 tcp_reaper_trial_serve(struct tcp_reaper_turn *turn, u64 end)
{
	struct tcp_reaper_net *rn =
		container_of(turn, struct tcp_reaper_net, turn);
	u64 due;

	if (READ_ONCE(rn->trial.knobs))
		tcp_reaper_change_back(rn);
	due = tcp_reaper_round_serve(rn, end);
	/* One that begins from here on calls for itself. */
	if (!READ_ONCE(rn->trial.knobs))
		return due;
	mutex_lock(&rn->lock);
	if (rn->trial.knobs)
		due = min(due, rn->trial.due);
	mutex_unlock(&rn->lock);
	return due;
}
