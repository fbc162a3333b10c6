/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_TABLE_H
#define REAPERCTL_TABLE_H

/*
 * The verbs, in the order of the help; the first is the default. Each is a file
 * of its own here, with a struct verb verb_NAME, and a line below: no other
 * place names it, but for the man page and the completion of the shells.
 */
#define VERBS(VERB) \
	VERB(status) \
	VERB(list) \
	VERB(diagnose) \
	VERB(top) \
	VERB(try) \
	VERB(get) \
	VERB(set) \
	VERB(rules) \
	VERB(log) \
	VERB(record) \
	VERB(apply) \
	VERB(save) \
	VERB(metrics) \
	VERB(reload) \
	VERB(help) \
	VERB(complete) \
	VERB(version)

#endif
