// SPDX-License-Identifier: GPL-2.0
/*
 * reaperctl rules: exceptions from the policy, as a list in a file and in the
 * kernel.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "badlines.h"
#include "duration.h"
#include "kfile.h"
#include "mem.h"
#include "output.h"
#include "rulefile.h"
#include "verb.h"
#include "words.h"

#define PROC_RULES PROC_REAPER "/rules"

/* A namespace whose list is to be replaced, and what it had. */
struct change {
	const struct netns *ns;
	struct rulefile old;
};

/* What a reading of the kernel's list needs to know. */
struct reading {
	struct rulefile *rules;
	struct badlines bad;
};

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

static int keep_line(const struct kline *line, void *arg)
{
	struct reading *reading = arg;

	if (line->bad)
		badlines_add(&reading->bad, line, line->bad);
	else
		rulefile_add(reading->rules, line->text);
	return 0;
}

static enum rc keep_old(struct change *change)
{
	struct reading reading = { .rules = &change->old };
	enum rc rc = netns_enter(change->ns);

	if (rc == RC_DONE)
		rc = badlines_report(&reading.bad, PROC_RULES, change->ns,
				     kfile_lines(PROC_RULES, keep_line,
						 &reading));
	return rc;
}

static int write_to(const struct change *change, const struct rulefile *rules)
{
	if (netns_enter(change->ns) != RC_DONE)
		return -ESRCH;
	return kfile_write(PROC_RULES, rules->text ? rules->text : "");
}

static void refused(const struct change *change, int err, size_t stayed)
{
	char label[NETNS_LABEL];
	char outcome[96] = "nothing was changed";
	const char *hint = "try again; dmesg may say more";

	if (err == -EPERM || err == -EACCES)
		hint = "it needs CAP_NET_ADMIN, with netns_admin=N over the initial netns";
	else if (err == -EINVAL || err == -E2BIG)
		hint = "do reaperctl and module have the same version (reaperctl version)?";
	if (stayed)
		snprintf(outcome, sizeof(outcome),
			 "%zu namespaces could not be given their old rules back",
			 stayed);
	output_error("rules: refused in %s: " PROC_RULES ": %s; %s; %s",
		     netns_label(label, change->ns), strerror(-err), outcome,
		     hint);
}

/* In all namespaces, or in none. */
static enum rc replace_all(struct change *changes, size_t n,
			   const struct rulefile *rules)
{
	size_t i, back, stayed = 0;
	enum rc rc;
	int err;

	for (i = 0; i < n; i++) {
		rc = keep_old(&changes[i]);
		if (rc != RC_DONE)
			return rc;
	}
	for (i = 0; i < n; i++) {
		err = write_to(&changes[i], rules);
		if (!err)
			continue;
		for (back = i; back--;)
			stayed +=
				!!write_to(&changes[back], &changes[back].old);
		refused(&changes[i], err, stayed);
		return RC_FAILED;
	}
	return RC_DONE;
}

static enum rc replace(struct call *call, const struct rulefile *rules)
{
	struct change *changes;
	size_t i, n = call->netns.n;
	enum rc rc;

	if (call->netns.unread) {
		output_error("-a: %zu processes do not show their namespace to you; nothing was changed; run it as root",
			     call->netns.unread);
		return RC_FAILED;
	}
	changes = mem_zalloc(n, sizeof(*changes));
	for (i = 0; i < n; i++)
		changes[i].ns = &call->netns.v[i];
	rc = replace_all(changes, n, rules);
	for (i = 0; i < n; i++) {
		rulefile_free(&changes[i].old);
		if (rc != RC_DONE)
			continue;
		output_open(NULL);
		netns_output(changes[i].ns);
		output_u64("rules", rules->n);
		output_close();
	}
	free(changes);
	return rc;
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
	const struct rulefile none = { 0 };

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

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(commands[i].name, name))
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

	if (!c) {
		output_error("rules: %s: neither show, load, check nor clear; see reaperctl rules --help",
			     call->argv[0]);
		return RC_USAGE;
	}
	if (c->args && call->argc <= c->args) {
		output_error("rules: %s: FILE is missing; see reaperctl rules --help",
			     c->name);
		return RC_USAGE;
	}
	if (call->argc > c->args + 1) {
		output_error("rules: %s: %s is one too many; see reaperctl rules --help",
			     c->name, call->argv[c->args + 1]);
		return RC_USAGE;
	}
	return c->run(call);
}

const struct verb verb_rules = {
	.name = "rules",
	.args = "[show|load FILE|check FILE|clear]",
	.what = "exceptions from the policy",
	.help = "Shows the rules of the namespace and how often each decided, replaces them all by\n"
		"those of a file, judges a file without need of a module, or drops all rules.\n"
		"FILE - is standard input. A file with a mistake changes nothing; each is named by\n"
		"line and word. With -a every namespace is changed, or none.\n"
		"A rule is a line; the first that matches a socket decides:\n"
		"  MATCH... VERDICT... [# COMMENT]\n"
		"MATCH, all of them must hold:\n"
		"  lport N[-M], rport N[-M]      local, remote port\n"
		"  laddr PREFIX, raddr PREFIX    local, remote address: 192.0.2.0/24, 2001:db8::/32\n"
		"  uid N                         owner\n"
		"  mark V[/M]                    SO_MARK, under a mask\n"
		"  cgroup PATH|ID                the cgroup the socket was made in, not those below\n"
		"VERDICT:\n"
		"  exempt                        never reaped\n"
		"  close_wait_ms N, orphan_ms N, fin_wait2_ms N, established_ms N\n"
		"                                timeout of a class, in milliseconds; 0 is never\n"
		"  action reset|fin              how it ends\n",
	.min_args = 0,
	.max_args = -1,
	.words = words,
	.offline = offline,
	.run = run,
};
