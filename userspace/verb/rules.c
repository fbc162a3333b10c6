// SPDX-License-Identifier: GPL-2.0-only
/*
 * reaperctl rules: exceptions from the policy, as a list in a file and in the
 * kernel.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "base/mem.h"
#include "kernel/badlines.h"
#include "kernel/change.h"
#include "kernel/kfile.h"
#include "kernel/paths.h"
#include "policy/applied.h"
#include "policy/rulefile.h"
#include "show/output.h"
#include "show/words.h"
#include "verb/verb.h"

static int show_line(const struct kline *line, void *arg)
{
	struct badlines *bad = arg;
	char *hits = strstr(line->text, " # hits ");
	uint64_t n;

	if (line->bad) {
		badlines_add(bad, line, line->bad);
		return 0;
	}
	output_line("%s", line->text);
	if (!hits || !number_parse(hits + strlen(" # hits "), &n)) {
		badlines_add(bad, line, "has no number of hits");
		return 0;
	}
	*hits = '\0';
	output_open(NULL);
	output_string("rule", line->text);
	output_u64("hits", n);
	output_close();
	return 0;
}

static enum rc show_one(const struct netns *ns, void *arg)
{
	const struct call *call = arg;
	struct badlines bad = { 0 };
	int err;

	netns_heading(&call->netns, ns);
	output_open(NULL);
	netns_output(ns);
	output_open_array("rules");
	err = kfile_lines(PROC_RULES, show_line, &bad);
	output_close();
	output_close();
	return badlines_report(&bad, PROC_RULES, ns, err);
}

static enum rc show(struct call *call)
{
	return netns_each(&call->netns, show_one, call);
}

static enum rc check(struct call *call)
{
	struct rulefile rules = { 0 };
	enum rc rc = rulefile_read(&rules, call->argv[1]);

	if (rc == RC_DONE) {
		output_open(NULL);
		output_u64("rules", rules.n);
		output_close();
		output_line("%zu rules, nothing wrong", rules.n);
	}
	rulefile_free(&rules);
	return rc;
}

static void refused(const struct netns *ns, int err)
{
	char label[NETNS_LABEL];
	const char *hint = change_hint(NULL, err);

	if (err == -EINVAL || err == -E2BIG)
		hint = "do reaperctl and module have the same version (reaperctl version)?";
	output_error("rules: refused in %s: " PROC_RULES
		     ": %s; nothing was changed there; %s",
		     netns_label(label, ns), strerror(-err), hint);
}

/* One write is all of the list or nothing. */
static enum rc replace_one(const struct netns *ns, void *arg)
{
	const struct rulefile *rules = arg;
	int err = kfile_write(PROC_RULES, rules->text ? rules->text : "");

	if (err) {
		refused(ns, err);
		return RC_FAILED;
	}
	output_open(NULL);
	netns_output(ns);
	output_u64("rules", rules->n);
	output_close();
	return RC_DONE;
}

static enum rc replace(struct call *call, struct rulefile *rules)
{
	load_share();
	return netns_each(&call->netns, replace_one, rules);
}

static enum rc load(struct call *call)
{
	struct rulefile rules = { 0 };
	enum rc rc = rulefile_read(&rules, call->argv[1]);

	if (rc == RC_DONE)
		rc = replace(call, &rules);
	else
		output_error("rules: nothing was changed");
	rulefile_free(&rules);
	return rc;
}

static enum rc clear(struct call *call)
{
	struct rulefile none = { 0 };

	return replace(call, &none);
}

static const struct command {
	const char *name;
	const char *what;
	int args;
	bool offline;
	enum rc (*run)(struct call *call);
} commands[] = {
	{ "show", "the rules, and how often each decided", 0, false, show },
	{ "load", "replace them all by those of a file", 1, false, load },
	{ "check", "judge a file", 1, true, check },
	{ "clear", "drop all rules", 0, false, clear },
};

static const struct command *find(const struct call *call)
{
	const char *name = call->argc ? call->argv[0] : "show";
	size_t i;

	/* No two begin with the same letter: one is enough. */
	for (i = 0; *name && i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strncmp(commands[i].name, name, strlen(name)))
			return &commands[i];
	return NULL;
}

/* To judge a file, or to complain of the command line, needs no module. */
static bool offline(const struct call *call)
{
	const struct command *c = find(call);

	return !c || c->offline || call->argc > c->args + 1 ||
	       (c->args && call->argc <= c->args);
}

static void words(int argc, char **argv)
{
	struct call call = { .argc = argc, .argv = argv };
	const struct command *c = find(&call);
	size_t i;

	if (argc == 1 && c && c->args)
		words_files();
	for (i = 0; !argc && i < sizeof(commands) / sizeof(commands[0]); i++)
		words_add(commands[i].name, commands[i].what);
}

static enum rc run(struct call *call)
{
	const struct command *c = find(call);

	if (!c)
		return output_usage("rules",
				    "rules: %s: neither show, load, check nor clear",
				    call->argv[0]);
	if (c->args && call->argc <= c->args)
		return output_usage("rules", "rules: %s: FILE is missing",
				    c->name);
	if (call->argc > c->args + 1)
		return output_usage("rules", "rules: %s: %s is one too many",
				    c->name, call->argv[c->args + 1]);
	return c->run(call);
}

const struct verb verb_rules = {
	.name = "rules",
	.args = "[show|load FILE|check FILE|clear]",
	.what = "exceptions from the policy",
	.help = "Shows the rules of the namespace and how often each decided, replaces them all by\n"
		"those of a file, judges a file without need of a module, or drops all rules.\n"
		"FILE - is standard input. A file with a mistake changes nothing; each is named by\n"
		"line and word. With -a each namespace is changed that can be.\n"
		"A rule is a line; the first that matches a socket decides:\n"
		"  MATCH... VERDICT... [# COMMENT]\n"
		"MATCH, all of them must hold:\n"
		"  lport N[-M], rport N[-M]      local, remote port\n"
		"  laddr PREFIX, raddr PREFIX    local, remote address: 192.0.2.0/24, 2001:db8::/32\n"
		"  uid N|NAME                    owner\n"
		"  mark V[/M]                    SO_MARK, under a mask\n"
		"  cgroup PATH|ID                where the socket was made: there or below; by id, there alone\n"
		"VERDICT:\n"
		"  exempt                        never reaped\n"
		"  close_wait_ms T, orphan_ms T, fin_wait2_ms T, established_ms T\n"
		"                                timeout of a class: 30s, 5m, milliseconds, or never\n"
		"  action reset|fin              how it ends\n",
	.min_args = 0,
	.max_args = -1,
	.words = words,
	.offline = offline,
	.run = run,
};
