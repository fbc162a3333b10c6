// SPDX-License-Identifier: GPL-2.0-only
/*
 * hammer: which files there are, and what may and may not be written to them.
 */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hammer.h"
#include "sock.h"

#define SYSFS "/sys/class/tcp_reaper/self/"
#define SYSCTL "/proc/sys/net/tcp_reaper/"
#define PARAMETERS "/sys/module/tcp_reaper/parameters/"
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char *const modes[] = { "off", "observe", "enforce", NULL };
static const char *const actions[] = { "reset", "fin", NULL };
static const char *const probes[] = { "probe", "reset", NULL };

/* A knob is a file in sysfs, and with "_" for "/" one in sysctl. */
static const struct hammer_file knobs[] = {
	{ .name = "mode", .words = modes },
	{ .name = "reaps_per_s", .max = UINT32_MAX },
	{ .name = "close_wait/timeout_ms", .max = UINT32_MAX },
	{ .name = "close_wait/action", .words = actions },
	{ .name = "close_wait/linger_ms", .max = UINT32_MAX },
	{ .name = "close_wait/spare_active", .max = 1 },
	{ .name = "close_wait/spare_unread", .max = 1 },
	{ .name = "orphan/timeout_ms", .max = UINT32_MAX },
	{ .name = "orphan/max", .max = UINT32_MAX },
	{ .name = "orphan/kernel_sockets", .max = 1 },
	{ .name = "fin_wait2/timeout_ms", .max = UINT32_MAX },
	{ .name = "established/timeout_ms", .max = UINT32_MAX },
	{ .name = "established/action", .words = probes },
	{ .name = "established/keepalive", .max = 1 },
};

/* Not "keep": whether there is one to be kept is nobody's wish. */
static const char *const trials[] = {
	"1 mode=enforce orphan/max=3",
	"50 mode=off",
	"30 close_wait/timeout_ms=1 reaps_per_s=1",
	NULL,
};

static const struct hammer_file others[] = {
	{ .name = "/proc/net/reaper/trial", .words = trials, .trial = true },
	{ .name = "/proc/net/reaper/rules", .rules = true },
	{ .name = PARAMETERS "mode", .words = modes },
	{ .name = PARAMETERS "close_wait_timeout_ms", .max = UINT32_MAX },
	{ .name = PARAMETERS "orphan_timeout_ms", .max = UINT32_MAX },
	{ .name = PARAMETERS "orphan_max", .max = UINT32_MAX },
	{ .name = PARAMETERS "max_tracked", .max = UINT32_MAX },
	{ .name = PARAMETERS "census_interval_s", .max = UINT32_MAX },
	{ .name = PARAMETERS "log_kb", .max = UINT32_MAX },
};

static struct hammer_file files[2 * COUNT(knobs) + COUNT(others)];
static size_t nr_files;
static uint64_t state;

/**
 * hammer_seed() - make what follows the same for the same seed
 * @seed: any
 */
void hammer_seed(uint64_t seed)
{
	state = seed * 0x9e3779b97f4a7c15ull + 1;
}

/* xorshift64* */
static uint64_t any(uint64_t below)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (state * 0x2545f4914f6cdd1dull >> 16) % below;
}

static void add_file(const struct hammer_file *like, const char *dir, bool flat)
{
	struct hammer_file *file = &files[nr_files];
	char name[256], *slash;

	snprintf(name, sizeof(name), "%s%s", dir, like->name);
	slash = flat ? strchr(name + strlen(dir), '/') : NULL;
	if (slash)
		*slash = '_';
	*file = *like;
	file->name = strdup(name);
	/* A namespace that is no user namespace's own has no parameters. */
	if (!access(name, W_OK))
		nr_files++;
}

/** hammer_find_files() - what there is to write to, here */
void hammer_find_files(void)
{
	size_t i;

	for (i = 0; i < COUNT(knobs); i++) {
		add_file(&knobs[i], SYSFS, false);
		add_file(&knobs[i], SYSCTL, true);
	}
	for (i = 0; i < COUNT(others); i++)
		add_file(&others[i], "", false);
	if (!nr_files)
		die("nothing to write to");
}

/**
 * hammer_any_file() - one of them, the rules more often than others
 * Return: the file.
 */
const struct hammer_file *hammer_any_file(void)
{
	size_t i;

	if (!any(6))
		for (i = 0; i < nr_files; i++)
			if (files[i].rules)
				return &files[i];
	return &files[any(nr_files)];
}

__attribute__((format(printf, 2, 3))) static void add(struct hammer_text *text,
						      const char *format, ...)
{
	va_list args;

	va_start(args, format);
	text->len += vsnprintf(text->buf + text->len,
			       sizeof(text->buf) - text->len, format, args);
	va_end(args);
}

/* At the edges, or anywhere between. */
static uint64_t any_number(uint64_t max)
{
	switch (any(6)) {
	case 0:
		return 0;
	case 1:
		return max;
	case 2:
		return max ? 1 : 0;
	case 3:
		return max ? max - 1 : 0;
	default:
		return max == UINT64_MAX ? any(UINT64_MAX) : any(max + 1);
	}
}

static void add_prefix(struct hammer_text *text)
{
	if (any(2)) {
		unsigned int bits = any(33);
		uint32_t ip = bits ? (uint32_t)any(1ull << 32) << (32 - bits)
				   : 0;

		add(text, "%u.%u.%u.%u/%u", ip >> 24, ip >> 16 & 255,
		    ip >> 8 & 255, ip & 255, bits);
	} else if (any(2)) {
		add(text, "2001:db8:%x::/48", (unsigned int)any(65536));
	} else {
		add(text, "2001:db8::%x", (unsigned int)any(65536));
	}
}

/* By id, or by path. */
static void add_cgroup(struct hammer_text *text)
{
	unsigned int names = any(20);

	if (any(2)) {
		add(text, "%lu", (unsigned long)any_number(UINT64_MAX));
		return;
	}
	do
		add(text, "/%c%u", 'a' + (char)any(3), (unsigned int)any(4));
	while (names--);
}

static void add_match(struct hammer_text *text, int what)
{
	unsigned long port = 1 + any(65535);

	switch (what) {
	case 0:
	case 1:
		add(text, "%cport %lu", what ? 'r' : 'l', port);
		if (any(2))
			add(text, "-%lu",
			    (unsigned long)(port + any(65536 - port)));
		break;
	case 2:
	case 3:
		add(text, "%caddr ", what == 3 ? 'r' : 'l');
		add_prefix(text);
		break;
	case 4:
		add(text, "uid %lu", (unsigned long)any_number(UINT32_MAX));
		break;
	case 5:
		add(text, "mark %#x/0xffff", (unsigned int)any(65536));
		break;
	default:
		add(text, "cgroup ");
		add_cgroup(text);
		break;
	}
	add(text, " ");
}

static void add_rule(struct hammer_text *text)
{
	static const char *const times[] = { "close_wait", "orphan",
					     "fin_wait2", "established" };
	int i, matches = 0;

	for (i = 0; i < 7; i++) {
		if (any(4) && (matches || i < 6))
			continue;
		add_match(text, i);
		matches++;
	}
	if (!any(3)) {
		add(text, "exempt");
	} else {
		add(text, "%s_ms %lu", times[any(4)],
		    (unsigned long)any_number(UINT32_MAX));
		if (any(2))
			add(text, " action %s", any(2) ? "reset" : "fin");
	}
	add(text, any(4) ? "\n" : " # why\n");
}

/**
 * hammer_valid() - what a file takes
 * @file: the file
 * @text: where to
 */
void hammer_valid(const struct hammer_file *file, struct hammer_text *text)
{
	int n = any(1000) ? any(8) : 4096;

	text->len = 0;
	if (file->rules) {
		while (n--)
			add_rule(text);
		return;
	}
	if (file->words) {
		for (n = 0; file->words[n]; n++)
			;
		add(text, "%s", file->words[any(n)]);
	} else {
		add(text, "%lu", (unsigned long)any_number(file->max));
	}
	if (any(2))
		add(text, "\n");
}

/* One byte of it is another, is one too many, or is missing. */
static void mutate(struct hammer_text *text)
{
	static const char bytes[] =
		"\0\n\t -+#/:.,;x0179aAzZ%\\\"'\x7f\x80\xff";
	size_t at = any(text->len + 1), rest = text->len - at;

	switch (any(4)) {
	case 0:
		text->buf[at] = bytes[any(sizeof(bytes))];
		text->len += !rest;
		break;
	case 1:
		memmove(text->buf + at + 1, text->buf + at, rest);
		text->buf[at] = bytes[any(sizeof(bytes))];
		text->len++;
		break;
	case 2:
		if (rest)
			memmove(text->buf + at, text->buf + at + 1, rest - 1);
		text->len -= !!rest;
		break;
	default:
		text->len = at;
		break;
	}
}

static void noise(struct hammer_text *text)
{
	size_t i, len = any(100) ? any(64) : any(8192);

	for (i = 0; i < len; i++)
		text->buf[i] = any(256);
	text->len = len;
}

static void odd_number(struct hammer_text *text)
{
	static const char *const odd[] = {
		"-1",
		"-0",
		"+1",
		"4294967296",
		"18446744073709551616",
		"0x10",
		"1e3",
		"1.5",
		"00000000000000000000000000000000000001",
		" 1",
		"1 ",
		"1\n\n",
		"\n",
		"",
		"on",
		"enforce ",
		"OFF",
		"reset\n\n",
	};

	text->len = 0;
	add(text, "%s", odd[any(COUNT(odd))]);
}

/**
 * hammer_any() - what a file takes, or nearly, or not at all
 * @file: the file
 * @text: where to
 */
void hammer_any(const struct hammer_file *file, struct hammer_text *text)
{
	int n;

	switch (any(8)) {
	case 0:
		noise(text);
		break;
	case 1:
		odd_number(text);
		break;
	case 2:
		/* Longer than a list may be. */
		if (!any(500)) {
			text->len = sizeof(text->buf) - 1;
			memset(text->buf, any(256), text->len);
			break;
		}
		/* fallthrough */
	case 3:
	case 4:
		hammer_valid(file, text);
		for (n = 1 + any(3); n; n--)
			mutate(text);
		break;
	default:
		hammer_valid(file, text);
		break;
	}
}

static bool is_rules(const char *text)
{
	static const char *const words[] = { "lport ", "rport ", "laddr ",
					     "raddr ", "uid ",	 "mark ",
					     "cgroup " };
	size_t i;

	while (*text) {
		for (i = 0; i < COUNT(words); i++)
			if (!strncmp(text, words[i], strlen(words[i])))
				break;
		if (i == COUNT(words))
			return false;
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return true;
}

/**
 * hammer_is_value() - can this be what a file reads
 * @file: the file
 * @text: all of it
 * Return: true for something that can be written to it.
 */
bool hammer_is_value(const struct hammer_file *file, const char *text)
{
	size_t len = strcspn(text, "\n");
	unsigned long n;
	char *end;
	int i;

	if (file->rules)
		return is_rules(text);
	if (file->trial)
		return !*text || !strncmp(text, "left_ms ", 8);
	if (!len || text[len] != '\n' || text[len + 1])
		return false;
	if (file->words) {
		for (i = 0; file->words[i]; i++)
			if (strlen(file->words[i]) == len &&
			    !strncmp(file->words[i], text, len))
				return true;
		return false;
	}
	n = strtoul(text, &end, 10);
	return end == text + len && n <= file->max;
}
