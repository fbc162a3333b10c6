// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counters of an earlier load of the module, as text: who exchanged the module
 * adds them to those of this load, so that a sum goes on.
 */
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "carried.h"
#include "shared/number.h"
#include "stats.h"

/* Sums of what is carried over stay far from where they would wrap. */
#define MOST (S64_MAX / 2)

static int stat_find(const char *name)
{
	int i;

	for (i = 0; i < TCP_REAPER_NR_STATS_AND_AGES; i++)
		if (!strcmp(name, tcp_reaper_stat_name(i)))
			return i;
	return -EINVAL;
}

/* @line: "NAME VALUE", each counter once; a gauge is of now. */
static int take(u64 v[TCP_REAPER_NR_STATS_AND_AGES], char *line)
{
	char *value = strchr(line, ' ');
	int stat;

	if (!value)
		return -EINVAL;
	*value++ = '\0';
	stat = stat_find(line);
	if (stat < 0 || tcp_reaper_stat_is_gauge(stat) || v[stat])
		return -EINVAL;
	return tcp_reaper_decimal_parse(value, strlen(value), MOST, &v[stat]);
}

static int take_lines(u64 v[TCP_REAPER_NR_STATS_AND_AGES], char *text)
{
	char *line;
	int err;

	while ((line = strsep(&text, "\n"))) {
		/* After the last newline there is nothing. */
		err = *line || text ? take(v, line) : 0;
		if (err)
			return err;
	}
	return 0;
}

/* A bucket is read with those before it in it; what is counted is its own. */
static int part_buckets(u64 v[TCP_REAPER_NR_STATS_AND_AGES])
{
	int i;

	for (i = TCP_REAPER_NR_STATS_AND_AGES - 1; i > 0; i--) {
		if (tcp_reaper_stat_first(i) == i)
			continue;
		if (v[i] < v[i - 1])
			return -EINVAL;
		v[i] -= v[i - 1];
	}
	return 0;
}

/**
 * tcp_reaper_carried_add - add counters of an earlier load
 * @stats: of the namespace; NULL: of all namespaces but the initial one
 * @text: lines "NAME VALUE" as they were read then; written over
 * @len: of @text, which a NUL follows
 *
 * Context: process context, sleeps.
 * Return: 0; -EINVAL for what is no counter, a gauge, a counter twice, or
 * buckets that fall; -ERANGE; -ENOMEM. An error changes nothing.
 */
int tcp_reaper_carried_add(struct tcp_reaper_stats *stats, char *text,
			   size_t len)
{
	u64 *v;
	int err;
	int i;

	if (strlen(text) != len)
		return -EINVAL;
	v = kcalloc(TCP_REAPER_NR_STATS_AND_AGES, sizeof(*v), GFP_KERNEL);
	if (!v)
		return -ENOMEM;
	err = take_lines(v, text);
	if (!err)
		err = part_buckets(v);
	for (i = 0; !err && i < TCP_REAPER_NR_STATS_AND_AGES; i++)
		if (v[i])
			tcp_reaper_stats_add(stats, i, v[i]);
	kfree(v);
	return err;
}
