// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that is there or ends the program: nothing useful is left to be done
 * for a command that ran out of it, and no caller has to pretend there is.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rc.h"

/**
 * mem_or_die() - what was allocated, by whomever
 * @p: it, or NULL
 *
 * Return: @p, never NULL.
 */
void *mem_or_die(void *p)
{
	if (!p) {
		/* Not output_error(), which itself needs memory. */
		fputs("reaperctl: out of memory; free some and try again\n",
		      stderr);
		exit(RC_FAILED);
	}
	return p;
}

/**
 * mem_zalloc() - zeroed array
 * @n: number of elements, 0 allowed
 * @size: size of one
 *
 * Return: never NULL.
 */
void *mem_zalloc(size_t n, size_t size)
{
	return mem_or_die(calloc(n ? n : 1, size));
}

/**
 * mem_grow() - make room for one more element
 * @old: the array, or NULL
 * @used: elements in use
 * @cap: elements there is room for; updated
 * @size: size of one
 *
 * Return: the array, perhaps moved; never NULL.
 */
void *mem_grow(void *old, size_t used, size_t *cap, size_t size)
{
	size_t want = *cap;

	if (used < want)
		return old;
	want = want ? want * 2 : 16;
	if (want > SIZE_MAX / size)
		return mem_or_die(NULL);
	*cap = want;
	return mem_or_die(realloc(old, want * size));
}

/**
 * mem_strdup() - copy of a string
 * @text: what to copy
 *
 * Return: never NULL; free() it.
 */
char *mem_strdup(const char *text)
{
	return mem_or_die(strdup(text));
}
