/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_LOGFILE_H
#define REAPERCTL_LOGFILE_H

#include <stddef.h>
#include <stdint.h>

#include "kernel/kstream.h"
#include "kernel/netns.h"
#include "kernel/rowfile.h"
#include "kernel/sockets.h"

/**
 * struct logline - an action; most of it as the file's columns are named
 * @hash: of the line
 */
struct logline {
	uint64_t time_ms;
	uint64_t age_ms;
	uint64_t idle_ms;
	uint64_t uid;
	uint64_t inode;
	char class[SOCKET_WORD];
	char state[SOCKET_WORD];
	char local[SOCKET_ADDRESS];
	char remote[SOCKET_ADDRESS];
	char action[SOCKET_WORD];
	char result[SOCKET_WORD];
	uint64_t hash;
};

/**
 * struct logfile - the log of a namespace, as far as it was read
 * @stream: the file
 * @file: its columns
 * @v: the lines that were not yet shown
 * @n: how many
 * @cap: how many there is room for
 * @seen: hashes of what was there
 * @nseen: how many
 * @err: 0, or the negative errno that the reading ended with
 */
struct logfile {
	struct kstream stream;
	struct rowfile file;
	struct logline *v;
	size_t n;
	size_t cap;
	uint64_t *seen;
	size_t nseen;
	int err;
};

/**
 * struct ended - a socket that was ended
 * @inode: its inode number; a descriptor that has it is still open
 * @uid: who made it
 */
struct ended {
	uint64_t inode;
	uint64_t uid;
};

/**
 * struct reaped - sockets that were ended lately, each once
 * @v: the sockets
 * @n: how many
 * @cap: how many there is room for
 * @lost: how many more were ended, of which no log has a line any more
 */
struct reaped {
	struct ended *v;
	size_t n;
	size_t cap;
	uint64_t lost;
};

typedef void (*reaped_fn)(const struct logline *line, void *arg);

enum rc reaped_each(const struct netns *ns, reaped_fn fn, void *arg,
		    uint64_t *told);
enum rc reaped_read(struct reaped *reaped, const struct netns *ns);
void logfile_open(struct logfile *log);
void logfile_read(struct logfile *log);
void logfile_trim(struct logfile *log, uint64_t since_ms, uint64_t most);
void logfile_drop_seen(struct logfile *log, const struct logfile *before);
enum rc logfile_report(const struct logfile *log, const struct netns *ns);
void logfile_free(struct logfile *log);

#endif
