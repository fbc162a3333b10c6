// SPDX-License-Identifier: GPL-2.0-only
/*
 * What tcp_reaper does meanwhile about sockets of a kind, or would do, and by
 * which settings. A setting that would lose data is not proposed, only what it
 * would do is said.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "base/text.h"
#include "draw/found.h"
#include "kernel/sockdiag.h"
#include "show/output.h"

/* To be proposed where a class is switched off. */
#define TIMEOUT_PROPOSED "10m"
#define IDLE_PROPOSED "2h"

/* What is to be told in one paragraph. */
struct telling {
	const struct netns *ns;
	const struct knobs *knobs;
	const struct finding *finding;
	const struct sock *sock;
	enum cause cause;
	bool enforces;
	bool has_timeout; /* one of those that no rule exempts */
	char after[2 * DURATION_TEXT + 32];
};

static bool knob_is(const struct knobs *knobs, const char *key,
		    const char *value)
{
	const struct knob *knob = knobs_get(knobs, key);
	char now[KNOB_VALUE];

	return knob && !knob_read(knob, now) && !strcmp(now, value);
}

/* Of the class, whatever the rules say. Return: false if it is not known. */
static bool class_value(const struct telling *t, const char *name,
			char value[KNOB_VALUE])
{
	char key[KNOB_NAME];
	const struct knob *knob;

	snprintf(key, sizeof(key), "%.20s.%s", t->sock->class, name);
	knob = knobs_get(t->knobs, key);
	return knob && !knob_read(knob, value);
}

static uint64_t class_timeout(const struct telling *t)
{
	char value[KNOB_VALUE];
	uint64_t ms;

	return class_value(t, "timeout_ms", value) && number_parse(value, &ms)
		       ? ms
		       : 0;
}

/* An older module does not say what a rule gives: take the class's. */
static void find_timeout(struct telling *t)
{
	uint64_t class_ms = class_timeout(t);
	bool told = t->sock->timeout_ms != UINT64_MAX;
	uint64_t min = told ? t->finding->timeout_min : class_ms;
	uint64_t max = told ? t->finding->timeout_max : class_ms;
	char low[DURATION_TEXT];
	char high[DURATION_TEXT];
	const char *rule = min == class_ms && max == class_ms ? ""
							      : ", by a rule";

	t->has_timeout = max;
	if (min == max)
		snprintf(t->after, sizeof(t->after), "%s without progress%s",
			 duration_exact(low, min), rule);
	else
		snprintf(t->after, sizeof(t->after),
			 "%s to %s without progress%s",
			 duration_exact(low, min), duration_exact(high, max),
			 rule);
}

static const char *action_of(const struct telling *t, char value[KNOB_VALUE])
{
	if (*t->sock->action)
		return t->sock->action;
	return class_value(t, "action", value) ? value : "reset";
}

/* What becomes of each once its time is up. */
static const char *does(const struct telling *t)
{
	char value[KNOB_VALUE];
	const char *action = action_of(t, value);

	if (!strcmp(action, "probe"))
		return "probes each, which ends those whose peer does not answer,";
	if (!strcmp(action, "probing"))
		return "has the peer of each asked, and ends those whose peer does not answer,";
	if (!strcmp(action, "fin"))
		return "ends each with a FIN";
	return "ends each";
}

static bool only_asks(const struct telling *t)
{
	char value[KNOB_VALUE];

	return !strncmp(action_of(t, value), "prob", 4);
}

/* What would be lost if they were ended, or NULL. */
static const char *loses(const struct telling *t, char text[TEXT])
{
	const struct finding *finding = t->finding;
	bool ended = !strcmp(t->sock->state, "CLOSE_WAIT");
	uint64_t unread = finding->rxq > ended ? finding->rxq - ended : 0;

	*text = '\0';
	if (only_asks(t))
		return NULL;
	/* Of an orphan the FIN is in the queue, too, and what came is nobody's.
	 */
	if (t->cause == CAUSE_ORPHAN && finding->txq > 1)
		text_add(text,
			 "up to %" PRIu64
			 " bytes of each, not yet sent or acknowledged",
			 finding->txq);
	else if (t->cause == CAUSE_ORPHAN)
		return NULL;
	else if (unread)
		text_add(text, "up to %" PRIu64 " bytes of each, not yet read",
			 unread);
	else if (finding->txq)
		text_add(text,
			 "up to %" PRIu64
			 " bytes of each, not yet sent or acknowledged",
			 finding->txq);
	else if (causes[t->cause].well || t->cause == CAUSE_WRITE_ONLY)
		text_add(text, "what still moves");
	return *text ? text : NULL;
}

static void add_setting(char text[TEXT], const struct telling *t,
			const char *key, const char *value)
{
	if (knobs_get(t->knobs, key) && !knob_is(t->knobs, key, value))
		text_add(text, " %s=%s", key, value);
}

static void show_enforced(const struct telling *t, const char *lost)
{
	output_null("setting");
	output_line("    until  then tcp_reaper %s after %s%s", does(t),
		    t->after,
		    t->finding->example->owner.kind <= OWNER_INHERITED
			    ? "; its descriptor stays"
			    : "");
	if (lost)
		output_line("           that loses %s", lost);
	if (lost && !strcmp(t->sock->class, "close_wait") &&
	    t->finding->rxq > 1)
		output_line("           close_wait.spare_unread=%s",
			    knob_is(t->knobs, "close_wait.spare_unread", "1")
				    ? "1 is set, and lets them alone"
				    : "1 would let them alone");
}

static void show_command(const struct telling *t, const char *settings)
{
	char name[TEXT];

	output_string("setting", settings + 1);
	if (t->ns->name[0])
		output_line("    until  then: reaperctl -n %s set%s",
			    text_word(name, t->ns->name, "NAME"), settings);
	else if (t->ns->pid && !t->ns->initial)
		output_line("    until  then: reaperctl -p %d set%s",
			    (int)t->ns->pid, settings);
	else
		output_line("    until  then: reaperctl set%s", settings);
}

/* Its peer lives, and is held back: what is queued may get there yet. */
static bool held_back(const struct telling *t)
{
	struct sockdiag facts;

	return t->sock->txq && sockdiag_read(&facts, t->sock) && !facts.window;
}

static void show_proposed(struct telling *t, const char *lost)
{
	char settings[TEXT] = "";
	char key[KNOB_NAME];

	/* The peers of most orphans are gone, and what was queued with them. */
	if (lost && (t->cause != CAUSE_ORPHAN || held_back(t))) {
		output_null("setting");
		output_line("    until  then: no setting, as to end them loses %s",
			    lost);
		return;
	}
	if (!t->has_timeout) {
		const char *proposed = strcmp(t->sock->class, "established")
					       ? TIMEOUT_PROPOSED
					       : IDLE_PROPOSED;

		snprintf(key, sizeof(key), "%.20s.timeout_ms", t->sock->class);
		text_add(settings, " %s=%s", key, proposed);
		snprintf(t->after, sizeof(t->after), "%s without progress",
			 proposed);
	}
	add_setting(settings, t, "mode", "enforce");
	show_command(t, settings);
	output_line("           %s after %s%s", does(t), t->after,
		    t->finding->example->owner.kind <= OWNER_INHERITED
			    ? "; its descriptor stays"
			    : "");
	if (lost)
		output_line("           that loses %s", lost);
}

/**
 * setting_show() - what tcp_reaper does or would do
 * @ns: the namespace
 * @knobs: its settings
 * @finding: the sockets
 * @cause: why they linger
 */
void setting_show(const struct netns *ns, const struct knobs *knobs,
		  const struct finding *finding, enum cause cause)
{
	struct telling t = {
		.ns = ns,
		.knobs = knobs,
		.finding = finding,
		.sock = finding->example->sock,
		.cause = cause,
		.enforces = knob_is(knobs, "mode", "enforce"),
	};
	const char *lost;
	char text[TEXT];

	if (finding->exempt) {
		output_u64("exempt", finding->exempt);
		output_line("    rules  %zu of them are exempt: tcp_reaper lets them alone",
			    finding->exempt);
	}
	if (finding->exempt == finding->sockets || cause == CAUSE_KERNEL ||
	    cause == CAUSE_PROBED)
		return;
	find_timeout(&t);
	if (!t.has_timeout && class_timeout(&t)) {
		output_line(
			"    until  a rule gives them no time-out: tcp_reaper lets them alone");
		return;
	}
	lost = loses(&t, text);
	if (t.enforces && t.has_timeout)
		show_enforced(&t, lost);
	else if (!causes[cause].well)
		show_proposed(&t, lost);
}
