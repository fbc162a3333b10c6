/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_FOUND_H
#define REAPERCTL_FOUND_H

#include <stdbool.h>

#include "find/group.h"
#include "find/left.h"
#include "find/look.h"
#include "kernel/knobs.h"
#include "kernel/netns.h"

/**
 * struct findings - what was found in a namespace
 * @unit: that alone was asked for; or NULL
 * @ns: the namespace; the program is in it
 * @owners: by which it was found
 * @looks: what was there before
 * @groups: the sockets by owner, the worst first
 * @n: how many
 * @lefts: of what was ended, what is open still
 */
struct findings {
	const char *unit;
	const struct netns *ns;
	const struct owners *owners;
	const struct looks *looks;
	const struct group *groups;
	size_t n;
	struct lefts lefts;
};

/* backlog.c */
bool backlog_full(const struct listener *listener);
void backlog_queue(const struct findings *findings,
		   const struct listener *listener);
bool backlog_accepters(const struct findings *findings,
		       const struct listener *listener);
bool backlog_show(const struct findings *findings,
		  const struct listener *listener, size_t after);

/* facts.c */
bool facts_show(const struct item *item, enum cause cause);
bool facts_threads(const char *head, const struct process *process,
		   const struct sock *sock);

/* growth.c */
void growth_show(const struct findings *findings, const struct group *group);

/* left.c */
void lefts_show(const struct lefts *lefts, bool after);

/* peers.c */
void peers_show(const struct group *group);

/* setting.c */
void setting_show(const struct netns *ns, const struct knobs *knobs,
		  const struct finding *finding, enum cause cause);

/* title.c */
void title_show(const struct findings *findings, const struct group *group);

#endif
