/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_SOURCES_H
#define REAPERCTL_SOURCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rc.h"
#include "find/records.h"
#include "kernel/logfile.h"
#include "kernel/netns.h"

/* What was being done: who is killed meanwhile does not know whether it was. */
enum source_state {
	SOURCE_IDLE = '.',
	SOURCE_SENDING = '?', /* the action */
	SOURCE_TELLING = '!' /* how many were left out */
};

/**
 * struct source - the log of a namespace, and how far it is in the journal
 * @inode: the namespace's number; 0: it is gone
 * @netns: what it is called
 * @log: what was read and not sent
 * @number: number of the last action that was sent or left out
 * @time_ms: when that was; 0: not known
 * @owed: how many were left out, and that was not told yet
 * @state: enum source_state
 * @slot: its line of the file
 * @seen: it was there in this round
 */
struct source {
	uint64_t inode;
	char netns[NETNS_LABEL];
	struct logfile log;
	uint64_t number;
	uint64_t time_ms;
	uint64_t owed;
	char state;
	size_t slot;
	bool seen;
};

/**
 * struct sources - the logs of all namespaces, on their way into the journal
 * @v: the logs
 * @n: how many
 * @cap: how many there is room for
 * @load: the load of the module that they are of; "" before there was any
 * @fd: of the file that remembers how far each is
 * @open: how many logs are open, which keeps no namespace
 * @gone: how many were left out of namespaces that are gone
 */
struct sources {
	struct source *v;
	size_t n;
	size_t cap;
	char load[RECORDS_LOAD];
	int fd;
	size_t open;
	uint64_t gone;
};

enum rc sources_open(struct sources *sources);
bool sources_load(struct sources *sources, bool *other);
void sources_remember(const struct sources *sources, struct source *source,
		      enum source_state state);
void sources_look(struct sources *sources, void (*full)(void *arg), void *arg);
void sources_read_on(struct sources *sources);
void sources_shut(struct sources *sources, struct source *source);
void sources_free(struct sources *sources);

#endif
