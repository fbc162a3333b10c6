// SPDX-License-Identifier: GPL-2.0-only
/*
 * calm: connections that are slow, idle or half-closed for a good reason, of
 * every kind that programs make. Each asks and is answered, is idle, asks once
 * more and shuts its side down, and is then sent the rest little by little: for
 * several times -t, after which a socket in CLOSE_WAIT that did nothing would
 * be reaped. Every byte has to arrive, and then the end.
 *
 * Prints "calm kind=K n=N good=N"; exit status 0 only if all are good.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/tls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sock.h"

#ifndef SOL_TLS
#define SOL_TLS 282
#endif
#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

#define PIECES 10
#define PIECE 3000

enum kind {
	SEND,
	SPLICE,
	SENDFILE,
	TLS,
	MPTCP,
	REUSEPORT,
	FASTOPEN,
	SOCKMAP,
	KEEPALIVE,
	KINDS
};

static const char *const kinds[KINDS] = { "send",     "splice",	 "sendfile",
					  "tls",      "mptcp",	 "reuseport",
					  "fastopen", "sockmap", "keepalive" };

/**
 * struct pair - a connection
 * @server: the end that is in CLOSE_WAIT for most of the time
 * @client: the end that asks
 * @got: bytes that arrived at @client
 * @bad: something went wrong
 */
struct pair {
	int server;
	int client;
	long got;
	bool bad;
};

static struct endpoint ep;
static enum kind kind;
static int count = 10;
static long timeout_ms = 1000;
static struct pair *pairs;
static char piece[PIECE];

static void usage(void)
{
	fprintf(stderr,
		"usage: calm [-46] -k KIND [-n N] [-t MS]\n"
		"  -k  send splice sendfile tls mptcp reuseport fastopen sockmap keepalive\n"
		"  -t  the time after which a silent socket is reaped (1000)\n");
	exit(2);
}

static void use_tls(int fd, int direction)
{
	struct tls12_crypto_info_aes_gcm_128 key = {
		.info = { .version = TLS_1_2_VERSION,
			  .cipher_type = TLS_CIPHER_AES_GCM_128 },
	};

	/* Already there for the second direction. */
	if (setsockopt(fd, IPPROTO_TCP, TCP_ULP, "tls", 4) && errno != EEXIST)
		die("TCP_ULP");
	/* Without its cipher the kernel passes all on as it is. */
	if (setsockopt(fd, SOL_TLS, direction, &key, sizeof(key)) &&
	    errno != ENOENT)
		die("SOL_TLS");
}

static void into_sockmap(int fd)
{
	static int map = -1;
	static int key;
	union bpf_attr attr = { .map_type = BPF_MAP_TYPE_SOCKMAP,
				.key_size = 4,
				.value_size = 4,
				.max_entries = 1024 };

	if (map < 0)
		map = syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr));
	memset(&attr, 0, sizeof(attr));
	attr.map_fd = map;
	attr.key = (uintptr_t)&key;
	attr.value = (uintptr_t)&fd;
	if (map < 0 ||
	    syscall(SYS_bpf, BPF_MAP_UPDATE_ELEM, &attr, sizeof(attr)))
		die("sockmap");
	key++;
}

static int open_fast(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
				   .sin_port = htons(ep.port),
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 ||
	    sendto(fd, "?", 1, MSG_FASTOPEN, (void *)&sin, sizeof(sin)) != 1)
		die("MSG_FASTOPEN");
	return fd;
}

static void make(struct pair *p)
{
	char c = '?';

	p->client = kind == FASTOPEN ? open_fast()
				     : endpoint_connect(&ep, false);
	p->server = endpoint_accept(&ep);
	if (kind == TLS) {
		use_tls(p->server, TLS_TX);
		use_tls(p->client, TLS_RX);
	} else if (kind == SOCKMAP) {
		into_sockmap(p->server);
		into_sockmap(p->client);
	} else if (kind == KEEPALIVE) {
		set_int(p->server, SOL_SOCKET, SO_KEEPALIVE, 1);
		set_int(p->server, IPPROTO_TCP, TCP_KEEPIDLE, 1);
	}
	if (kind != FASTOPEN && send(p->client, &c, 1, MSG_NOSIGNAL) != 1)
		p->bad = true;
	if (read(p->server, &c, 1) != 1 ||
	    send(p->server, "!", 1, MSG_NOSIGNAL) != 1 ||
	    read(p->client, &c, 1) != 1 || c != '!')
		p->bad = true;
}

/* A whole piece, in the way of the kind. */
static bool give(int fd)
{
	static int file = -1, pipes[2];
	off_t at = 0;

	if (kind == SPLICE) {
		if (!pipes[1] && pipe(pipes))
			die("pipe");
		return write(pipes[1], piece, PIECE) == PIECE &&
		       splice(pipes[0], NULL, fd, NULL, PIECE, 0) == PIECE;
	}
	if (kind == SENDFILE) {
		if (file < 0)
			file = memfd_create("piece", MFD_CLOEXEC);
		if (file < 0 || pwrite(file, piece, PIECE, 0) != PIECE)
			die("memfd");
		return sendfile(fd, file, &at, PIECE) == PIECE;
	}
	return send(fd, piece, PIECE, MSG_NOSIGNAL) == PIECE;
}

/* Half a piece at a time, at its own pace. */
static void take(struct pair *p, size_t most)
{
	char buf[PIECE];
	ssize_t n;

	while (most && (n = recv(p->client, buf, most < PIECE ? most : PIECE,
				 MSG_DONTWAIT)) > 0) {
		most -= n;
		if (memcmp(buf, piece, n) && kind == SEND)
			p->bad = true;
		p->got += n;
	}
}

static void finish(struct pair *p)
{
	struct pollfd fd = { .fd = p->client, .events = POLLIN };
	char c;

	while (p->got < PIECES * PIECE && poll(&fd, 1, 5000) == 1) {
		long before = p->got;

		take(p, PIECE);
		if (p->got == before)
			break;
	}
	if (p->got != PIECES * PIECE || poll(&fd, 1, 5000) != 1 ||
	    read(p->client, &c, 1) || close(p->client))
		p->bad = true;
}

static void rest(long ms)
{
	if (usleep(ms * 1000))
		die("usleep");
}

int main(int argc, char **argv)
{
	int opt, i, round, good = 0;
	int qlen = 16;
	char c = '?';

	endpoint_init(&ep);
	kind = KINDS;
	while ((opt = getopt(argc, argv, ENDPOINT_OPTIONS "k:n:t:")) != -1) {
		switch (opt) {
		case 'k':
			for (kind = 0;
			     kind < KINDS && strcmp(optarg, kinds[kind]);)
				kind++;
			break;
		case 'n':
			count = number(optarg, 1, 500);
			break;
		case 't':
			timeout_ms = number(optarg, 1, 60000);
			break;
		default:
			if (!endpoint_option(&ep, opt, optarg))
				usage();
		}
	}
	if (optind != argc || kind == KINDS)
		usage();
	raise_nofile();
	memset(piece, 'p', PIECE);
	pairs = calloc(count, sizeof(*pairs));
	if (!pairs)
		die("calloc");
	if (kind == MPTCP)
		ep.protocol = IPPROTO_MPTCP;
	ep.reuseport = kind == REUSEPORT;
	endpoint_listen(&ep, count, false);
	if (kind == FASTOPEN)
		set_int(ep.listener, IPPROTO_TCP, TCP_FASTOPEN, qlen);
	for (i = 0; i < count; i++)
		make(&pairs[i]);
	/* Idle, as a websocket is. */
	rest(3 * timeout_ms);
	for (i = 0; i < count; i++)
		if (send(pairs[i].client, &c, 1, MSG_NOSIGNAL) != 1 ||
		    shutdown(pairs[i].client, SHUT_WR) ||
		    read(pairs[i].server, &c, 1) != 1)
			pairs[i].bad = true;
	for (round = 0; round < PIECES; round++) {
		for (i = 0; i < count; i++) {
			if (!give(pairs[i].server))
				pairs[i].bad = true;
			take(&pairs[i], PIECE / 2);
		}
		rest(timeout_ms / 2);
	}
	/* None waits for another's rest: it would be idle for long. */
	for (i = 0; i < count; i++)
		if (close(pairs[i].server))
			pairs[i].bad = true;
	for (i = 0; i < count; i++)
		finish(&pairs[i]);
	for (i = 0; i < count; i++)
		good += !pairs[i].bad;
	say("calm kind=%s family=%s n=%d good=%d", kinds[kind],
	    endpoint_name(&ep), count, good);
	return good != count;
}
