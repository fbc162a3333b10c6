// SPDX-License-Identifier: GPL-2.0-only
/*
 * One rule: from text, to text, and whether it holds for a socket. Pure
 * functions of what they are given; the kernel and the tools share them.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/stddef.h>
#include <linux/string.h>

#include "number.h"
#include "rule.h"

/* Beyond enum tcp_reaper_rule_match_bit: verdicts, to see one given twice. */
enum {
	GIVEN_EXEMPT = 1 << 8,
	GIVEN_ACTION = 1 << 9,
	GIVEN_TIMEOUT = 1 << 10, /* and a bit for each other class */
	GIVEN_MATCHES = GIVEN_EXEMPT - 1,
};

/* Puts one value into @out; says what is wrong with it, or NULL. */
typedef const char *(*value_fn)(const char *text, size_t len, void *out);

static const char *const not_decimal = "not a number in decimal";

static bool same(const char *text, size_t len, const char *word)
{
	return strlen(word) == len && !memcmp(text, word, len);
}

/* What a failure to parse a number means. */
static const char *reason(int err, const char *no_number)
{
	return !err ? NULL : err == -ERANGE ? "out of range" : no_number;
}

static const char *parse_u32(const char *text, size_t len, void *out)
{
	u64 n = 0;
	int err = tcp_reaper_decimal_parse(text, len, ~0U, &n);

	*(u32 *)out = n;
	return reason(err, not_decimal);
}

static const char *parse_cgroup(const char *text, size_t len, void *out)
{
	struct tcp_reaper_rule_cgroup *cgroup = out;
	const char *wrong;

	if (*text != '/')
		return reason(tcp_reaper_decimal_parse(text, len, ~0ULL,
						       &cgroup->id),
			      "neither a path that begins with / nor an id in decimal");
	wrong = tcp_reaper_path_check(text, len);
	if (wrong)
		return wrong;
	cgroup->path = text;
	cgroup->len = len;
	return NULL;
}

static const char *parse_ports(const char *text, size_t len, void *out)
{
	const char *dash = memchr(text, '-', len);
	size_t first_len = dash ? (size_t)(dash - text) : len;
	struct tcp_reaper_ports *ports = out;
	u64 first, last;
	int err;

	err = tcp_reaper_decimal_parse(text, first_len, 65535, &first);
	last = first;
	if (!err && dash)
		err = tcp_reaper_decimal_parse(dash + 1, len - first_len - 1,
					       65535, &last);
	if (err == -EINVAL)
		return "not a port N or range N-M";
	if (err || !first || !last)
		return "not within 1..65535";
	if (first > last)
		return "a range from high to low";
	ports->first = first;
	ports->last = last;
	return NULL;
}

static int parse_mark_word(const char *text, size_t len, u32 *word)
{
	u64 n = 0;
	int err;

	if (len > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
		err = tcp_reaper_hex_parse(text + 2, len - 2, ~0U, &n);
	else
		err = tcp_reaper_decimal_parse(text, len, ~0U, &n);
	*word = n;
	return err;
}

/* Into two u32: the mark and its mask. */
static const char *parse_mark(const char *text, size_t len, void *out)
{
	const char *slash = memchr(text, '/', len);
	size_t mark_len = slash ? (size_t)(slash - text) : len;
	u32 *mark = out, *mask = mark + 1;
	int err;

	*mask = ~0U;
	err = parse_mark_word(text, mark_len, mark);
	if (!err && slash)
		err = parse_mark_word(slash + 1, len - mark_len - 1, mask);
	if (err)
		return reason(err, "not a number in decimal or 0x and hex");
	if (*mark & ~*mask)
		return "has bits outside its mask, so it matches nothing";
	return NULL;
}

static const char *parse_prefix(const char *text, size_t len, void *out)
{
	return tcp_reaper_prefix_parse(text, len, out);
}

static const char *parse_action(const char *text, size_t len, void *out)
{
	u8 *action = out;

	if (same(text, len, "reset"))
		*action = TCP_REAPER_RULE_RESET;
	else if (same(text, len, "fin"))
		*action = TCP_REAPER_RULE_FIN;
	else
		return "neither reset nor fin";
	return NULL;
}

#define RULE(member) offsetof(struct tcp_reaper_rule, member)
#define TIMEOUT(n) \
	GIVEN_TIMEOUT << TCP_REAPER_RULE_##n, parse_u32, \
		RULE(timeout_ms[TCP_REAPER_RULE_##n])

/*
 * All that a rule may hold. In print, too, it comes in this order.
 * @given: its bit
 * @value: takes its value; NULL if it has none
 * @offset: where that goes, in the rule
 */
static const struct keyword {
	const char *word;
	u32 given;
	value_fn value;
	size_t offset;
} keywords[] = {
	{ "lport", TCP_REAPER_MATCH_LPORT, parse_ports, RULE(lport) },
	{ "rport", TCP_REAPER_MATCH_RPORT, parse_ports, RULE(rport) },
	{ "laddr", TCP_REAPER_MATCH_LADDR, parse_prefix, RULE(laddr) },
	{ "raddr", TCP_REAPER_MATCH_RADDR, parse_prefix, RULE(raddr) },
	{ "uid", TCP_REAPER_MATCH_UID, parse_u32, RULE(uid) },
	{ "mark", TCP_REAPER_MATCH_MARK, parse_mark, RULE(mark) },
	{ "cgroup", TCP_REAPER_MATCH_CGROUP, parse_cgroup, RULE(cgroup) },
	{ "exempt", GIVEN_EXEMPT, NULL, 0 },
	{ "close_wait_ms", TIMEOUT(CLOSE_WAIT) },
	{ "orphan_ms", TIMEOUT(ORPHAN) },
	{ "fin_wait2_ms", TIMEOUT(FIN_WAIT2) },
	{ "established_ms", TIMEOUT(ESTABLISHED) },
	{ "action", GIVEN_ACTION, parse_action, RULE(action) },
};

static const struct keyword *find_keyword(const char *text, size_t len)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(keywords); i++)
		if (same(text, len, keywords[i].word))
			return &keywords[i];
	return NULL;
}

/* Why @k, a word that exists, may not come after what was @given. */
static const char *out_of_place(const struct keyword *k, u32 given)
{
	bool verdict = !(k->given & GIVEN_MATCHES);

	if (given & k->given)
		return "given twice";
	if (!verdict && (given & ~GIVEN_MATCHES))
		return "a match after a verdict";
	if (verdict && !(given & GIVEN_MATCHES))
		return "a verdict without a match before it";
	if ((given & GIVEN_EXEMPT) ||
	    (k->given == GIVEN_EXEMPT && (given & ~GIVEN_MATCHES)))
		return "exempt and another verdict";
	return NULL;
}

/**
 * tcp_reaper_rule_word - the next word of a line
 * @line: the line
 * @len: of @line
 * @word: offset of the word before it, and then of this one; 0 at first
 * @word_len: likewise, its length
 *
 * Words are parted by blanks and tabs; a "#" ends the line.
 *
 * Return: false if there is none; @word and @word_len are as before then.
 */
bool tcp_reaper_rule_word(const char *line, size_t len, size_t *word,
			  size_t *word_len)
{
	size_t i = *word + *word_len, start;

	while (i < len && (line[i] == ' ' || line[i] == '\t'))
		i++;
	start = i;
	while (i < len && line[i] != ' ' && line[i] != '\t' && line[i] != '#')
		i++;
	if (i == start)
		return false;
	*word = start;
	*word_len = i - start;
	return true;
}

/**
 * tcp_reaper_rule_parse - a rule from a line of text
 * @line: the line; any bytes
 * @len: of @line; nothing is read beyond
 * @rule: the rule; undefined unless there is one. A path of it is in @line
 * @err: what is wrong; undefined unless something is
 *
 * Context: any.
 * Return: 1 for a rule; 0 if there is nothing but blanks and a comment;
 * -EINVAL.
 */
int tcp_reaper_rule_parse(const char *line, size_t len,
			  struct tcp_reaper_rule *rule,
			  struct tcp_reaper_rule_error *err)
{
	const struct keyword *k;
	u32 given = 0;

	memset(rule, 0, sizeof(*rule));
	memset(err, 0, sizeof(*err));
	while (tcp_reaper_rule_word(line, len, &err->word, &err->len)) {
		k = find_keyword(line + err->word, err->len);
		err->reason = k ? out_of_place(k, given) : "no such word";
		if (err->reason)
			return -EINVAL;
		given |= k->given;
		if (!k->value)
			continue;
		if (!tcp_reaper_rule_word(line, len, &err->word, &err->len)) {
			err->reason = "its value is missing";
			return -EINVAL;
		}
		err->reason = k->value(line + err->word, err->len,
				       (char *)rule + k->offset);
		if (err->reason)
			return -EINVAL;
	}
	if (!given)
		return 0;
	if (!(given & ~GIVEN_MATCHES)) {
		err->reason = "no verdict after it";
		return -EINVAL;
	}
	rule->match = given & GIVEN_MATCHES;
	rule->exempt = given & GIVEN_EXEMPT;
	rule->timeouts = given / GIVEN_TIMEOUT;
	return 1;
}

/* A keyword's value, as text. */
static void print_value(char text[TCP_REAPER_PREFIX_TEXT],
			const struct tcp_reaper_rule *rule,
			const struct keyword *k)
{
	const void *at = (const char *)rule + k->offset;
	const struct tcp_reaper_ports *ports = at;

	if (k->value == parse_prefix)
		tcp_reaper_prefix_print(at, text);
	else if (k->value == parse_ports && ports->first < ports->last)
		sprintf(text, "%u-%u", ports->first, ports->last);
	else if (k->value == parse_ports)
		sprintf(text, "%u", ports->first);
	else if (k->value == parse_mark && rule->mark_mask != ~0U)
		sprintf(text, "0x%x/0x%x", rule->mark, rule->mark_mask);
	else if (k->value == parse_mark)
		sprintf(text, "0x%x", rule->mark);
	else if (k->value == parse_u32)
		sprintf(text, "%u", *(const u32 *)at);
	else if (k->value == parse_cgroup)
		sprintf(text, "%llu", (unsigned long long)rule->cgroup.id);
	else
		strcpy(text,
		       rule->action == TCP_REAPER_RULE_FIN ? "fin" : "reset");
}

/**
 * tcp_reaper_rule_print - a rule as text, which parses to the same rule
 * @rule: a rule that tcp_reaper_rule_parse() made
 * @buf: the text, ended by NUL
 * @size: of @buf, not 0; TCP_REAPER_RULE_TEXT is always enough
 *
 * Context: any.
 * Return: the length of the text; -ENOSPC if it did not fit.
 */
int tcp_reaper_rule_print(const struct tcp_reaper_rule *rule, char *buf,
			  size_t size)
{
	u32 given = rule->match | rule->timeouts * GIVEN_TIMEOUT;
	size_t len = 0;
	unsigned int i;

	if (rule->exempt)
		given |= GIVEN_EXEMPT;
	if (rule->action)
		given |= GIVEN_ACTION;
	*buf = 0;
	for (i = 0; i < ARRAY_SIZE(keywords); i++) {
		const struct keyword *k = &keywords[i];
		char text[TCP_REAPER_PREFIX_TEXT] = "";
		const char *value = text;
		size_t most = sizeof(text);

		if (!(given & k->given))
			continue;
		if (k->value == parse_cgroup && rule->cgroup.path) {
			value = rule->cgroup.path;
			most = rule->cgroup.len;
		} else if (k->value) {
			print_value(text, rule, k);
		}
		len += snprintf(buf + len, size - len, "%s%s%s%.*s",
				len ? " " : "", k->word, *value ? " " : "",
				(int)most, value);
		if (len >= size)
			return -ENOSPC;
	}
	return len;
}

static bool within(const struct tcp_reaper_ports *range, u16 number)
{
	return number >= range->first && number <= range->last;
}

/**
 * tcp_reaper_rule_match - does a rule speak of a socket?
 * @rule: the rule
 * @flow: the socket
 *
 * Context: any.
 * Return: true if all that the rule names is so.
 */
bool tcp_reaper_rule_match(const struct tcp_reaper_rule *rule,
			   const struct tcp_reaper_flow *flow)
{
	u32 match = rule->match;

	if ((match & TCP_REAPER_MATCH_LPORT) &&
	    !within(&rule->lport, flow->lport))
		return false;
	if ((match & TCP_REAPER_MATCH_RPORT) &&
	    !within(&rule->rport, flow->rport))
		return false;
	if ((match & TCP_REAPER_MATCH_UID) && rule->uid != flow->uid)
		return false;
	if ((match & TCP_REAPER_MATCH_MARK) &&
	    (flow->mark & rule->mark_mask) != rule->mark)
		return false;
	if ((match & TCP_REAPER_MATCH_CGROUP) &&
	    (rule->cgroup.path ? !within(&rule->cgroup.dirs, flow->dir)
			       : rule->cgroup.id != flow->cgroup))
		return false;
	if ((match & TCP_REAPER_MATCH_LADDR) &&
	    !tcp_reaper_prefix_covers(&rule->laddr, flow->laddr))
		return false;
	return !(match & TCP_REAPER_MATCH_RADDR) ||
	       tcp_reaper_prefix_covers(&rule->raddr, flow->raddr);
}
