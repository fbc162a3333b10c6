/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_RECORDS_H
#define REAPERCTL_RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rc.h"
#include "kernel/logfile.h"
#include "kernel/netns.h"

/* Room for records_load(): a boot, and a load of the module in it. */
#define RECORDS_LOAD 64

/* What is sent, and asked for; two kinds. */
#define RECORDS_UNIT "tcp-reaper-log.service"
#define RECORDS_REAP "5d1f3bd7f6b9449ab8e7bb9e37c92f4a"
#define RECORDS_LEFT_OUT "b0b7a1c3e86c4d8fa0fd5a4f8f2c9d16"

/**
 * struct records - what the journal has of the logs of some namespaces
 * @v: lines, the oldest first, with the namespace of each
 * @n: how many
 * @cap: how many there is room for
 * @next: one that is not whole yet
 * @log: keeps the strings of the lines
 */
struct records {
	struct record {
		struct logline line;
		const char *netns;
	} * v;
	size_t n;
	size_t cap;
	struct record next;
	struct logfile log;
};

bool records_load(char load[RECORDS_LOAD]);
const char *records_netns(char key[NETNS_LABEL], const struct netns *ns);
int records_read(struct records *records, uint64_t since_ms);
bool records_add(struct records *records, const char *netns,
		 struct logfile *log);
bool records_have(const char *load, uint64_t inode, const char *field,
		  uint64_t number);
void records_free(struct records *records);

#endif
