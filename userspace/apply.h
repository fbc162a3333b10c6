/* SPDX-License-Identifier: GPL-2.0 */
#ifndef REAPERCTL_APPLY_H
#define REAPERCTL_APPLY_H

#include <stdbool.h>

#include "applied.h"
#include "change.h"
#include "conf.h"
#include "netns.h"
#include "reaperctl.h"

/**
 * struct target - a section, and what it changes
 * @section: the section
 * @netns: its namespace, or none for the template
 * @absent: that namespace is not there
 * @changes: what is not yet as the section has it
 */
struct target {
	const struct conf_section *section;
	struct netns_set netns;
	bool absent;
	struct changes changes;
};

/**
 * struct application - persistent policy on its way into force
 * @conf: all sections
 * @targets: one each
 * @applied: which namespaces have got theirs
 * @fresh: only namespaces that are new
 * @follow: those that come later, too
 * @making: a namespace was not ready yet
 */
struct application {
	struct conf conf;
	struct target *targets;
	struct applied applied;
	bool fresh;
	bool follow;
	bool making;
};

enum rc apply_prepare(struct application *app, struct target *target);

#endif
