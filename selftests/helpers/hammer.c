// SPDX-License-Identifier: GPL-2.0-only
/*
 * hammer: writes to every file of the module that can be written, by several
 * processes at once: values that are right, at the edge, nearly right, and
 * noise. After each, the file is read: what stands there has to be a value that
 * could have been written, and the error one of those that are promised; with
 * one process, a rejected write has changed nothing.
 *
 * With -v only what is right is written: a storm of changes. With KCOV in the
 * kernel, -k writes the addresses that were reached to a file.
 *
 * Prints "hammer writes=N ok=N einval=N erange=N e2big=N enomem=N other=N
 * wrong=N seed=N"; the same seed and number of processes is the same run.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "hammer.h"
#include "sock.h"

/* Of the first process: a namespace's own /sys has nothing mounted in it. */
#define KCOV "/proc/1/root/sys/kernel/debug/kcov"
#define KCOV_WORDS (1 << 16)
#define KCOV_INIT_TRACE _IOR('c', 1, unsigned long)
#define KCOV_ENABLE _IO('c', 100)
#define KCOV_TRACE_PC 0

/* What may come of a write; the last is for what may not. */
enum outcome {
	OK,
	IS_EINVAL,
	IS_ERANGE,
	IS_E2BIG,
	IS_ENOMEM,
	OTHER,
	OUTCOMES
};

/**
 * struct tally - what one worker has seen, shared with the parent
 * @outcome: how often each
 * @wrong: how often a file read what it never should
 */
struct tally {
	long outcome[OUTCOMES];
	long wrong;
};

static long writes = 1000;
static long seed = 1;
static int workers = 1;
static bool only_valid;
static struct tally *tally; /* one a worker */
static const char *coverage;
static unsigned long *cover;
static FILE *reached;

static void usage(void)
{
	fprintf(stderr,
		"usage: hammer [-n WRITES] [-j WORKERS] [-s SEED] [-v] [-k FILE]\n"
		"  -v  only what is right\n"
		"  -k  addresses in the kernel that were reached, by KCOV\n");
	exit(2);
}

static enum outcome outcome_of(ssize_t done)
{
	if (done >= 0)
		return OK;
	switch (errno) {
	case EINVAL:
		return IS_EINVAL;
	case ERANGE:
		return IS_ERANGE;
	case E2BIG:
		return IS_E2BIG;
	case ENOMEM:
		return IS_ENOMEM;
	default:
		return OTHER;
	}
}

/* In one read(2): two may see two values. */
static void read_all(const char *file, char *buf, size_t size)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, size - 1);

	if (n < 0)
		die("%s cannot be read", file);
	close(fd);
	buf[n] = 0;
}

/* Hit counts move by themselves: a list is compared without its comments. */
static void strip(char *text)
{
	char *to = text;

	for (; *text; text++) {
		if (*text == '#')
			while (text[1] && text[1] != '\n')
				text++;
		else
			*to++ = *text;
	}
	*to = 0;
}

static void cover_start(int worker)
{
	char name[256];
	int fd;

	if (!coverage)
		return;
	snprintf(name, sizeof(name), "%s.%d", coverage, worker);
	reached = fopen(name, "w");
	fd = open(KCOV, O_RDWR | O_CLOEXEC);
	if (!reached || fd < 0 || ioctl(fd, KCOV_INIT_TRACE, KCOV_WORDS))
		die(KCOV);
	cover = mmap(NULL, KCOV_WORDS * sizeof(*cover), PROT_READ | PROT_WRITE,
		     MAP_SHARED, fd, 0);
	if (cover == MAP_FAILED || ioctl(fd, KCOV_ENABLE, KCOV_TRACE_PC))
		die(KCOV);
	__atomic_store_n(&cover[0], 0, __ATOMIC_RELAXED);
}

/* An address once is enough, as far as a small table can tell. */
static void cover_note(void)
{
	static unsigned long seen[1 << 14];
	unsigned long i, n;

	if (!cover)
		return;
	n = __atomic_load_n(&cover[0], __ATOMIC_RELAXED);
	for (i = 1; i <= n; i++) {
		unsigned long *slot =
			&seen[cover[i] * 0x9e3779b97f4a7c15ul >> 50];

		if (*slot != cover[i])
			fprintf(reached, "%lx\n", cover[i]);
		*slot = cover[i];
	}
	__atomic_store_n(&cover[0], 0, __ATOMIC_RELAXED);
}

static void one_write(struct tally *mine, struct hammer_text *text)
{
	static char before[HAMMER_TEXT], after[HAMMER_TEXT];
	const struct hammer_file *file = hammer_any_file();
	enum outcome outcome;
	int fd;

	/* A trial takes values back at any time, between two looks. */
	while (workers == 1 && file->trial)
		file = hammer_any_file();
	if (only_valid)
		hammer_valid(file, text);
	else
		hammer_any(file, text);
	if (workers == 1)
		read_all(file->name, before, sizeof(before));
	fd = open(file->name, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		die("%s", file->name);
	outcome = outcome_of(write(fd, text->buf, text->len));
	if (!mine->outcome[outcome]++ && outcome == OTHER)
		say("%s, %zu bytes: %s", file->name, text->len,
		    strerror(errno));
	close(fd);
	cover_note();
	read_all(file->name, after, sizeof(after));
	if (!hammer_is_value(file, after) && !mine->wrong++)
		say("%s reads %.200s", file->name, after);
	if (workers > 1 || outcome == OK)
		return;
	strip(before);
	strip(after);
	if (strcmp(before, after) && !mine->wrong++)
		say("%s: rejected, but changed", file->name);
}

static void work(int worker)
{
	static struct hammer_text text;
	long i, share = writes / workers + (worker < writes % workers);

	hammer_seed((uint64_t)seed * 1000 + worker);
	cover_start(worker);
	for (i = 0; i < share; i++)
		one_write(&tally[worker], &text);
	if (reached && fclose(reached))
		die("%s", coverage);
}

int main(int argc, char **argv)
{
	struct tally sum = { .wrong = 0 };
	int opt, i, j;

	while ((opt = getopt(argc, argv, "n:j:s:vk:")) != -1) {
		switch (opt) {
		case 'n':
			writes = number(optarg, 1, 1000000000);
			break;
		case 'j':
			workers = number(optarg, 1, 64);
			break;
		case 's':
			seed = number(optarg, 1, 1000000000);
			break;
		case 'v':
			only_valid = true;
			break;
		case 'k':
			coverage = optarg;
			break;
		default:
			usage();
		}
	}
	if (optind != argc)
		usage();
	hammer_find_files();
	tally = shared_memory(workers * sizeof(*tally));
	sum.wrong = run_workers(workers, work);
	for (i = 0; i < workers; i++) {
		sum.wrong += tally[i].wrong;
		for (j = 0; j < OUTCOMES; j++)
			sum.outcome[j] += tally[i].outcome[j];
	}
	say("hammer writes=%ld ok=%ld einval=%ld erange=%ld e2big=%ld enomem=%ld other=%ld wrong=%ld seed=%ld",
	    writes, sum.outcome[OK], sum.outcome[IS_EINVAL],
	    sum.outcome[IS_ERANGE], sum.outcome[IS_E2BIG],
	    sum.outcome[IS_ENOMEM], sum.outcome[OTHER], sum.wrong, seed);
	return sum.wrong || sum.outcome[OTHER];
}
