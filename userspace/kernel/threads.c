// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the threads of a process do now: run, or wait, and for what. From
 * /proc/PID/task/TID/stat, and from syscall and wchan there, which only those
 * may read who may trace the process.
 */
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel/kfile.h"
#include "kernel/threads.h"
#include "show/clean.h"

/* What a system call's first argument is, or what it waits for. */
enum call_kind {
	CALL_FD, /* a descriptor, and something to happen there */
	CALL_EVENTS, /* likewise, and that is how programs wait for events */
	CALL_WAIT, /* for events, of no one descriptor */
	CALL_OTHER,
};

static const struct {
	long number;
	const char *name;
	enum call_kind kind;
} calls[] = {
	{ SYS_read, "read", CALL_FD },
	{ SYS_write, "write", CALL_FD },
	{ SYS_readv, "readv", CALL_FD },
	{ SYS_writev, "writev", CALL_FD },
	{ SYS_pread64, "pread64", CALL_FD },
	{ SYS_pwrite64, "pwrite64", CALL_FD },
	{ SYS_recvfrom, "recvfrom", CALL_FD },
	{ SYS_recvmsg, "recvmsg", CALL_FD },
	{ SYS_sendto, "sendto", CALL_FD },
	{ SYS_sendmsg, "sendmsg", CALL_FD },
	{ SYS_connect, "connect", CALL_FD },
	{ SYS_fsync, "fsync", CALL_FD },
	{ SYS_fdatasync, "fdatasync", CALL_FD },
	{ SYS_flock, "flock", CALL_FD },
	{ SYS_fcntl, "fcntl", CALL_FD },
	{ SYS_ioctl, "ioctl", CALL_FD },
	{ SYS_accept, "accept", CALL_EVENTS },
	{ SYS_accept4, "accept4", CALL_EVENTS },
	{ SYS_epoll_pwait, "epoll_pwait", CALL_EVENTS },
	{ SYS_ppoll, "ppoll", CALL_WAIT },
	{ SYS_pselect6, "pselect6", CALL_WAIT },
#ifdef SYS_epoll_wait /* older architectures only */
	{ SYS_epoll_wait, "epoll_wait", CALL_EVENTS },
	{ SYS_poll, "poll", CALL_WAIT },
	{ SYS_select, "select", CALL_WAIT },
	{ SYS_pause, "pause", CALL_WAIT },
	{ SYS_vfork, "vfork", CALL_OTHER },
#endif
	{ SYS_clone, "clone", CALL_OTHER },
	{ SYS_clone3, "clone3", CALL_OTHER },
	{ SYS_rt_sigsuspend, "sigsuspend", CALL_WAIT },
	{ SYS_rt_sigtimedwait, "sigtimedwait", CALL_WAIT },
	{ SYS_futex, "futex", CALL_WAIT },
	{ SYS_wait4, "wait4", CALL_OTHER },
	{ SYS_waitid, "waitid", CALL_OTHER },
	{ SYS_nanosleep, "nanosleep", CALL_OTHER },
	{ SYS_clock_nanosleep, "clock_nanosleep", CALL_OTHER },
};

#define CALLS (sizeof(calls) / sizeof(calls[0]))

struct scan {
	struct threads *threads;
	pid_t pid;
	const char *own; /* a socket, as its descriptors' links say */
	bool numbers; /* of system calls are those that we know */
};

/*
 * A program of another kind (32 bits) has other numbers. In what the kernel
 * handed it at its start, types and values by turns, a type fills 8 bytes of a
 * program of 64 bits, and the upper half is 0; in one of 32 bits its value
 * stands there. The program's file would tell, too; but to open one on a
 * network file system, or on FUSE, may take for ever.
 */
static bool numbers_known(pid_t pid)
{
	uint64_t words[128];
	char path[64];
	bool wide = true;
	ssize_t len;
	size_t i;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/auxv", (int)pid);
	fd = kfile_open(path);
	if (fd < 0)
		return kfile_pseudo();
	len = read(fd, words, sizeof(words));
	close(fd);
	if (len < (ssize_t)sizeof(words[0]))
		return false;
	for (i = 0; i < (size_t)len / sizeof(words[0]) && words[i]; i += 2)
		wide &= words[i] <= UINT32_MAX;
	return wide == (sizeof(long) == 8);
}

/* " of fd 5, /var/log/x"; what a descriptor leads to is the program's to say.
 */
static void name_fd(char *text, size_t size, const struct scan *scan,
		    uint64_t fd)
{
	char target[PATH_MAX];
	char path[64];
	char *name;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)scan->pid, (int)fd);
	snprintf(text, size, " on fd %d", (int)fd);
	if (fd > INT_MAX || kfile_link(path, target, sizeof(target)) ||
	    !strncmp(target, "anon_inode:", 11))
		return;
	if (scan->own && !strcmp(target, scan->own)) {
		snprintf(text, size, " on this very socket");
		return;
	}
	/* Not to be taken for the end of this and another thread. */
	name = clean_name(target, "\\,;");
	snprintf(text, size, " on fd %d, %.100s", (int)fd, name);
	free(name);
}

static void task_file(char path[64], const struct scan *scan, const char *tid,
		      const char *file)
{
	snprintf(path, 64, "/proc/%d/task/%.10s/%s", (int)scan->pid, tid, file);
}

/* In which system call is it? Return: true if it only waits for events. */
static bool name_call(char *text, size_t size, const struct scan *scan,
		      const char *tid)
{
	char path[64];
	char value[256];
	char at[THREADS_TEXT] = "";
	uint64_t arg;
	char *end;
	long number;
	size_t i;

	*text = '\0';
	task_file(path, scan, tid, "syscall");
	if (!scan->numbers || kfile_value(path, value, sizeof(value)))
		return false;
	number = strtol(value, &end, 10);
	if (end == value || number < 0)
		return false;
	arg = strtoull(end, NULL, 16);
	for (i = 0; i < CALLS && calls[i].number != number; i++)
		;
	if (i == CALLS) {
		snprintf(text, size, "system call %ld", number);
		return false;
	}
	if (calls[i].kind == CALL_FD || calls[i].kind == CALL_EVENTS)
		name_fd(at, sizeof(at), scan, arg);
	snprintf(text, size, "%s()%.120s", calls[i].name, at);
	return calls[i].kind == CALL_EVENTS || calls[i].kind == CALL_WAIT;
}

static void add(struct threads *threads, const char *text)
{
	size_t i;

	for (i = 0; i < threads->doings; i++) {
		if (!strcmp(threads->v[i].text, text))
			break;
	}
	if (i == THREADS_DOINGS) {
		threads->more = true;
		return;
	}
	if (i == threads->doings)
		snprintf(threads->v[threads->doings++].text, THREADS_TEXT,
			 "%.*s", THREADS_TEXT - 1, text);
	threads->v[i].n++;
}

/* The state is behind the name, which may hold anything. */
static char state_of(const struct scan *scan, const char *tid)
{
	char text[4096];
	char path[64];
	const char *at;

	task_file(path, scan, tid, "stat");
	if (kfile_value(path, text, sizeof(text)))
		return '?';
	at = strrchr(text, ')');
	return at && at[1] == ' ' && at[2] ? at[2] : '?';
}

static void look_at_thread(const char *tid, const char *target, void *arg)
{
	const struct scan *scan = arg;
	struct threads *threads = scan->threads;
	char wchan[64];
	char path[64];
	char call[THREADS_TEXT];
	char text[2 * THREADS_TEXT];
	bool waits;
	char state;

	static size_t looked;

	(void)target;
	if (threads->n == THREADS_MAX || looked == THREADS_OF_ALL) {
		threads->more = true;
		return;
	}
	looked++;
	threads->n++;
	state = state_of(scan, tid);
	waits = name_call(call, sizeof(call), scan, tid);
	task_file(path, scan, tid, "wchan");
	if (kfile_value(path, wchan, sizeof(wchan)) || !strcmp(wchan, "0"))
		*wchan = '\0';
	if (state == 'R')
		snprintf(text, sizeof(text), "runs");
	else if (state == 'D')
		snprintf(text, sizeof(text),
			 "waits in the kernel, state D%s%s%s%s",
			 *wchan ? ", in " : "", wchan, *call ? ", for " : "",
			 call);
	else if (state == 'T' || state == 't')
		snprintf(text, sizeof(text), "is stopped");
	else if (*call)
		snprintf(text, sizeof(text), "waits in %s", call);
	else
		snprintf(text, sizeof(text), "sleeps%s%s",
			 *wchan ? " in the kernel's " : "", wchan);
	/* Of one whose call is not known nothing is claimed. */
	threads->busy += state == 'R' || state == 'D' || (*call && !waits);
	text[THREADS_TEXT - 1] = '\0';
	add(threads, text);
}

static int by_number(const void *a, const void *b)
{
	const struct doing *x = a;
	const struct doing *y = b;

	return x->n < y->n ? 1 : x->n > y->n ? -1 : strcmp(x->text, y->text);
}

/**
 * threads_read() - what does a process do now?
 * @threads: the result
 * @pid: the process
 * @own: the link of a descriptor that is to be known again: "socket:[42]"; or
 *	NULL
 */
void threads_read(struct threads *threads, pid_t pid, const char *own)
{
	struct scan scan = { threads, pid, own, numbers_known(pid) };
	char path[64];

	memset(threads, 0, sizeof(*threads));
	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	kfile_entries(path, look_at_thread, &scan);
	qsort(threads->v, threads->doings, sizeof(threads->v[0]), by_number);
}
