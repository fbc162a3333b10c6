// SPDX-License-Identifier: GPL-2.0-only
/*
 * reaperctl get: the settings in force.
 */
#include "kernel/knobs.h"
#include "show/output.h"
#include "show/words.h"
#include "verb/verb.h"

static enum rc show(const struct netns *ns, const struct knob *knob, bool bare)
{
	char value[KNOB_VALUE];
	int err = knob_read(knob, value);

	if (err) {
		knob_unreadable(knob, ns, err);
		return RC_FAILED;
	}
	output_auto(knob->key, value);
	if (bare)
		output_line("%s", value);
	else
		output_line("%s = %s", knob->key, value);
	return RC_DONE;
}

static enum rc get(const struct netns *ns, void *arg)
{
	const struct call *call = arg;
	const char *key = call->argc ? call->argv[0] : NULL;
	struct knobs knobs = { 0 };
	const struct knob *knob;
	char label[NETNS_LABEL];
	char hint[KNOB_HINT];
	enum rc rc;
	size_t i;

	rc = knobs_find(&knobs, ns);
	if (rc != RC_DONE)
		goto out;
	knob = key ? knobs_get(&knobs, key) : NULL;
	if (key && !knob) {
		output_error("%s: no such setting in %s; %s", key,
			     netns_label(label, ns),
			     knobs_hint(hint, &knobs, key));
		rc = RC_FAILED;
		goto out;
	}
	netns_heading(&call->netns, ns);
	output_open(NULL);
	netns_output(ns);
	output_open("knobs");
	if (knob)
		rc = show(ns, knob, true);
	for (i = 0; !knob && i < knobs.n; i++)
		rc = rc_first(rc, show(ns, &knobs.v[i], false));
	output_close();
	output_close();
out:
	knobs_free(&knobs);
	return rc;
}

static enum rc run(struct call *call)
{
	return netns_each(&call->netns, get, call);
}

static void words(int argc, char **argv)
{
	(void)argv;
	if (!argc)
		knobs_words();
}

const struct verb verb_get = {
	.name = "get",
	.args = "[KEY]",
	.what = "settings of the namespace, or the value of one",
	.help = "Without KEY: a line \"KEY = VALUE\" for each setting. With KEY: the bare value.\n"
		"KEY is the path below /sys/class/tcp_reaper/self, with '/' or '.':\n"
		"  reaperctl get close_wait.timeout_ms\n"
		"Times are in milliseconds; 0 is never.\n",
	.max_args = 1,
	.words = words,
	.run = run,
};
