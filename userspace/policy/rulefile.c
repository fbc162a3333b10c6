// SPDX-License-Identifier: GPL-2.0-only
/*
 * A file of rules, judged by the module's own parser. A cgroup's path may be
 * given with the mount in front here, as it is seen in a shell.
 */
#include <errno.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../module/shared/rule.h"
#include "base/duration.h"
#include "base/mem.h"
#include "kernel/cgroup.h"
#include "kernel/kfile.h"
#include "kernel/knobs.h"
#include "kernel/paths.h"
#include "policy/rulefile.h"
#include "policy/textfile.h"
#include "show/output.h"

/* A line that is being judged, and a word of it; and whether it is said that
 * there is no such cgroup now, as there may be none yet when the machine boots.
 */
struct line {
	const char *file;
	unsigned long no;
	const char *text;
	size_t len;
	size_t word;
	size_t word_len;
	bool at_hand;
};

/**
 * rulefile_add() - add a line
 * @rules: the rules so far, zeroed at first
 * @line: one rule, without newline
 */
void rulefile_add(struct rulefile *rules, const char *line)
{
	size_t len = strlen(line);

	while (rules->cap < rules->len + len + 2)
		rules->text = mem_grow(rules->text, rules->cap, &rules->cap, 1);
	if (rules->n++)
		rules->text[rules->len++] = '\n';
	memcpy(rules->text + rules->len, line, len + 1);
	rules->len += len;
}

/**
 * rulefile_free() - let go of what rulefile_read() or rulefile_add() made
 * @rules: the rules
 */
void rulefile_free(struct rulefile *rules)
{
	free(rules->text);
	memset(rules, 0, sizeof(*rules));
}

/* Blames the word the line stands at. */
static bool wrong(const struct line *line, const char *why)
{
	output_error("%s:%lu: word '%.*s': %s", line->file, line->no,
		     (int)line->word_len, line->text + line->word, why);
	return false;
}

static bool next_word(struct line *line)
{
	return tcp_reaper_rule_word(line->text, line->len, &line->word,
				    &line->word_len);
}

static bool is_word(const struct line *line, const char *word)
{
	return line->word_len == strlen(word) &&
	       !memcmp(line->text + line->word, word, line->word_len);
}

/* Digits are the number itself. */
static bool is_no_number(const struct line *line)
{
	size_t i;

	for (i = 0; i < line->word_len; i++) {
		char c = line->text[line->word + i];

		if (c < '0' || c > '9')
			return true;
	}
	return false;
}

/* A user's name does not, so it is a number gone wrong. */
static bool begins_with_digit(const struct line *line)
{
	return line->text[line->word] >= '0' && line->text[line->word] <= '9';
}

typedef const char *(*number_fn)(const struct rulefile *rules,
				 const struct line *line, uint64_t *number);

/* The user's name at hand is that of the machine that will run it. */
static const char *uid_number(const struct rulefile *rules,
			      const struct line *line, uint64_t *number)
{
	const struct passwd *user;
	char name[256];

	*number = 0;
	if (rules->offline)
		return NULL;
	if (line->word_len >= sizeof(name))
		return "no such user; a name, or a number";
	memcpy(name, line->text + line->word, line->word_len);
	name[line->word_len] = '\0';
	user = getpwnam(name);
	if (!user)
		return "no such user; a name, or a number";
	*number = user->pw_uid;
	return NULL;
}

static const char *time_number(const struct rulefile *rules,
			       const struct line *line, uint64_t *number)
{
	char value[KNOB_VALUE];
	char text[64];
	const char *why;

	(void)rules;
	if (line->word_len >= sizeof(text))
		return "not a time";
	memcpy(text, line->text + line->word, line->word_len);
	text[line->word_len] = '\0';
	why = knob_parse("timeout_ms", text, value);
	if (!why && !number_parse(value, number))
		why = "not a time";
	return why;
}

/* Who knows the number that may stand after this word as something else? */
static number_fn number_after(const struct line *line)
{
	if (is_word(line, "uid"))
		return uid_number;
	if (line->word_len > 3 &&
	    !memcmp(line->text + line->word + line->word_len - 3, "_ms", 3))
		return time_number;
	return NULL;
}

/* "/1" is the cgroup of that name; "1" is an id, and "0x1" neither. */
static bool is_path(const struct line *line)
{
	return !begins_with_digit(line) ||
	       memchr(line->text + line->word, '/', line->word_len);
}

/* The words of @line, with what the kernel takes for what people write, into
 * @ids.
 */
static bool with_ids(const struct rulefile *rules, struct line *line, char *ids,
		     size_t *len)
{
	number_fn number_of = NULL;
	bool cgroup = false;

	for (*len = 0; next_word(line); ids[(*len)++] = ' ') {
		uint64_t number;
		const char *why;

		if (cgroup && is_path(line)) {
			*len += cgroup_path(line->text + line->word,
					    line->word_len, ids + *len);
		} else if (number_of && is_no_number(line) &&
			   !(number_of == uid_number &&
			     begins_with_digit(line))) {
			why = number_of(rules, line, &number);
			if (why)
				return wrong(line, why);
			*len += sprintf(ids + *len, "%" PRIu64, number);
		} else {
			memcpy(ids + *len, line->text + line->word,
			       line->word_len);
			*len += line->word_len;
		}
		cgroup = !cgroup && !number_of && is_word(line, "cgroup");
		number_of = number_of ? NULL : number_after(line);
	}
	line->word = 0;
	line->word_len = 0;
	return true;
}

/* The parser saw @ids and blames a word there: the same one in @line. */
static bool wrong_word(struct line *line, const char *ids, size_t len,
		       const struct tcp_reaper_rule_error *err)
{
	size_t word = 0, word_len = 0;

	while (tcp_reaper_rule_word(ids, len, &word, &word_len) &&
	       next_word(line) && word < err->word)
		;
	return wrong(line, err->reason);
}

/* What is no mistake, but may not be what was meant. */
static void note(const struct line *line, const struct tcp_reaper_rule *rule)
{
	const struct tcp_reaper_rule_cgroup *cgroup = &rule->cgroup;

	if (!(rule->match & TCP_REAPER_MATCH_CGROUP))
		return;
	if (!cgroup->path)
		output_error("%s:%lu: note: cgroup %" PRIu64
			     ": an id ends with its directory, as when a service is restarted; a path stays",
			     line->file, line->no, cgroup->id);
	else if (line->at_hand && cgroup_missing(cgroup->path, cgroup->len))
		output_error("%s:%lu: note: cgroup %.*s: there is none now; the rule waits for one",
			     line->file, line->no, (int)cgroup->len,
			     cgroup->path);
}

static bool judge(struct rulefile *rules, struct line *line)
{
	char text[TCP_REAPER_RULE_TEXT];
	struct tcp_reaper_rule_error err;
	struct tcp_reaper_rule rule;
	char *ids;
	size_t len;
	int is_rule;
	bool good;

	if (memchr(line->text, 0, line->len)) {
		output_error("%s:%lu: holds a NUL byte", line->file, line->no);
		return false;
	}
	/* At most, "cgroup a" becomes "cgroup /a", "uid a" 20 digits. */
	ids = mem_zalloc(line->len + 1, 4);
	good = with_ids(rules, line, ids, &len);
	if (good) {
		is_rule = tcp_reaper_rule_parse(ids, len, &rule, &err);
		if (is_rule < 0)
			good = wrong_word(line, ids, len, &err);
		if (is_rule == 1) {
			note(line, &rule);
			tcp_reaper_rule_print(&rule, text, sizeof(text));
			rulefile_add(rules, text);
		}
	}
	free(ids);
	return good;
}

/**
 * rulefile_line() - judge one line, and add it if it is a rule
 * @rules: the rules so far, zeroed at first
 * @file: where the line is from, for the message
 * @no: its number there
 * @text: the line
 *
 * Return: false after a line on stderr if it is wrong.
 */
bool rulefile_line(struct rulefile *rules, const char *file, unsigned long no,
		   const char *text)
{
	struct line line = {
		.file = file, .no = no, .text = text, .len = strlen(text)
	};

	return judge(rules, &line);
}

/**
 * rulefile_read() - read and judge a file of rules
 * @rules: zeroed; rulefile_free() it in any case
 * @path: the file; "-" for standard input
 *
 * Return: RC_DONE, or RC_FAILED after a line on stderr for each that is wrong.
 */
enum rc rulefile_read(struct rulefile *rules, const char *path)
{
	struct line line = { .file = strcmp(path, "-") ? path : "stdin",
			     .at_hand = !rules->offline };
	enum rc rc = RC_DONE;
	const char *at, *end;
	size_t size;
	char *text;

	text = textfile_read(path, path, &size);
	if (!text)
		return RC_FAILED;
	for (at = text, end = text + size; at < end; at += line.len + 1) {
		const char *eol = memchr(at, '\n', end - at);

		line.no++;
		line.text = at;
		line.len = eol ? eol - at : end - at;
		line.word = 0;
		line.word_len = 0;
		if (!judge(rules, &line))
			rc = RC_FAILED;
	}
	free(text);
	if (rc == RC_DONE && rules->n > TCP_REAPER_RULES_MAX) {
		output_error("%s: %zu rules: more than %d", line.file, rules->n,
			     TCP_REAPER_RULES_MAX);
		rc = RC_FAILED;
	}
	return rc;
}

static int add_in_force(const struct kline *line, void *arg)
{
	char *hits = strstr(line->text, " # hits ");

	if (hits)
		*hits = '\0';
	rulefile_add(arg, line->text);
	return 0;
}

/**
 * rulefile_in_force() - the rules of the namespace the program is in
 * @rules: zeroed; rulefile_free() it in any case
 *
 * Return: 0 or a negative errno.
 */
int rulefile_in_force(struct rulefile *rules)
{
	return kfile_lines(PROC_RULES, add_in_force, rules);
}
