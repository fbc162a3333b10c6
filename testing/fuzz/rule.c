// SPDX-License-Identifier: GPL-2.0-only
/*
 * The parser of rules on any bytes, a line at a time, as a write to
 * /proc/net/reaper/rules would have it. Beyond what the sanitizers see:
 * an error names a word of the line; a rule prints to text that parses to the
 * same rule; a prefix is one if the C library says so; a socket made to fit a
 * rule is matched, and whatever comes next in the input is a socket to try.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../module/shared/rule.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool so, const char *what)
{
	if (so)
		return;
	fprintf(stderr, "broken: %s\n", what);
	abort();
}

static bool has_word(const char *line, size_t len,
		     const struct tcp_reaper_rule_error *err)
{
	size_t word = 0, word_len = 0;

	while (tcp_reaper_rule_word(line, len, &word, &word_len))
		if (word == err->word && word_len == err->len)
			return true;
	return false;
}

static void test_print(const struct tcp_reaper_rule *rule)
{
	char text[TCP_REAPER_RULE_TEXT], again[TCP_REAPER_RULE_TEXT];
	struct tcp_reaper_rule_error err;
	struct tcp_reaper_rule same;
	int len = tcp_reaper_rule_print(rule, text, sizeof(text));

	must(len > 0 && text[len] == 0, "a rule can be printed");
	must(tcp_reaper_rule_parse(text, len, &same, &err) == 1,
	     "what is printed can be parsed");
	must(!same.cgroup.path == !rule->cgroup.path &&
		     (!same.cgroup.path ||
		      (same.cgroup.len == rule->cgroup.len &&
		       !memcmp(same.cgroup.path, rule->cgroup.path,
			       same.cgroup.len))),
	     "and names the same cgroup");
	same.cgroup.path = rule->cgroup.path;
	must(!memcmp(rule, &same, sizeof(same)), "and is the same rule");
	same.cgroup.path = same.cgroup.path ? strstr(text, " /") + 1 : NULL;
	must(tcp_reaper_rule_print(&same, again, sizeof(again)) == len &&
		     !strcmp(text, again),
	     "which prints the same");
	must(tcp_reaper_rule_print(rule, again, len) == -ENOSPC,
	     "too little room is noticed");
}

static void test_match(const struct tcp_reaper_rule *rule, const char *rest,
		       size_t len)
{
	struct tcp_reaper_flow flow = {
		.lport = rule->lport.last,
		.rport = rule->rport.first,
		.uid = rule->uid,
		.mark = rule->mark | ~rule->mark_mask,
		.cgroup = rule->cgroup.id,
		.dir = rule->cgroup.dirs.last,
	};

	memcpy(flow.laddr, rule->laddr.addr, sizeof(flow.laddr));
	memcpy(flow.raddr, rule->raddr.addr, sizeof(flow.raddr));
	must(tcp_reaper_rule_match(rule, &flow), "a rule matches its own");
	if (rule->match & TCP_REAPER_MATCH_UID) {
		flow.uid++;
		must(!tcp_reaper_rule_match(rule, &flow), "and not another");
	}
	memcpy(&flow, rest, len < sizeof(flow) ? len : sizeof(flow));
	tcp_reaper_rule_match(rule, &flow);
}

/* Both ways to write an address, against the C library's. */
static void test_address(const char *text, size_t len)
{
	struct tcp_reaper_prefix prefix = { 0 };
	unsigned char want[16] = { [10] = 0xff, [11] = 0xff };
	char string[64];
	bool is_address;

	if (len >= sizeof(string) || memchr(text, 0, len) ||
	    memchr(text, '/', len))
		return;
	memcpy(string, text, len);
	string[len] = 0;
	is_address = strchr(string, ':')
			     ? inet_pton(AF_INET6, string, want) == 1
			     : inet_pton(AF_INET, string, want + 12) == 1;
	must(is_address == !tcp_reaper_prefix_parse(text, len, &prefix),
	     "an address is what the C library says is one");
	must(!is_address || !memcmp(prefix.addr, want, sizeof(want)),
	     "and is the same");
}

/* From the top and back, wherever its writer is. */
static void test_path(const struct tcp_reaper_rule_cgroup *cgroup)
{
	char top[TCP_REAPER_PATH_MAX + 1], again[TCP_REAPER_PATH_MAX + 1];
	char seen[TCP_REAPER_PATH_TEXT];
	int len = tcp_reaper_path_absolute("/a/b", cgroup->path, cgroup->len,
					   top);
	size_t seen_len;

	if (len < 0)
		return;
	must(len == (int)strlen(top), "a path is as long as it says");
	seen_len = tcp_reaper_path_relative("/a/b", top, len, seen);
	must(seen_len == strlen(seen), "and as it is seen");
	must(tcp_reaper_path_absolute("/a/b", seen, seen_len, again) == len &&
		     !strcmp(top, again),
	     "what is read can be written again");
}

static void test_line(const char *line, size_t len, const char *rest,
		      size_t rest_len)
{
	size_t word = 0, word_len = 0;
	struct tcp_reaper_rule_error err;
	struct tcp_reaper_rule rule;
	int is_rule = tcp_reaper_rule_parse(line, len, &rule, &err);

	if (is_rule == 1) {
		must(rule.match, "a rule has a match");
		test_print(&rule);
		test_match(&rule, rest, rest_len);
		if (rule.cgroup.path)
			test_path(&rule.cgroup);
	} else if (is_rule) {
		must(is_rule == -EINVAL && err.reason, "an error has a reason");
		must(has_word(line, len, &err), "an error has a word");
	} else {
		must(!tcp_reaper_rule_word(line, len, &word, &word_len),
		     "no rule is lost");
	}
	while (tcp_reaper_rule_word(line, len, &word, &word_len))
		test_address(line + word, word_len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data, *end = text + size;

	while (text < end) {
		const char *eol = memchr(text, '\n', end - text);
		size_t len = eol ? (size_t)(eol - text) : (size_t)(end - text);
		size_t rest = eol ? end - eol - 1 : 0;
		/* A copy, for ASan to see what is read beyond the line. */
		char *line = malloc(len ? len : 1);

		if (!line)
			abort();
		memcpy(line, text, len);
		test_line(line, len, eol ? eol + 1 : end, rest);
		free(line);
		text = eol ? eol + 1 : end;
	}
	return 0;
}
