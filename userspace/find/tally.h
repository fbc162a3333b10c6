/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_TALLY_H
#define REAPERCTL_TALLY_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "find/relatives.h"
#include "find/survey.h"
#include "kernel/logfile.h"

/**
 * struct tally - what a process holds; a socket of several is the first's
 * @pid: the process; 0 for the sockets without one
 * @name: its name, or why there is none
 * @sockets: tracked ones
 * @due: how many of them are due
 * @ended: sockets that were ended, and that it did not close
 * @oldest_ms: age of the oldest that is tracked
 */
struct tally {
	pid_t pid;
	const char *name;
	uint64_t sockets;
	uint64_t due;
	uint64_t ended;
	uint64_t oldest_ms;
};

/**
 * struct tallies - of all processes, each once
 * @v: the tallies, in no order
 * @n: how many
 * @cap: how many there is room for
 * @tree: by pid and name, of <search.h>
 */
struct tallies {
	struct tally **v;
	size_t n;
	size_t cap;
	void *tree;
};

void tallies_take(struct tallies *tallies, const struct survey *survey);
void tallies_take_ended(struct tallies *tallies, const struct holders *holders,
			struct relatives *relatives,
			const struct reaped *reaped);
void tallies_free(struct tallies *tallies);

#endif
