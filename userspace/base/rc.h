/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_RC_H
#define REAPERCTL_RC_H

/**
 * enum rc - exit codes, a contract with scripts
 * @RC_DONE: done
 * @RC_FAILED: failed; one line on stderr says what, where and what to do
 * @RC_USAGE: the command line is wrong
 * @RC_UNLOADED: the module is not loaded, or has other files
 */
enum rc {
	RC_DONE = 0,
	RC_FAILED = 1,
	RC_USAGE = 2,
	RC_UNLOADED = 3
};

/* The first failure decides: what follows is often its consequence. */
static inline enum rc rc_first(enum rc a, enum rc b)
{
	return a != RC_DONE ? a : b;
}

#endif
