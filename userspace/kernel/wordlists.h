/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_WORDLISTS_H
#define REAPERCTL_WORDLISTS_H

void words_classes(void);
void words_netns(void);
void words_pids(void);

#endif
