/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_LOGFILE_H
#define REAPERCTL_LOGFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/cgroup.h"
#include "kernel/kstream.h"
#include "kernel/netns.h"
#include "kernel/rowfile.h"
#include "kernel/sockets.h"

/**
 * struct logline - an action, as the file's columns are named
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
	uint64_t number; /* UINT64_MAX: an older module does not tell */
	uint64_t rule; /* likewise */
	const char *cgroup; /* "": likewise; "-": none */
	const char *load; /* of the module; NULL: the present one */
	uint64_t left_out; /* no action: so many up to number are not known */
};

/**
 * struct logwanted - what is asked for
 * @since_ms: what was done since then
 * @most: the last so many of a namespace
 * @unit: of a unit, container, pod or path alone; or NULL
 */
struct logwanted {
	uint64_t since_ms;
	uint64_t most;
	const char *unit;
};

/**
 * struct logfile - the log of a namespace, as far as it was read
 * @stream: the file
 * @file: its columns
 * @v: the lines that were not yet shown
 * @n: how many
 * @cap: how many there is room for
 * @last: the last one that was read
 * @err: 0, or the negative errno that the reading ended with
 */
struct logfile {
	struct kstream stream;
	struct rowfile file;
	struct logline *v;
	size_t n;
	size_t cap;
	struct logline last;
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
bool logline_same(const struct logline *a, const struct logline *b);
const char *logline_unit(const struct logline *line, char unit[CGROUP_UNIT],
			 char pod[CGROUP_POD]);
void logline_fields(const struct logline *line,
		    void (*put)(const char *name, const char *value, void *arg),
		    void *arg);
bool logline_field(struct logfile *log, struct logline *line, const char *name,
		   const char *value);
uint64_t logfile_missed(const struct logfile *log, uint64_t after);
void logfile_trim(struct logfile *log, const struct logwanted *wanted);
void logfile_drop_seen(struct logfile *log, const struct logline *last);
enum rc logfile_report(const struct logfile *log, const struct netns *ns);
void logfile_free(struct logfile *log);

#endif
