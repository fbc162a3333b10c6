// SPDX-License-Identifier: GPL-2.0-only
/*
 * ninep: a file system over 9P that has nothing but an empty root directory,
 * mounted by a socket that a program connects and hands over (trans=fd).
 *
 *	ninep DIR	mounts it there, serves it, and ends with it
 */
#define _GNU_SOURCE
#include <endian.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sock.h"

/* A request's number; its answer's is one more. */
enum {
	LERROR = 6,
	STATFS = 8,
	GETATTR = 24,
	VERSION = 100,
	ATTACH = 104,
	CLUNK = 120,
};

#define HEAD 7
#define QID 13
#define MOST 8192
#define WHAT_STAT_SHOWS 0x7ff

struct message {
	unsigned char byte[MOST];
	size_t len;
};

static void put(struct message *m, uint64_t value, size_t size)
{
	value = htole64(value);
	memcpy(m->byte + m->len, &value, size);
	m->len += size;
}

static bool take(int fd, void *at, size_t len)
{
	return !len || recv(fd, at, len, MSG_WAITALL) == (ssize_t)len;
}

static bool request(int fd, struct message *m)
{
	uint32_t len;

	if (!take(fd, m->byte, sizeof(len)))
		return false;
	memcpy(&len, m->byte, sizeof(len));
	m->len = le32toh(len);
	return m->len >= HEAD && m->len <= MOST &&
	       take(fd, m->byte + sizeof(len), m->len - sizeof(len));
}

/* The root directory: its kind and its number. */
static void put_root(struct message *m)
{
	put(m, 0x80, 1);
	put(m, 0, 4);
	put(m, 1, 8);
}

static void answer(int fd, const struct message *asked)
{
	struct message m = { .len = 4 };
	int i, kind = asked->byte[4];

	put(&m, kind + 1, 1);
	memcpy(m.byte + m.len, asked->byte + 5, 2);
	m.len = HEAD;
	switch (kind) {
	case VERSION:
		memcpy(m.byte + HEAD, asked->byte + HEAD, asked->len - HEAD);
		m.len = asked->len;
		break;
	case ATTACH:
		put_root(&m);
		break;
	case GETATTR:
		put(&m, WHAT_STAT_SHOWS, 8);
		put_root(&m);
		put(&m, S_IFDIR | 0755, 4);
		/* Whose, links, size and times: none. */
		for (i = 0; i < 2 * 4 + 15 * 8; i++)
			put(&m, 0, 1);
		break;
	case STATFS:
		put(&m, 0x01021997, 4);
		put(&m, 4096, 4);
		for (i = 0; i < 6 * 8 + 4; i++)
			put(&m, 0, 1);
		break;
	case CLUNK:
		break;
	default:
		m.byte[4] = LERROR + 1;
		put(&m, EOPNOTSUPP, 4);
	}
	i = m.len;
	m.len = 0;
	put(&m, i, 4);
	if (send(fd, m.byte, i, MSG_NOSIGNAL) != i)
		die("send");
}

static void serve(int fd)
{
	static struct message m;

	while (request(fd, &m))
		answer(fd, &m);
}

int main(int argc, char **argv)
{
	char options[128];
	struct endpoint ep;
	int client, served;
	pid_t server;

	if (argc != 2) {
		fprintf(stderr, "usage: ninep DIR\n");
		return 2;
	}
	endpoint_init(&ep);
	endpoint_listen(&ep, 1, false);
	client = endpoint_connect(&ep, false);
	served = endpoint_accept(&ep);
	/* So that it stays as well: it is a program's own, and idle. */
	set_int(served, SOL_SOCKET, SO_KEEPALIVE, 1);
	server = fork();
	if (server < 0)
		die("fork");
	if (server) {
		close(client);
		serve(served);
		return 0;
	}
	snprintf(options, sizeof(options),
		 "trans=fd,rfdno=%d,wfdno=%d,version=9p2000.L", client, client);
	if (mount("ninep", argv[1], "9p", 0, options))
		die("mount %s", argv[1]);
	say("ready port=%d", ep.port);
	return 0;
}
