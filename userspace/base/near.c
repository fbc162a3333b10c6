// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which of some words was likely meant by one that is none of them.
 */
#include <string.h>

#include "base/near.h"

/* Nobody types longer ones. */
#define LETTERS 64

static unsigned int least(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

/* Letters to be added, left out, changed or swapped with the next one. */
static unsigned int distance(const char *a, size_t la, const char *b, size_t lb)
{
	unsigned int d[LETTERS + 1][LETTERS + 1];
	size_t i, j;

	for (i = 0; i <= la; i++)
		d[i][0] = (unsigned int)i;
	for (j = 0; j <= lb; j++)
		d[0][j] = (unsigned int)j;
	for (i = 1; i <= la; i++) {
		for (j = 1; j <= lb; j++) {
			unsigned int change = a[i - 1] != b[j - 1];

			d[i][j] = least(least(d[i - 1][j], d[i][j - 1]) + 1,
					d[i - 1][j - 1] + change);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
		}
	}
	return d[la][lb];
}

/**
 * near_offer() - is this what was meant?
 * @near: with what was typed; its @word is replaced by a nearer one
 * @word: one that there is
 *
 * One letter in four may be wrong, and one more.
 */
void near_offer(struct near *near, const char *word)
{
	size_t typed = strlen(near->typed);
	size_t len = strlen(word);
	unsigned int far;

	if (!typed || typed > LETTERS || len > LETTERS)
		return;
	far = distance(near->typed, typed, word, len);
	if (far > 1 + typed / 4 || (near->word && far >= near->far))
		return;
	near->word = word;
	near->far = far;
}
