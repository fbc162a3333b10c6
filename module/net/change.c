// SPDX-License-Identifier: GPL-2.0-only
/*
 * A new value of a knob, or new rules, and what that sets in motion: tracked
 * sockets are looked at anew, transitions are noted or no more, a census finds
 * what was not looked for before.
 */
#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/lockdep.h>
#include <net/net_namespace.h>

#include "change.h"
#include "decide/rules.h"
#include "knobs.h"
#include "net.h"
#include "sock/clock.h"
#include "track/census.h"
#include "track/owner.h"
#include "track/round.h"
#include "track/table.h"
#include "track/trust.h"

/* The classes looked for, a bit each. */
static u32 wanted_classes(struct tcp_reaper_net *rn)
{
	u32 wanted = 0;
	int c;

	for (c = 0; c < TCP_REAPER_NR_CLASSES; c++)
		wanted |= tcp_reaper_wants(rn, c) << c;
	return wanted;
}

/*
 * An idle connection grows old before it is tracked, so the clock has to run
 * wherever one may be looked for.
 */
static bool needs_clock(struct tcp_reaper_net *rn)
{
	return !rn->closing && rn->policy.mode != TCP_REAPER_OFF &&
	       tcp_reaper_wants(rn, TCP_REAPER_ESTABLISHED);
}

/**
 * struct before - what was so before a change
 * @classes: the classes looked for
 * @clock: the clock was needed
 */
struct before {
	u32 classes;
	bool clock;
};

static void lock(struct tcp_reaper_net *rn, struct before *before)
{
	tcp_reaper_hold(rn, NULL);
	before->classes = wanted_classes(rn);
	before->clock = needs_clock(rn);
}

/* Has everything looked at anew, if that was @changed. */
static void unlock(struct tcp_reaper_net *rn, struct before *before,
		   bool changed)
{
	u32 more = wanted_classes(rn) & ~before->classes;
	int clock = needs_clock(rn) - before->clock;
	/* What is no longer tracked: to free it takes its time. */
	struct tcp_reaper_table forgotten = {};

	if (changed && !rn->closing)
		tcp_reaper_round_again(rn, &forgotten);
	/* In the order of the changes, also where this writer then gets no CPU.
	 */
	if (clock)
		tcp_reaper_clock_use(clock);
	tcp_reaper_let_go(rn);
	tcp_reaper_table_free(&forgotten, tcp_reaper_net_share(rn));
	if (more)
		tcp_reaper_census_request();
}

/* A knob has a bit: see struct tcp_reaper_trial. */
static_assert(sizeof(struct tcp_reaper_policy) <= 32 * sizeof(u32));

/**
 * struct written - what came of values that were written
 * @changed: one is another than it was
 * @begins: the mode is no longer off
 */
struct written {
	bool changed;
	bool begins;
};

/* Writes values that were checked, those of @knobs, under the lock. */
static struct written write_knobs(struct tcp_reaper_net *rn,
				  const struct tcp_reaper_policy *policy,
				  u32 knobs)
{
	const u32 *from = (const u32 *)policy;
	u32 *to = (u32 *)&rn->policy;
	u32 mode = rn->policy.mode;
	struct written written = {};
	size_t i;

	for (i = 0; i < sizeof(*policy) / sizeof(u32); i++) {
		if (!(knobs & BIT(i)))
			continue;
		written.changed |= to[i] != from[i];
		WRITE_ONCE(to[i], from[i]);
	}
	if (rn->policy.mode == mode || rn->closing)
		return written;
	written.begins = mode == TCP_REAPER_OFF;
	if (written.begins)
		tcp_reaper_trust_excuse(rn);
	WRITE_ONCE(rn->asks, rn->policy.mode != TCP_REAPER_OFF);
	return written;
}

static void finish(struct tcp_reaper_net *rn, struct before *before,
		   struct written written)
{
	unlock(rn, before, written.changed);
	if (written.begins)
		tcp_reaper_census_request();
}

/* Writes a value that was checked. It is no trial's any more, if it was one. */
static void set(struct tcp_reaper_net *rn, size_t offset, u32 value)
{
	u32 knob = BIT(offset / sizeof(u32));
	struct tcp_reaper_policy policy = {};
	struct written written;
	struct before before;

	*(u32 *)((char *)&policy + offset) = value;
	lock(rn, &before);
	WRITE_ONCE(rn->trial.knobs, rn->trial.knobs & ~knob);
	written = write_knobs(rn, &policy, knob);
	finish(rn, &before, written);
}

/**
 * tcp_reaper_change_try - set values that go back by themselves
 * @rn: the namespace
 * @policy: has the values, which were checked
 * @knobs: which, a bit each: struct tcp_reaper_trial
 * @due: when they go back, by tcp_reaper_now(); those of a trial that goes on
 *	go with them, to what they were before that
 *
 * Context: process context, sleeps.
 */
void tcp_reaper_change_try(struct tcp_reaper_net *rn,
			   const struct tcp_reaper_policy *policy, u32 knobs,
			   u64 due)
{
	const u32 *from = (const u32 *)&rn->policy;
	u32 *was = (u32 *)&rn->trial.was;
	struct written written;
	struct before before;
	size_t i;

	lock(rn, &before);
	for (i = 0; i < sizeof(*policy) / sizeof(u32); i++)
		if (knobs & ~rn->trial.knobs & BIT(i))
			was[i] = from[i];
	WRITE_ONCE(rn->trial.knobs, rn->trial.knobs | knobs);
	rn->trial.due = due;
	written = write_knobs(rn, policy, knobs);
	if (!rn->closing)
		tcp_reaper_owner_call(&rn->turn, due);
	finish(rn, &before, written);
}

/**
 * tcp_reaper_change_keep - the values of a trial stay
 * @rn: the namespace
 *
 * Context: process context, sleeps.
 * Return: 0, or -ENOENT if there is none.
 */
int tcp_reaper_change_keep(struct tcp_reaper_net *rn)
{
	int err;

	tcp_reaper_hold(rn, NULL);
	err = rn->trial.knobs ? 0 : -ENOENT;
	WRITE_ONCE(rn->trial.knobs, 0);
	tcp_reaper_let_go(rn);
	return err;
}

/**
 * tcp_reaper_change_back - the values of a trial go back, if it is over
 * @rn: the namespace
 *
 * Context: the owner's worker, sleeps.
 */
void tcp_reaper_change_back(struct tcp_reaper_net *rn)
{
	struct written written = {};
	struct before before;
	u32 knobs;

	lock(rn, &before);
	knobs = rn->trial.knobs;
	if (!rn->closing && knobs && rn->trial.due <= tcp_reaper_now()) {
		WRITE_ONCE(rn->trial.knobs, 0);
		written = write_knobs(rn, &rn->trial.was, knobs);
	}
	finish(rn, &before, written);
}

/**
 * tcp_reaper_change_knob - change a value, if the current process may
 * @rn: the namespace
 * @knob: which
 * @text: the value
 * @len: of @text
 *
 * Context: process context, sleeps.
 * Return: 0; -EPERM; -ENODEV if the namespace ends already; or as
 * tcp_reaper_knob_parse(). An error changes nothing.
 */
int tcp_reaper_change_knob(struct tcp_reaper_net *rn,
			   const struct tcp_reaper_knob *knob, const char *text,
			   size_t len)
{
	u32 value;
	int err;

	if (!tcp_reaper_may_change(rn->net))
		return -EPERM;
	err = tcp_reaper_knob_parse(knob, text, len, &value);
	if (err)
		return err;
	/*
	 * The end of a namespace waits for who is inside its files, and others
	 * for that. To free what is forgotten takes its time: not in there.
	 */
	if (!maybe_get_net(rn->net))
		return -ENODEV;
	set(rn, knob->offset, value);
	put_net(rn->net);
	return 0;
}

/**
 * tcp_reaper_change_rules - replace a namespace's rules
 * @rn: the namespace
 * @text: the list
 * @len: of @text
 *
 * Context: process context, sleeps.
 * Return: 0; -EPERM; or as tcp_reaper_rules_make(). An error changes
 * nothing.
 */
int tcp_reaper_change_rules(struct tcp_reaper_net *rn, const char *text,
			    size_t len)
{
	struct tcp_reaper_rules *rules;
	struct before before;

	if (!tcp_reaper_may_change(rn->net))
		return -EPERM;
	/* Before the lock: a long list takes its time. */
	rules = tcp_reaper_rules_make(text, len);
	if (IS_ERR(rules))
		return PTR_ERR(rules);
	lock(rn, &before);
	rn->rules_number = rn->rules_number % TCP_REAPER_RULES_NUMBERS + 1;
	rules = tcp_reaper_rules_replace(&rn->rules, rules, rn->rules_number);
	unlock(rn, &before, true);
	tcp_reaper_rules_put(rules);
	return 0;
}

/**
 * tcp_reaper_change_begin - a namespace is ready: its policy begins to hold
 * @rn: the namespace
 */
void tcp_reaper_change_begin(struct tcp_reaper_net *rn)
{
	tcp_reaper_hold(rn, NULL);
	/* A write to the mode may have come first. */
	WRITE_ONCE(rn->asks, rn->policy.mode != TCP_REAPER_OFF);
	tcp_reaper_trust_excuse(rn);
	tcp_reaper_let_go(rn);
}

/**
 * tcp_reaper_change_end - a namespace goes away: nothing is tracked any more
 * @rn: the namespace
 *
 * After RCU passed, no probe handler notes a transition of it.
 */
void tcp_reaper_change_end(struct tcp_reaper_net *rn)
{
	bool clock;

	tcp_reaper_hold(rn, NULL);
	clock = needs_clock(rn);
	WRITE_ONCE(rn->closing, true);
	WRITE_ONCE(rn->asks, false);
	if (clock)
		tcp_reaper_clock_use(-1);
	tcp_reaper_let_go(rn);
}
