// SPDX-License-Identifier: GPL-2.0-only
/*
 * What lingers in the namespaces that were not asked for: on a host with
 * containers all of it may.
 */
#include <inttypes.h>

#include "kernel/elsewhere.h"
#include "kernel/knobs.h"
#include "kernel/stats.h"
#include "show/output.h"

static uint64_t tracked_in(const struct netns *ns)
{
	struct stats stats = { 0 };
	uint64_t sum = 0;
	size_t c;

	if (stats_read(&stats, ns) != RC_DONE)
		goto out;
	for (c = 0; c < CLASSES; c++) {
		const struct stat_entry *entry =
			stats_get(&stats, classes[c], "tracked");

		sum += entry ? entry->value : 0;
	}
out:
	stats_free(&stats);
	return sum;
}

/**
 * elsewhere_show() - say in text whether sockets linger in other namespaces
 * @looked_at: the namespaces that were asked for; with -a there is no other
 * @title: goes before it
 * @verb: goes after "reaperctl -a"
 *
 * Goes there, so it is to be the last that is done. Where the caller may not
 * go is left out.
 */
void elsewhere_show(const struct netns_set *looked_at, const char *title,
		    const char *verb)
{
	struct netns_set all = { 0 };
	uint64_t sockets = 0;
	size_t found = 0;
	size_t i;

	if (output_json() || looked_at->many || !looked_at->n ||
	    !looked_at->v[0].inode)
		return;
	if (netns_select_all(&all) != RC_DONE)
		goto out;
	for (i = 0; i < all.n; i++) {
		uint64_t n;

		if (all.v[i].inode == looked_at->v[0].inode ||
		    !netns_try(&all.v[i]))
			continue;
		n = tracked_in(&all.v[i]);
		sockets += n;
		found += !!n;
	}
	if (found)
		output_line("%s%" PRIu64
			    " socket%s tracked in %zu other namespace%s: reaperctl -a%s",
			    title, sockets, sockets == 1 ? " is" : "s are",
			    found, found == 1 ? "" : "s", verb);
out:
	netns_set_free(&all);
}
