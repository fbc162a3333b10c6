/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_TEXT_H
#define REAPERCTL_TEXT_H

/* Room for a sentence or two. */
#define TEXT 768

__attribute__((format(printf, 2, 3))) void text_add(char text[TEXT],
						    const char *format, ...);
const char *text_word(char text[TEXT], const char *word, const char *instead);

#endif
