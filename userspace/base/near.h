/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_NEAR_H
#define REAPERCTL_NEAR_H

/**
 * struct near - the word that was likely meant
 * @typed: what was typed instead
 * @word: the nearest so far, or NULL
 * @far: how many letters it is away
 */
struct near {
	const char *typed;
	const char *word;
	unsigned int far;
};

void near_offer(struct near *near, const char *word);

#endif
