// SPDX-License-Identifier: GPL-2.0-only
/*
 * What /proc tells about one process: is it running, how many descriptors has
 * it, and which of them does it wait for? What cannot be read is not known.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/duration.h"
#include "base/mem.h"
#include "kernel/aside.h"
#include "kernel/cgroup.h"
#include "kernel/kfile.h"
#include "kernel/process.h"

/*
 * What is waited for costs memory here, and one set may be reached by many
 * descriptors of many processes. Past any of these nothing is claimed.
 */
#define EPOLLS_MAX 1024
#define WATCHES_MAX 1000000
#define WATCHES_OF_ALL 4000000

/* Nor are more descriptors, for epoll sets. */
#define LINKS_MAX 65536

/* A process in state D is looked at again after this; so many are. */
#define STUCK_MS 50
#define STUCK_ASKED_MAX 20

static void path_of(char path[64], pid_t pid, const char *file)
{
	snprintf(path, 64, "/proc/%d/%s", (int)pid, file);
}

/* The number after @word and some blanks, if @text begins so. */
static bool value_of(const char *text, const char *word, uint64_t *value)
{
	char number[24];
	size_t len = strlen(word);

	if (strncmp(text, word, len))
		return false;
	text += len;
	text += strspn(text, " \t");
	len = strcspn(text, " \t");
	if (len >= sizeof(number))
		return false;
	memcpy(number, text, len);
	number[len] = '\0';
	return number_parse(number, value);
}

static int status_line(const struct kline *line, void *arg)
{
	struct process *process = arg;
	const char *text = line->text;
	uint64_t value;

	if (line->bad)
		return 0;
	if (!strncmp(text, "State:\t", 7) && text[7])
		process->state = text[7];
	else if (value_of(text, "TracerPid:", &value) && value <= INT32_MAX)
		process->tracer = (pid_t)value;
	else if (value_of(text, "Uid:", &value))
		process->uid = value;
	return 0;
}

static int limits_line(const struct kline *line, void *arg)
{
	struct process *process = arg;
	uint64_t value;

	if (!line->bad && value_of(line->text, "Max open files", &value))
		process->fd_limit = value;
	return 0;
}

/* Field 22, counted from behind the name, which may hold anything. */
static void read_start(struct process *process)
{
	char text[4096];
	char path[64];
	char *save;
	char *word;
	size_t field = 3;

	path_of(path, process->pid, "stat");
	if (kfile_value(path, text, sizeof(text)))
		return;
	word = strrchr(text, ')');
	if (!word)
		return;
	for (word = strtok_r(word + 1, " ", &save); word && field < 22; field++)
		word = strtok_r(NULL, " ", &save);
	if (word && !number_parse(word, &process->start))
		process->start = 0;
}

/* Of all processes. */
static size_t watches_of_all;

static bool too_many(const struct process *process)
{
	return process->epolls > EPOLLS_MAX || process->n == WATCHES_MAX ||
	       watches_of_all == WATCHES_OF_ALL;
}

static int fdinfo_line(const struct kline *line, void *arg)
{
	struct process *process = arg;
	struct watch watch;

	if (line->bad || sscanf(line->text, "tfd: %d events: %x", &watch.fd,
				&watch.events) != 2)
		return 0;
	if (too_many(process))
		return 1;
	watches_of_all++;
	process->watches = mem_grow(process->watches, process->n, &process->cap,
				    sizeof(*process->watches));
	process->watches[process->n++] = watch;
	return 0;
}

static void count_fd(const char *name, const char *target, void *arg)
{
	struct process *process = arg;

	(void)name;
	(void)target;
	process->fds++;
}

static void read_epoll(const char *name, const char *target, void *arg)
{
	struct process *process = arg;
	char file[32];
	char path[64];

	if (strcmp(target, "anon_inode:[eventpoll]") || strlen(name) > 10)
		return;
	process->epolls++;
	if (too_many(process))
		return;
	snprintf(file, sizeof(file), "fdinfo/%s", name);
	path_of(path, process->pid, file);
	/* A set that is not seen may be the one that has the socket. */
	if (aside_lines(path, fdinfo_line, process) == -ETIMEDOUT)
		process->epolls = EPOLLS_MAX + 1;
}

static int by_fd(const void *a, const void *b)
{
	int x = ((const struct watch *)a)->fd;
	int y = ((const struct watch *)b)->fd;

	return x < y ? -1 : x > y;
}

/*
 * A short wait for a disk is none to speak of. Who waits for what it made with
 * vfork() is in that state, too, and anybody may do that a thousand times.
 */
static bool still_stuck(pid_t pid)
{
	static unsigned int asked;
	struct process process = { .pid = pid };
	struct timespec moment = { .tv_nsec = STUCK_MS * 1000000L };
	char path[64];

	if (asked++ >= STUCK_ASKED_MAX)
		return false;
	nanosleep(&moment, NULL);
	path_of(path, pid, "status");
	kfile_lines(path, status_line, &process);
	return process.state == 'D';
}

/**
 * process_read_fds() - how many descriptors has a process?
 * @process: the result: @fds and @fd_limit; its @pid is set, @fds is 0
 */
void process_read_fds(struct process *process)
{
	char path[64];

	process->fd_limit = UINT64_MAX;
	path_of(path, process->pid, "limits");
	kfile_lines(path, limits_line, process);
	path_of(path, process->pid, "fd");
	kfile_entries(path, count_fd, process);
}

/**
 * process_read() - look at a process
 * @process: the result; process_free() it
 * @pid: its number
 * @watches: what it waits for, too, which takes longer
 */
void process_read(struct process *process, pid_t pid, bool watches)
{
	char path[64];

	*process = (struct process){ .pid = pid,
				     .state = '?',
				     .uid = UINT64_MAX,
				     .fd_limit = UINT64_MAX };
	path_of(path, pid, "status");
	kfile_lines(path, status_line, process);
	process_read_fds(process);
	read_start(process);
	process->frozen = cgroup_frozen(pid);
	process->stuck = watches && process->state == 'D' && !process->frozen &&
			 still_stuck(pid);
	path_of(path, pid, "fd");
	/* An epoll set is made early, before what is waited for. */
	if (watches)
		kfile_links(path, 0, LINKS_MAX, read_epoll, process);
	if (too_many(process))
		process->epolls = 0;
	if (process->n)
		qsort(process->watches, process->n, sizeof(*process->watches),
		      by_fd);
}

/**
 * process_uid() - whose is it?
 * @pid: its number
 *
 * Return: its user; UINT64_MAX: not known.
 */
uint64_t process_uid(pid_t pid)
{
	struct process process = { .uid = UINT64_MAX };
	char path[64];

	path_of(path, pid, "status");
	kfile_lines(path, status_line, &process);
	return process.uid;
}

/**
 * process_stopped() - does it get no time to close anything?
 * @process: the process
 *
 * Return: true if it is stopped by a signal or a debugger, or frozen.
 */
bool process_stopped(const struct process *process)
{
	return process->state == 'T' || process->state == 't' ||
	       process->frozen;
}

/**
 * process_watch() - does it wait for a descriptor with epoll?
 * @process: the process, read with its watches
 * @fd: the descriptor
 *
 * Return: what it waits for, or NULL.
 */
const struct watch *process_watch(const struct process *process, int fd)
{
	struct watch key = { .fd = fd };

	if (!process->n)
		return NULL;
	return bsearch(&key, process->watches, process->n,
		       sizeof(*process->watches), by_fd);
}

/**
 * process_free() - forget it
 * @process: what was read
 */
void process_free(struct process *process)
{
	free(process->watches);
	process->watches = NULL;
	process->n = 0;
	process->cap = 0;
}
