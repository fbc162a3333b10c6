/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_PREPARE_H
#define REAPERCTL_PREPARE_H

#include <stdbool.h>

#include "base/rc.h"
#include "kernel/change.h"
#include "kernel/netns.h"
#include "policy/applied.h"
#include "policy/conf.h"

/**
 * struct target - a section, and what it changes
 * @section: the section
 * @netns: its namespace, or none for the template
 * @absent: that namespace is not there
 * @bad: something about it is wrong, and was reported
 * @changes: what is not yet as the section has it
 */
struct target {
	const struct conf_section *section;
	struct netns_set netns;
	bool absent;
	bool bad;
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
