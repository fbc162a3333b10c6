/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_BADLINES_H
#define REAPERCTL_BADLINES_H

#include "base/rc.h"
#include "kernel/kfile.h"
#include "kernel/netns.h"

/**
 * struct badlines - the lines of a file that were left out
 * @n: how many
 * @no: number of the first
 * @why: what was wrong with it, to go after "line N"
 */
struct badlines {
	unsigned long n;
	unsigned long no;
	const char *why;
};

void badlines_add(struct badlines *bad, const struct kline *line,
		  const char *why);
enum rc badlines_report(const struct badlines *bad, const char *path,
			const struct netns *ns, int err);

#endif
