/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_WORDS_H
#define REAPERCTL_WORDS_H

void words_add(const char *word, const char *what);
void words_files(void);

#endif
