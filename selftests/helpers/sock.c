// SPDX-License-Identifier: GPL-2.0-only
/* What the helpers share: clocks, words, and ways to hurt a connection. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sock.h"

/**
 * die() - end the program with status 1 and a line on stderr
 * @format: printf-like; the text of errno is added if errno is set
 */
void die(const char *format, ...)
{
	int error = errno;
	va_list args;

	fprintf(stderr, "%s: ", program_invocation_short_name);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	if (error)
		fprintf(stderr, ": %s", strerror(error));
	fputc('\n', stderr);
	exit(1);
}

/**
 * say() - print a line on stdout at once, as scripts wait for it
 * @format: printf-like, without the newline
 */
void say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	if (fflush(stdout))
		die("cannot write to stdout");
}

/**
 * now_us() - the clock by which all helpers measure
 * Return: CLOCK_MONOTONIC in microseconds.
 */
long long now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000LL + ts.tv_nsec / 1000;
}

/**
 * ms_between() - the time between two readings of now_us()
 * @from_us: the earlier one
 * @to_us: the later one; 0: it never happened
 * Return: milliseconds, or -1 if it never happened.
 */
double ms_between(long long from_us, long long to_us)
{
	return to_us ? (to_us - from_us) / 1000.0 : -1;
}

/**
 * error_name() - the symbol of an errno value that a reaped socket can show
 * @error: errno value; 0 stands for an end of file
 * Return: its symbol, or "E?".
 */
const char *error_name(int error)
{
	switch (error) {
	case 0:
		return "EOF";
	case EAGAIN:
		return "EAGAIN";
	case ECONNABORTED:
		return "ECONNABORTED";
	case ECONNRESET:
		return "ECONNRESET";
	case ENOTCONN:
		return "ENOTCONN";
	case EPIPE:
		return "EPIPE";
	case ETIMEDOUT:
		return "ETIMEDOUT";
	}
	return "E?";
}

/**
 * number() - a decimal argument, checked
 * @text: the argument
 * @min: least allowed value
 * @max: greatest allowed value
 * Return: the value; does not return for a bad one.
 */
long number(const char *text, long min, long max)
{
	char *end;
	long value;

	errno = 0;
	value = strtol(text, &end, 10);
	if (errno || end == text || *end || value < min || value > max) {
		errno = 0;
		die("'%s' is not a number from %ld to %ld", text, min, max);
	}
	return value;
}

/** raise_nofile() - allow as many descriptors as the hard limit does */
void raise_nofile(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		die("getrlimit");
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit))
		die("setrlimit");
}

/**
 * set_int() - setsockopt() of an int that has to work
 * @fd: the socket
 * @level: as of setsockopt()
 * @option: as of setsockopt()
 * @value: as of setsockopt()
 */
void set_int(int fd, int level, int option, int value)
{
	if (setsockopt(fd, level, option, &value, sizeof(value)))
		die("setsockopt level %d option %d", level, option);
}

/**
 * set_blocking() - choose whether calls on a descriptor may wait
 * @fd: the descriptor
 * @blocking: whether they may
 */
void set_blocking(int fd, bool blocking)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0)
		die("F_GETFL");
	flags = blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK;
	if (fcntl(fd, F_SETFL, flags))
		die("F_SETFL");
}

/**
 * cut_off() - make a socket deaf, as if the cable to it were cut
 * @fd: the socket; it drops each segment that comes in from now on, and still
 * sends
 * @rst_passes: but for those with RST
 */
void cut_off(int fd, bool rst_passes)
{
	/* What a filter of a TCP socket sees begins with the TCP header. */
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 13),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, TH_RST, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, rst_passes ? 0xffffffff : 0),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program = { .len = 4, .filter = filter };

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program,
		       sizeof(program)))
		die("SO_ATTACH_FILTER");
}

/**
 * fill() - send until the peer's window and the send buffer are both full
 * @fd: the socket
 *
 * Full means: still full after 100 ms, as the peer's kernel goes on taking data
 * for a moment. Return: the bytes sent.
 */
long fill(int fd)
{
	static const char block[4096];
	long long last = now_us();
	long total = 0;

	set_blocking(fd, false);
	while (now_us() - last < 100000) {
		ssize_t n = send(fd, block, sizeof(block), MSG_NOSIGNAL);

		if (n > 0) {
			total += n;
			last = now_us();
		} else if (errno == EAGAIN) {
			usleep(2000);
		} else {
			die("fill");
		}
	}
	return total;
}

/**
 * word() - a word of the command line
 * @text: as it stands there
 * @words: those it may be
 * @n: how many they are
 * Return: which it is; @n: none of them.
 */
int word(const char *text, const char *const words[], int n)
{
	int i = 0;

	while (i < n && strcmp(text, words[i]))
		i++;
	return i;
}

/**
 * shared_memory() - memory that child processes share with us
 * @size: in bytes
 * Return: the memory, zeroed.
 */
void *shared_memory(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		die("mmap");
	return memory;
}

/**
 * run_workers() - do something in many processes at once, until all are done
 * @n: how many
 * @work: what; is told which of them it is, from 0 on
 * Return: how many did not end well.
 */
int run_workers(int n, void (*work)(int worker))
{
	int i, status, bad = 0;

	for (i = 0; i < n; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (!pid) {
			work(i);
			exit(0);
		}
	}
	while (wait(&status) > 0)
		bad += status != 0;
	return bad;
}
