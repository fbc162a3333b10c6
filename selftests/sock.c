// SPDX-License-Identifier: GPL-2.0
/* What the helpers share: endpoints, clocks, and ways to hurt a connection. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
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
 */
void cut_off(int fd)
{
	struct sock_filter drop = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog program = { .len = 1, .filter = &drop };

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
 * endpoint_init() - IPv4 over loopback in the namespace we are in
 * @ep: what to set
 */
void endpoint_init(struct endpoint *ep)
{
	*ep = (struct endpoint){ .family = AF_INET,
				 .away = -1,
				 .listener = -1 };
	ep->home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (ep->home < 0)
		die("/proc/self/ns/net");
}

/**
 * endpoint_option() - take one of ENDPOINT_OPTIONS
 * @ep: what it changes
 * @opt: the letter getopt() gave
 * @arg: its argument
 * Return: whether @opt was one of ours.
 */
bool endpoint_option(struct endpoint *ep, int opt, const char *arg)
{
	switch (opt) {
	case '4':
		ep->family = AF_INET;
		break;
	case '6':
		ep->family = AF_INET6;
		break;
	case 'm':
		ep->family = AF_INET6;
		ep->mapped = true;
		break;
	case 'a':
		ep->address = arg;
		break;
	case 'p':
		ep->port = number(arg, 1, 65535);
		break;
	case 'N':
		ep->away = open(arg, O_RDONLY | O_CLOEXEC);
		if (ep->away < 0)
			die("%s", arg);
		break;
	default:
		return false;
	}
	return true;
}

/**
 * endpoint_name() - the kind of addresses in one word
 * @ep: the endpoint
 * Return: "v4", "v6" or "mapped".
 */
const char *endpoint_name(const struct endpoint *ep)
{
	return ep->mapped ? "mapped" : ep->family == AF_INET ? "v4" : "v6";
}

/* A socket belongs to the namespace its maker is in, for good: step over, make
 * it, step back. */
static int socket_in(const struct endpoint *ep, bool away, int family,
		     int protocol)
{
	int fd;

	if (away && ep->away >= 0 && setns(ep->away, CLONE_NEWNET))
		die("setns");
	fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, protocol);
	if (fd < 0)
		die("socket");
	if (away && ep->away >= 0 && setns(ep->home, CLONE_NEWNET))
		die("setns");
	return fd;
}

/**
 * endpoint_listen() - open the listener
 * @ep: fills in @listener and @port
 * @backlog: as of listen()
 * @away: listen in the other namespace, if there is one
 */
void endpoint_listen(struct endpoint *ep, int backlog, bool away)
{
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6,
				   .sin6_port = htons(ep->port) };
	struct sockaddr_in v4 = { .sin_family = AF_INET,
				  .sin_port = htons(ep->port) };
	bool four = ep->family == AF_INET;
	struct sockaddr *sa = four ? (void *)&v4 : (void *)&v6;
	socklen_t len = four ? sizeof(v4) : sizeof(v6);

	ep->listener = socket_in(ep, away, ep->family, 0);
	set_int(ep->listener, SOL_SOCKET, SO_REUSEADDR, 1);
	if (!four)
		set_int(ep->listener, IPPROTO_IPV6, IPV6_V6ONLY, !ep->mapped);
	if (bind(ep->listener, sa, len) || listen(ep->listener, backlog))
		die("cannot listen on port %d", ep->port);
	if (getsockname(ep->listener, sa, &len))
		die("getsockname");
	ep->port = ntohs(four ? v4.sin_port : v6.sin6_port);
}

/**
 * endpoint_connect() - connect to the listener
 * @ep: the endpoint, already listening
 * @away: connect from the other namespace, if there is one
 * Return: the connected socket.
 */
int endpoint_connect(const struct endpoint *ep, bool away)
{
	int family = ep->mapped ? AF_INET : ep->family;
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6,
				   .sin6_port = htons(ep->port) };
	struct sockaddr_in v4 = { .sin_family = AF_INET,
				  .sin_port = htons(ep->port) };
	bool four = family == AF_INET;
	const char *address = ep->address ? ep->address
			      : four	  ? "127.0.0.1"
					  : "::1";
	int fd = socket_in(ep, away, family, ep->protocol);

	if (inet_pton(family, address,
		      four ? (void *)&v4.sin_addr : &v6.sin6_addr) != 1)
		die("'%s' is not an address of this family", address);
	if (connect(fd, four ? (void *)&v4 : (void *)&v6,
		    four ? sizeof(v4) : sizeof(v6)))
		die("connect to %s port %d", address, ep->port);
	return fd;
}

/**
 * endpoint_accept() - take the next connection of the listener
 * @ep: the endpoint, already listening
 * Return: the accepted socket.
 */
int endpoint_accept(const struct endpoint *ep)
{
	int fd = accept4(ep->listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		die("accept");
	return fd;
}
