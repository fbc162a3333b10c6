/* SPDX-License-Identifier: GPL-2.0 */
#ifndef REAPERCTL_WORDS_H
#define REAPERCTL_WORDS_H

void words_add(const char *word, const char *what);

void words_classes(void);
void words_states(void);
void words_netns(void);
void words_pids(void);
void words_files(void);

#endif
