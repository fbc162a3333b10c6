/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_THREADS_H
#define REAPERCTL_THREADS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The most that are looked at of a process and of all, as often as they are
 * asked for; and the most things that they may do. */
#define THREADS_MAX 1024
#define THREADS_OF_ALL 100000
#define THREADS_DOINGS 6

#define THREADS_TEXT 160

/**
 * struct doing - what some threads do
 * @text: in words, to go after "they" or "it"
 * @n: how many do
 */
struct doing {
	char text[THREADS_TEXT];
	size_t n;
};

/**
 * struct threads - what the threads of a process do now
 * @v: what they do, by falling number
 * @doings: how many things
 * @n: how many threads
 * @more: there are more of them, or they do more things
 * @busy: how many of them run, or wait for something that is no event
 */
struct threads {
	struct doing v[THREADS_DOINGS];
	size_t doings;
	size_t n;
	bool more;
	size_t busy;
};

void threads_read(struct threads *threads, pid_t pid, const char *own);

#endif
