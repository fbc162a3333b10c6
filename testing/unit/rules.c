// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rules, row by row: text to rule, rule to text, and what a rule matches.
 * module/shared/rule.c and its like are compiled into this program from the
 * module's own source. KTAP on stdout; exit 1 if a row is wrong.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../module/shared/rule.h"

#define ROWS(a) (sizeof(a) / sizeof((a)[0]))

#define NAME63 "/23456789012345678901234567890123456789012345678901234567890123"
#define NAME255 NAME63 NAME63 NAME63 NAME63 "/56"
#define PATH1023 NAME255 NAME255 NAME255 NAME255 "/23"

#define DEEP8 "/1/2/3/4/5/6/7/8"
#define DEEP32 DEEP8 DEEP8 DEEP8 DEEP8

#define LONGEST \
	"lport 10000-10001 rport 10000-10001 " \
	"laddr 1111:1111:1111:1111:1111:1111:1111:1110/127 " \
	"raddr 1111:1111:1111:1111:1111:1111:1111:1110/127 " \
	"uid 4294967295 mark 0x7fffffff/0x7fffffff " \
	"cgroup " PATH1023 " close_wait_ms 4294967295 " \
	"orphan_ms 4294967295 fin_wait2_ms 4294967295 " \
	"established_ms 4294967295 action reset"

static unsigned int row, failed;

static void result(bool ok, const char *what, const char *line)
{
	printf("%sok %u rules: %s: %s\n", ok ? "" : "not ", ++row, what, line);
	failed += !ok;
}

/* A copy of exactly @len bytes, for ASan to see what is read beyond. */
static char *tight(const char *line, size_t len)
{
	char *copy = malloc(len ? len : 1);

	if (!copy)
		exit(1);
	memcpy(copy, line, len);
	return copy;
}

static int parse(const char *line, struct tcp_reaper_rule *rule,
		 struct tcp_reaper_rule_error *err)
{
	size_t len = strlen(line);
	char *copy = tight(line, len);
	int is_rule = tcp_reaper_rule_parse(copy, len, rule, err);

	/* Where its path is now. */
	if (is_rule == 1 && rule->cgroup.path)
		rule->cgroup.path = line + (rule->cgroup.path - copy);
	free(copy);
	return is_rule;
}

/* Equal byte by byte, but for where the path is. */
static bool equal(const struct tcp_reaper_rule *a,
		  const struct tcp_reaper_rule *b)
{
	struct tcp_reaper_rule c = *b;

	if (!a->cgroup.path != !c.cgroup.path ||
	    (a->cgroup.path &&
	     (a->cgroup.len != c.cgroup.len ||
	      memcmp(a->cgroup.path, c.cgroup.path, c.cgroup.len))))
		return false;
	c.cgroup.path = a->cgroup.path;
	return !memcmp(a, &c, sizeof(c));
}

/* The text, and how it reads again; NULL: the same. */
static const struct {
	const char *line;
	const char *canonical;
} good[] = {
	{ "lport 80 exempt", NULL },
	{ "rport 1 exempt", NULL },
	{ "lport 65535 exempt", NULL },
	{ "lport 1-65535 exempt", NULL },
	{ "lport 80-80 exempt", "lport 80 exempt" },
	{ "\t lport  80\texempt  ", "lport 80 exempt" },
	{ "lport 80 exempt # lport 81 exempt", "lport 80 exempt" },
	{ "lport 80 exempt#", "lport 80 exempt" },
	{ "lport 80 exempt # hits 17", "lport 80 exempt" },
	{ "rport 2 lport 1 exempt", "lport 1 rport 2 exempt" },
	{ "laddr 192.0.2.1 exempt", NULL },
	{ "laddr 192.0.2.1/32 exempt", "laddr 192.0.2.1 exempt" },
	{ "raddr 10.0.0.0/8 exempt", NULL },
	{ "raddr 0.0.0.0/0 exempt", NULL },
	{ "raddr 255.255.255.255 exempt", NULL },
	{ "raddr 192.0.2.128/25 exempt", NULL },
	{ "laddr 2001:db8::/32 exempt", NULL },
	{ "laddr 2001:DB8:0:0:0:0:0:1 exempt", "laddr 2001:db8::1 exempt" },
	{ "laddr ::/0 exempt", NULL },
	{ "laddr :: exempt", NULL },
	{ "laddr ::1/128 exempt", "laddr ::1 exempt" },
	{ "laddr 1:: exempt", NULL },
	{ "laddr 1:2:3:4:5:6:7:8 exempt", NULL },
	{ "laddr 1:2:3:4:5:6:7:: exempt", "laddr 1:2:3:4:5:6:7:0 exempt" },
	{ "laddr ::2:3:4:5:6:7:8 exempt", "laddr 0:2:3:4:5:6:7:8 exempt" },
	{ "laddr 0001:0:0:4:0:0:0:8 exempt", "laddr 1:0:0:4::8 exempt" },
	{ "laddr 1:0:0:4:5:0:0:8 exempt", "laddr 1::4:5:0:0:8 exempt" },
	{ "laddr ::ffff:192.0.2.1 exempt", "laddr 192.0.2.1 exempt" },
	{ "laddr ::ffff:c000:201 exempt", "laddr 192.0.2.1 exempt" },
	{ "laddr ::ffff:10.0.0.0/104 exempt", "laddr 10.0.0.0/8 exempt" },
	{ "laddr ::ffff:0:0/96 exempt", "laddr 0.0.0.0/0 exempt" },
	{ "laddr ::192.0.2.1 exempt", "laddr ::c000:201 exempt" },
	{ "laddr 1:2:3:4:5:6:192.0.2.1 exempt",
	  "laddr 1:2:3:4:5:6:c000:201 exempt" },
	{ "laddr fe80::/10 exempt", NULL },
	{ "laddr 8000::/1 exempt", NULL },
	{ "uid 0 exempt", NULL },
	{ "uid 4294967295 exempt", NULL },
	{ "mark 0 exempt", "mark 0x0 exempt" },
	{ "mark 4294967295 exempt", "mark 0xffffffff exempt" },
	{ "mark 0X1F exempt", "mark 0x1f exempt" },
	{ "mark 16/0xf0 exempt", "mark 0x10/0xf0 exempt" },
	{ "mark 0x1/4294967295 exempt", "mark 0x1 exempt" },
	{ "mark 0/0 exempt", "mark 0x0/0x0 exempt" },
	{ "mark 0x00000001 exempt", "mark 0x1 exempt" },
	{ "cgroup 18446744073709551615 exempt", NULL },
	{ "cgroup 1 exempt", NULL },
	{ "cgroup / exempt", NULL },
	{ "cgroup /a exempt", NULL },
	{ "cgroup /1 exempt", NULL },
	{ "cgroup /a.slice/b-c\\x2dd@0.service uid 5 exempt",
	  "uid 5 cgroup /a.slice/b-c\\x2dd@0.service exempt" },
	{ "cgroup /..a/...  exempt", "cgroup /..a/... exempt" },
	{ "cgroup /.. exempt", NULL },
	{ "cgroup /../../a exempt", NULL },
	{ "cgroup " DEEP32 " exempt", NULL },
	{ "uid 5 close_wait_ms 0", NULL },
	{ "uid 5 close_wait_ms 4294967295", NULL },
	{ "uid 5 orphan_ms 1", NULL },
	{ "uid 5 fin_wait2_ms 2", NULL },
	{ "uid 5 established_ms 3", NULL },
	{ "uid 5 action reset", NULL },
	{ "uid 5 action fin", NULL },
	{ "uid 5 action fin orphan_ms 1", "uid 5 orphan_ms 1 action fin" },
	{ LONGEST, NULL },
};

static const char *const nothing[] = { "",   " ",   "\t \t", "# lport bad",
				       " #", "#\t#" };

/* The text, the word to blame, and why. */
static const struct {
	const char *line;
	const char *word;
	const char *reason;
} bad[] = {
	{ "lprot 80 exempt", "lprot", "no such word" },
	{ "Lport 80 exempt", "Lport", "no such word" },
	{ "lport 80 exempt\r", "exempt\r", "no such word" },
	{ "lport 80\nexempt", "80\nexempt", "not a port N or range N-M" },
	{ "lport 80 81 exempt", "81", "no such word" },
	{ "lport 80 exempt exempt", "exempt", "given twice" },
	{ "lport 80 lport 80 exempt", "lport", "given twice" },
	{ "uid 1 orphan_ms 1 orphan_ms 1", "orphan_ms", "given twice" },
	{ "uid 1 action fin action fin", "action", "given twice" },
	{ "lport 80 exempt uid 0", "uid", "a match after a verdict" },
	{ "exempt", "exempt", "a verdict without a match before it" },
	{ "orphan_ms 5 lport 1", "orphan_ms",
	  "a verdict without a match before it" },
	{ "uid 1 exempt orphan_ms 5", "orphan_ms",
	  "exempt and another verdict" },
	{ "uid 1 orphan_ms 5 exempt", "exempt", "exempt and another verdict" },
	{ "uid 1 action fin exempt", "exempt", "exempt and another verdict" },
	{ "lport 80", "80", "no verdict after it" },
	{ "lport 80 uid 7 # exempt", "7", "no verdict after it" },
	{ "lport", "lport", "its value is missing" },
	{ "uid 1 action", "action", "its value is missing" },
	{ "uid 1 orphan_ms #5", "orphan_ms", "its value is missing" },
	{ "lport x exempt", "x", "not a port N or range N-M" },
	{ "lport 080 exempt", "080", "not a port N or range N-M" },
	{ "lport 80- exempt", "80-", "not a port N or range N-M" },
	{ "lport -80 exempt", "-80", "not a port N or range N-M" },
	{ "lport - exempt", "-", "not a port N or range N-M" },
	{ "lport 1-2-3 exempt", "1-2-3", "not a port N or range N-M" },
	{ "lport 0 exempt", "0", "not within 1..65535" },
	{ "lport 0-5 exempt", "0-5", "not within 1..65535" },
	{ "rport 1-65536 exempt", "1-65536", "not within 1..65535" },
	{ "rport 99999999999999999999 exempt", "99999999999999999999",
	  "not within 1..65535" },
	{ "lport 81-80 exempt", "81-80", "a range from high to low" },
	{ "laddr 192.0.2 exempt", "192.0.2", "not an address or prefix" },
	{ "laddr 192.0.2.1.1 exempt", "192.0.2.1.1",
	  "not an address or prefix" },
	{ "laddr 192.0.2.256 exempt", "192.0.2.256",
	  "not an address or prefix" },
	{ "laddr 192.0.02.1 exempt", "192.0.02.1", "not an address or prefix" },
	{ "laddr 192.0..1 exempt", "192.0..1", "not an address or prefix" },
	{ "laddr localhost exempt", "localhost", "not an address or prefix" },
	{ "laddr /8 exempt", "/8", "not an address or prefix" },
	{ "laddr fe80::1%lo exempt", "fe80::1%lo", "not an address or prefix" },
	{ "laddr 192.0.2.1/33 exempt", "192.0.2.1/33",
	  "prefix length not within 0..32" },
	{ "laddr 192.0.2.1/ exempt", "192.0.2.1/",
	  "prefix length not within 0..32" },
	{ "laddr 10.0.0.0/08 exempt", "10.0.0.0/08",
	  "prefix length not within 0..32" },
	{ "laddr ::/129 exempt", "::/129", "prefix length not within 0..128" },
	{ "laddr ::/0x1 exempt", "::/0x1", "prefix length not within 0..128" },
	{ "laddr 10.0.0.1/8 exempt", "10.0.0.1/8",
	  "address has bits beyond its prefix length" },
	{ "laddr 0.0.0.1/0 exempt", "0.0.0.1/0",
	  "address has bits beyond its prefix length" },
	{ "raddr 2001:db8::1/32 exempt", "2001:db8::1/32",
	  "address has bits beyond its prefix length" },
	{ "raddr ::ffff:0:0/95 exempt", "::ffff:0:0/95",
	  "address has bits beyond its prefix length" },
	{ "uid -1 exempt", "-1", "not a number in decimal" },
	{ "uid 0x10 exempt", "0x10", "not a number in decimal" },
	{ "uid root exempt", "root", "not a number in decimal" },
	{ "uid 010 exempt", "010", "not a number in decimal" },
	{ "uid 4294967296 exempt", "4294967296", "out of range" },
	{ "uid 18446744073709551616 exempt", "18446744073709551616",
	  "out of range" },
	{ "cgroup a exempt", "a",
	  "neither a path that begins with / nor an id in decimal" },
	{ "cgroup 0x5 exempt", "0x5",
	  "neither a path that begins with / nor an id in decimal" },
	{ "cgroup // exempt", "//",
	  "an empty name, \".\" or \"..\" in a path" },
	{ "cgroup /a/ exempt", "/a/",
	  "an empty name, \".\" or \"..\" in a path" },
	{ "cgroup /a//b exempt", "/a//b",
	  "an empty name, \".\" or \"..\" in a path" },
	{ "cgroup /./a exempt", "/./a",
	  "an empty name, \".\" or \"..\" in a path" },
	{ "cgroup /a/../b exempt", "/a/../b",
	  "an empty name, \".\" or \"..\" in a path" },
	{ "cgroup /a* exempt", "/a*", "no patterns: name the directory above" },
	{ "cgroup " PATH1023 "4 exempt", PATH1023 "4",
	  "a path of more than 1023 bytes" },
	{ "cgroup " DEEP32 "/33 exempt", DEEP32 "/33",
	  "a path of more than 32 directories" },
	{ "cgroup /a cgroup 1 exempt", "cgroup", "given twice" },
	{ "cgroup 18446744073709551616 exempt", "18446744073709551616",
	  "out of range" },
	{ "cgroup 18446744073709551620 exempt", "18446744073709551620",
	  "out of range" },
	{ "cgroup 99999999999999999999 exempt", "99999999999999999999",
	  "out of range" },
	{ "mark x exempt", "x", "not a number in decimal or 0x and hex" },
	{ "mark 0x exempt", "0x", "not a number in decimal or 0x and hex" },
	{ "mark 1f exempt", "1f", "not a number in decimal or 0x and hex" },
	{ "mark 1/ exempt", "1/", "not a number in decimal or 0x and hex" },
	{ "mark 07 exempt", "07", "not a number in decimal or 0x and hex" },
	{ "mark 0x100000000 exempt", "0x100000000", "out of range" },
	{ "mark 1/0x100000000 exempt", "1/0x100000000", "out of range" },
	{ "mark 0x11111111111111111 exempt", "0x11111111111111111",
	  "out of range" },
	{ "mark 2/1 exempt", "2/1",
	  "has bits outside its mask, so it matches nothing" },
	{ "uid 1 orphan_ms 5s", "5s", "not a number in decimal" },
	{ "uid 1 close_wait_ms 4294967296", "4294967296", "out of range" },
	{ "uid 1 action kill", "kill", "neither reset nor fin" },
	{ "uid 1 action reset,fin", "reset,fin", "neither reset nor fin" },
};

/* The same socket, once over each. */
enum {
	V4,
	V6
};

static struct tcp_reaper_flow flows[] = {
	[V4] = { 80, 40000, 1000, 0x12, 77, 0, { 0 }, { 0 } },
	[V6] = { 80, 40000, 1000, 0x12, 77, 0, { 0 }, { 0 } },
};

static const char *const addresses[][2] = {
	[V4] = { "::ffff:192.0.2.1", "::ffff:198.51.100.7" },
	[V6] = { "2001:db8::1", "2001:db8:1::7" },
};

/* A rule's matches, a socket, and whether they hold for it. */
static const struct {
	const char *match;
	int flow;
	bool hit;
} matches[] = {
	{ "lport 80", V4, true },
	{ "lport 81", V4, false },
	{ "lport 79-81", V6, true },
	{ "lport 80-81", V6, true },
	{ "lport 79-80", V6, true },
	{ "lport 1-79", V6, false },
	{ "lport 81-65535", V6, false },
	{ "lport 40000", V6, false },
	{ "rport 40000", V4, true },
	{ "rport 39999", V4, false },
	{ "rport 80", V4, false },
	{ "rport 1-39999", V6, false },
	{ "rport 40000-50000", V6, true },
	{ "uid 1000", V4, true },
	{ "uid 1001", V4, false },
	{ "mark 0x12", V4, true },
	{ "mark 0x11", V4, false },
	{ "mark 0x13", V4, false },
	{ "mark 0x10/0xf0", V4, true },
	{ "mark 0x20/0xf0", V4, false },
	{ "mark 0/0", V4, true },
	{ "cgroup 77", V6, true },
	{ "cgroup 78", V6, false },
	{ "laddr 192.0.2.1", V4, true },
	{ "laddr 192.0.2.2", V4, false },
	{ "laddr 192.0.2.0/24", V4, true },
	{ "laddr 192.0.3.0/24", V4, false },
	{ "laddr 192.0.2.0/31", V4, true },
	{ "laddr 192.0.2.2/31", V4, false },
	{ "laddr 198.51.100.0/24", V4, false },
	{ "laddr 0.0.0.0/0", V4, true },
	{ "laddr 0.0.0.0/0", V6, false },
	{ "laddr ::/0", V6, true },
	{ "laddr ::/0", V4, false },
	{ "laddr ::/80", V4, false },
	{ "laddr ::ffff:0:0/96", V4, true },
	{ "laddr 2001:db8::1", V6, true },
	{ "laddr 2001:db8::2", V6, false },
	{ "laddr 2001:db8::/64", V6, true },
	{ "laddr 2001:db8:0:1::/64", V6, false },
	{ "laddr 2001:db8::/127", V6, true },
	{ "laddr 2001:db8::2/127", V6, false },
	{ "raddr 198.51.100.7", V4, true },
	{ "raddr 198.51.100.0/30", V4, false },
	{ "raddr 0.0.0.0/0", V4, true },
	{ "raddr 0.0.0.0/0", V6, false },
	{ "raddr 2001:db8:1::/48", V6, true },
	{ "raddr 2001:db8:2::/48", V6, false },
	{ "raddr ::/0", V4, false },
	{ "lport 80 rport 40000 laddr 192.0.2.1 raddr 198.51.100.7 uid 1000 mark 18 cgroup 77",
	  V4, true },
	{ "lport 80 rport 40001 laddr 192.0.2.1 raddr 198.51.100.7 uid 1000 mark 18 cgroup 77",
	  V4, false },
	{ "lport 80 uid 0", V4, false },
	{ "lport 80 cgroup 1", V4, false },
	{ "lport 80 raddr 192.0.2.1", V4, false },
};

/* Addresses, and what is none, as the C library has it. */
static const char *const others[] = {
	"::",
	"::1",
	"1::",
	"1::2",
	"1:2:3:4:5:6:7:8",
	"1:2:3:4:5:6:7:8:9",
	"1:2:3:4:5:6:7",
	"1:2:3:4:5:6:7::",
	"::2:3:4:5:6:7:8",
	"1:2:3:4::5:6:7:8",
	"1::2::3",
	":::",
	":",
	"::1:",
	":1",
	"1:",
	"12345::",
	"g::",
	"::1.2.3.4",
	"::1.2.3.4:5",
	"1.2.3.4::",
	"1:2:3:4:5:6:1.2.3.4",
	"1:2:3:4:5:6:7:1.2.3.4",
	"1:2:3:4:5::1.2.3.4",
	"::ffff:1.2.3",
	"::ffff:1.2.3.4.5",
	"::ffff:1.2.3.04",
	"::1.2.3.256",
	"1.2.3.4",
	"1.2.3",
	"0.0.0.0",
	"1.2.3.4.",
	".1.2.3.4",
	"1..3.4",
	"1.2.3.1000",
	"",
};

static void test_good(void)
{
	unsigned int i;

	for (i = 0; i < ROWS(good); i++) {
		const char *want = good[i].canonical ?: good[i].line;
		struct tcp_reaper_rule rule, again;
		struct tcp_reaper_rule_error err;
		char text[TCP_REAPER_RULE_TEXT] = "";
		int is_rule = parse(good[i].line, &rule, &err);
		int len = -1;

		if (is_rule == 1)
			len = tcp_reaper_rule_print(&rule, text, sizeof(text));
		result(len == (int)strlen(text) && !strcmp(text, want) &&
			       parse(text, &again, &err) == 1 &&
			       equal(&rule, &again),
		       "a rule", good[i].line);
		if (strcmp(text, want))
			printf("# reads again as '%s'\n", text);
	}
}

static void test_nothing(void)
{
	struct tcp_reaper_rule_error err;
	struct tcp_reaper_rule rule;
	unsigned int i;

	for (i = 0; i < ROWS(nothing); i++)
		result(parse(nothing[i], &rule, &err) == 0, "no rule",
		       nothing[i]);
}

static void blame(const char *line, size_t len, const char *word,
		  const char *reason)
{
	struct tcp_reaper_rule_error err = { 0 };
	struct tcp_reaper_rule rule;
	char *copy = tight(line, len);
	int is_rule = tcp_reaper_rule_parse(copy, len, &rule, &err);
	bool ok = is_rule == -EINVAL && err.word + err.len <= len &&
		  err.len >= strlen(word) &&
		  !memcmp(copy + err.word, word, err.len) &&
		  !strcmp(err.reason, reason);

	result(ok, "an error", line);
	if (!ok)
		printf("# %d, word %zu+%zu: %s\n", is_rule, err.word, err.len,
		       err.reason ? err.reason : "none");
	free(copy);
}

static void test_bad(void)
{
	unsigned int i;

	for (i = 0; i < ROWS(bad); i++)
		blame(bad[i].line, strlen(bad[i].line), bad[i].word,
		      bad[i].reason);
	/* The length counts, not a NUL. */
	blame("lport 80 exempt", 8, "80", "no verdict after it");
	blame("lport 80\0 exempt", 16, "80\0", "not a port N or range N-M");
}

static void test_match(void)
{
	unsigned int i;
	int v;

	for (v = V4; v <= V6; v++)
		if (inet_pton(AF_INET6, addresses[v][0], flows[v].laddr) != 1 ||
		    inet_pton(AF_INET6, addresses[v][1], flows[v].raddr) != 1)
			exit(1);
	for (i = 0; i < ROWS(matches); i++) {
		struct tcp_reaper_rule_error err;
		struct tcp_reaper_rule rule;
		char line[256];
		char what[32];
		bool hit = !matches[i].hit;

		snprintf(line, sizeof(line), "%s exempt", matches[i].match);
		if (parse(line, &rule, &err) == 1)
			hit = tcp_reaper_rule_match(&rule,
						    &flows[matches[i].flow]);
		snprintf(what, sizeof(what), "%s IPv%d",
			 matches[i].hit ? "hits" : "misses",
			 matches[i].flow == V4 ? 4 : 6);
		result(hit == matches[i].hit, what, matches[i].match);
	}
}

static void test_addresses(void)
{
	unsigned int i;

	for (i = 0; i < ROWS(others); i++) {
		struct tcp_reaper_prefix prefix = { 0 };
		const char *text = others[i];
		size_t len = strlen(text);
		unsigned char want[16] = { [10] = 0xff, [11] = 0xff };
		char *copy = tight(text, len);
		const char *wrong = tcp_reaper_prefix_parse(copy, len, &prefix);
		int valid = strchr(text, ':')
				    ? inet_pton(AF_INET6, text, want)
				    : inet_pton(AF_INET, text, want + 12);

		result(valid == !wrong &&
			       (wrong || !memcmp(want, prefix.addr, 16)),
		       valid ? "an address" : "no address", text);
		free(copy);
	}
}

static void test_room(void)
{
	char text[TCP_REAPER_RULE_TEXT];
	struct tcp_reaper_rule_error err;
	struct tcp_reaper_rule rule;
	size_t len = strlen(LONGEST), size;
	bool ok = parse(LONGEST, &rule, &err) == 1;

	result(len == 294 + TCP_REAPER_PATH_MAX && len < TCP_REAPER_RULE_TEXT,
	       "has room", LONGEST);
	for (size = 1; ok && size <= len; size++) {
		char *tight_text = tight(LONGEST, size);

		ok = tcp_reaper_rule_print(&rule, tight_text, size) ==
			     -ENOSPC &&
		     strlen(tight_text) < size;
		free(tight_text);
	}
	result(ok, "says so", "too little room for it");
	result(tcp_reaper_rule_print(&rule, text, len + 1) == (int)len, "fits",
	       "just enough room for it");
}

int main(void)
{
	printf("TAP version 13\n");
	test_good();
	test_nothing();
	test_bad();
	test_match();
	test_addresses();
	test_room();
	printf("1..%u\n", row);
	return !!failed;
}
