// SPDX-License-Identifier: GPL-2.0-only
/*
 * The one table of knobs. sysfs and sysctl are two windows on it.
 */
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/stddef.h>
#include <linux/string.h>

#include "knobs.h"

const char *const tcp_reaper_mode_words[] = {
	[TCP_REAPER_OFF] = "off",
	[TCP_REAPER_OBSERVE] = "observe",
	[TCP_REAPER_ENFORCE] = "enforce",
};

static const char *const close_wait_actions[] = {
	[TCP_REAPER_RESET] = "reset",
	[TCP_REAPER_FIN] = "fin",
};

static const char *const established_actions[] = {
	[TCP_REAPER_ESTABLISHED_PROBE] = "probe",
	[TCP_REAPER_ESTABLISHED_RESET] = "reset",
};

#define AT(member) .offset = offsetof(struct tcp_reaper_policy, member)
#define IN(class, file) \
	.group = #class, .name = #file, .sysctl = #class "_" #file, \
	AT(class##_##file)

/* Sorted by group: sysfs.c makes a directory of each run. */
const struct tcp_reaper_knob tcp_reaper_knobs[] = {
	{ .name = "mode",
	  .sysctl = "mode",
	  AT(mode),
	  .max = TCP_REAPER_ENFORCE,
	  .words = tcp_reaper_mode_words },
	{ .name = "reaps_per_s",
	  .sysctl = "reaps_per_s",
	  AT(reaps_per_s),
	  .max = U32_MAX },
	{ IN(close_wait, timeout_ms), .max = U32_MAX },
	{ IN(close_wait, action), .max = TCP_REAPER_FIN,
	  .words = close_wait_actions },
	{ IN(close_wait, linger_ms), .max = U32_MAX },
	{ IN(close_wait, spare_active), .max = 1 },
	{ IN(close_wait, spare_unread), .max = 1 },
	{ IN(orphan, timeout_ms), .max = U32_MAX },
	{ IN(orphan, max), .max = U32_MAX },
	{ IN(orphan, kernel_sockets), .max = 1 },
	{ IN(fin_wait2, timeout_ms), .max = U32_MAX },
	{ IN(established, timeout_ms), .max = U32_MAX },
	{ IN(established, action), .max = TCP_REAPER_ESTABLISHED_RESET,
	  .words = established_actions },
	{ IN(established, keepalive), .max = 1 },
};

const unsigned int tcp_reaper_nr_knobs = ARRAY_SIZE(tcp_reaper_knobs);

struct tcp_reaper_policy tcp_reaper_template = {
	.mode = TCP_REAPER_OBSERVE,
	.reaps_per_s = 10000,
	.close_wait_timeout_ms = 3600000,
	.close_wait_linger_ms = 60000,
	.close_wait_spare_active = 1,
	.orphan_timeout_ms = 300000,
};

/**
 * tcp_reaper_template_copy - what a new namespace starts with
 * @policy: where to
 */
void tcp_reaper_template_copy(struct tcp_reaper_policy *policy)
{
	const u32 *from = (const u32 *)&tcp_reaper_template;
	u32 *to = (u32 *)policy;
	size_t i;

	for (i = 0; i < sizeof(*policy) / sizeof(u32); i++)
		to[i] = READ_ONCE(from[i]);
}

/**
 * tcp_reaper_knob_parse - a value from text
 * @knob: whose
 * @text: a number in base 10 or a word, one newline after it at most
 * @len: of @text; nothing is read beyond
 * @value: the answer; untouched on error
 *
 * Return: 0; -EINVAL if it is no value of the knob; -ERANGE if it is a number
 * out of range.
 */
int tcp_reaper_knob_parse(const struct tcp_reaper_knob *knob, const char *text,
			  size_t len, u32 *value)
{
	char buf[TCP_REAPER_KNOB_TEXT];
	long long number;
	int i, err;

	if (len && text[len - 1] == '\n')
		len--;
	if (!len || memchr(text, 0, len))
		return -EINVAL;

	if (knob->words) {
		for (i = 0; i <= knob->max; i++) {
			if (strlen(knob->words[i]) == len &&
			    !memcmp(knob->words[i], text, len)) {
				*value = i;
				return 0;
			}
		}
		return -EINVAL;
	}

	/* Digits without end are a number, but not one to copy. */
	for (i = text[0] == '-'; i < len; i++)
		if (!isdigit(text[i]))
			return -EINVAL;
	if (len >= sizeof(buf))
		return -ERANGE;
	memcpy(buf, text, len);
	buf[len] = 0;
	err = kstrtoll(buf, 10, &number);
	if (err)
		return err;
	if (number < 0 || number > knob->max)
		return -ERANGE;
	*value = number;
	return 0;
}

/**
 * tcp_reaper_knob_show - a value as text
 * @policy: whose
 * @knob: which
 * @buf: TCP_REAPER_KNOB_TEXT bytes at least
 *
 * Return: its length, with the newline.
 */
int tcp_reaper_knob_show(const struct tcp_reaper_policy *policy,
			 const struct tcp_reaper_knob *knob, char *buf)
{
	u32 value = READ_ONCE(*(u32 *)((char *)policy + knob->offset));

	if (knob->words)
		return scnprintf(buf, TCP_REAPER_KNOB_TEXT, "%s\n",
				 knob->words[value]);
	return scnprintf(buf, TCP_REAPER_KNOB_TEXT, "%u\n", value);
}
