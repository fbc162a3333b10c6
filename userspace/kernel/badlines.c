// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a file of the module should not hold: left out, counted, and reported
 * in one line however much of it there is.
 */
#include <errno.h>
#include <string.h>

#include "kernel/badlines.h"
#include "show/output.h"

/**
 * badlines_add() - leave a line out
 * @bad: the count so far
 * @line: the line
 * @why: what is wrong with it; lasts as long as @bad
 */
void badlines_add(struct badlines *bad, const struct kline *line,
		  const char *why)
{
	if (!bad->n++) {
		bad->no = line->no;
		bad->why = why;
	}
}

/**
 * badlines_report() - say how the reading of a file went
 * @bad: the lines left out
 * @path: the file
 * @ns: the namespace it was read in
 * @err: 0, or the negative errno the reading ended with
 *
 * Return: RC_DONE if all was well, else RC_FAILED after a line on stderr.
 */
enum rc badlines_report(const struct badlines *bad, const char *path,
			const struct netns *ns, int err)
{
	char label[NETNS_LABEL];

	if (err)
		output_error("%s: cannot be read in %s: %s; %s", path,
			     netns_label(label, ns), strerror(-err),
			     err == -EACCES || err == -EPERM
				     ? "run it as root"
				     : "try again; dmesg may say more");
	else if (bad->n)
		output_error("%s: line %lu %s in %s, %lu in all left out; do reaperctl and module have the same version (reaperctl version)?",
			     path, bad->no, bad->why, netns_label(label, ns),
			     bad->n);
	return err || bad->n ? RC_FAILED : RC_DONE;
}
