/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_KNOBS_H
#define TCP_REAPER_KNOBS_H

#include <linux/types.h>

#include "shared/policy.h"

/**
 * struct tcp_reaper_knob - one setting of a namespace
 * @group: sysfs directory, and prefix of the sysctl; NULL for none
 * @name: file
 * @sysctl: the sysctl's name
 * @offset: of its u32 in struct tcp_reaper_policy
 * @max: largest value; the smallest is 0
 * @words: the values' names, for one that is not a number; @max + 1 of them
 */
struct tcp_reaper_knob {
	const char *group;
	const char *name;
	const char *sysctl;
	size_t offset;
	u32 max;
	const char *const *words;
};

extern const struct tcp_reaper_knob tcp_reaper_knobs[];
extern const unsigned int tcp_reaper_nr_knobs;
extern const char *const tcp_reaper_mode_words[];

/* What a new namespace starts with. */
extern struct tcp_reaper_policy tcp_reaper_template;

/* Longest text of a value, its newline included. */
#define TCP_REAPER_KNOB_TEXT 32

void tcp_reaper_template_copy(struct tcp_reaper_policy *policy);
int tcp_reaper_knob_parse(const struct tcp_reaper_knob *knob, const char *text,
			  size_t len, u32 *value);
int tcp_reaper_knob_show(const struct tcp_reaper_policy *policy,
			 const struct tcp_reaper_knob *knob, char *buf);

#endif
