// SPDX-License-Identifier: GPL-2.0-only
/*
 * takeover: sockets that a program makes and the kernel takes over, as
 * nbd-client's and rpc.nfsd's are; and what else it takes to use them.
 *
 *	nbd DEVICE		a disk of 1 MiB, served by this program over a
 *				connection; until SIGTERM
 *	nfsd PORT DIR		a listening socket for the NFS server whose
 *				control files are in DIR
 *	rds FROM TO NETNS	a message over RDS to another namespace, and one
 *				back; what they go through stays
 *	mount SOURCE DIR TYPE OPTIONS
 *	io FILE			writes a block, and reads it back from where it
 *				is kept
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <endian.h>
#include <fcntl.h>
#include <linux/nbd.h>
#include <linux/rds.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sock.h"

#define DISK (1 << 20)
#define BLOCK 4096

static char disk[DISK];

static void usage(void)
{
	fprintf(stderr, "usage: takeover nbd DEVICE | nfsd PORT DIR | io FILE |"
			" mount SOURCE DIR TYPE OPTIONS | rds FROM TO NETNS\n");
	exit(2);
}

static bool all_of(int fd, void *buf, size_t len, bool out)
{
	char *at = buf;
	ssize_t n;

	for (; len; len -= n, at += n) {
		n = out ? send(fd, at, len, MSG_NOSIGNAL)
			: recv(fd, at, len, 0);
		if (n <= 0)
			return false;
	}
	return true;
}

/* Serves the disk, until the connection ends. */
static void serve(int fd)
{
	struct nbd_request request;
	struct nbd_reply reply = { .magic = htonl(NBD_REPLY_MAGIC) };

	while (all_of(fd, &request, sizeof(request), false)) {
		uint32_t type = ntohl(request.type) & 0xffff;
		uint64_t from = be64toh(request.from);
		uint32_t len = ntohl(request.len);

		if (type == NBD_CMD_DISC)
			return;
		if (from > DISK || len > DISK - from)
			die("nbd: a request past the end");
		if (type == NBD_CMD_WRITE &&
		    !all_of(fd, disk + from, len, false))
			return;
		memcpy(&reply.handle, &request.handle, sizeof(reply.handle));
		if (!all_of(fd, &reply, sizeof(reply), true))
			return;
		if (type == NBD_CMD_READ && !all_of(fd, disk + from, len, true))
			return;
	}
}

static void on_term(int signal)
{
	(void)signal;
}

/* The kernel's end has no file in any process once it is handed over. */
static void nbd(const char *device)
{
	struct sigaction action = { .sa_handler = on_term };
	int fd = open(device, O_RDWR | O_CLOEXEC);
	struct sockaddr_in name;
	socklen_t len = sizeof(name);
	pid_t server, user;
	struct endpoint ep;
	int client, served;

	endpoint_init(&ep);
	endpoint_listen(&ep, 1, false);
	client = endpoint_connect(&ep, false);
	served = endpoint_accept(&ep);
	if (fd < 0 || getsockname(client, (void *)&name, &len))
		die("%s", device);
	/* So that it stays as well: it is a program's own, and idle. */
	set_int(served, SOL_SOCKET, SO_KEEPALIVE, 1);
	if (ioctl(fd, NBD_SET_BLKSIZE, BLOCK) ||
	    ioctl(fd, NBD_SET_SIZE_BLOCKS, DISK / BLOCK) ||
	    ioctl(fd, NBD_SET_SOCK, client))
		die("%s: NBD_SET_SOCK", device);
	server = fork();
	if (!server) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(client);
		close(fd);
		serve(served);
		_exit(0);
	}
	user = fork();
	if (!user) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(client);
		close(served);
		ioctl(fd, NBD_DO_IT);
		_exit(0);
	}
	if (server < 0 || user < 0)
		die("fork");
	close(client);
	close(served);
	say("ready port=%d", ntohs(name.sin_port));
	if (sigaction(SIGTERM, &action, NULL))
		die("sigaction");
	pause();
	ioctl(fd, NBD_DISCONNECT);
	waitpid(user, NULL, 0);
	waitpid(server, NULL, 0);
	ioctl(fd, NBD_CLEAR_SOCK);
}

static void nfsd(const char *port, const char *dir)
{
	char name[256], text[16];
	struct endpoint ep;
	int fd, len;

	endpoint_init(&ep);
	endpoint_option(&ep, 'p', port);
	endpoint_listen(&ep, 8, false);
	snprintf(name, sizeof(name), "%s/portlist", dir);
	fd = open(name, O_WRONLY | O_CLOEXEC);
	len = snprintf(text, sizeof(text), "%d\n", ep.listener);
	if (fd < 0 || write(fd, text, len) != len)
		die("%s", name);
}

#define RDS_PORT 7000

static int rds_socket(const char *address, struct sockaddr_in *name)
{
	int fd = socket(AF_RDS, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	struct timeval patience = { .tv_sec = 20 };

	*name = (struct sockaddr_in){ .sin_family = AF_INET,
				      .sin_port = htons(RDS_PORT) };
	if (fd < 0 || inet_pton(AF_INET, address, &name->sin_addr) != 1)
		die("RDS at %s", address);
	set_int(fd, SOL_RDS, SO_RDS_TRANSPORT, RDS_TRANS_TCP);
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
		       sizeof(patience)) ||
	    bind(fd, (void *)name, sizeof(*name)))
		die("RDS at %s", address);
	return fd;
}

static void rds_message(int from, int to, const struct sockaddr_in *name)
{
	char text[] = "a message", got[sizeof(text)] = "";

	if (sendto(from, text, sizeof(text), 0, (void *)name, sizeof(*name)) !=
	    sizeof(text))
		die("sendto");
	if (recv(to, got, sizeof(got), 0) != sizeof(got) || strcmp(got, text))
		die("recv");
}

static void rds(const char *from, const char *to, const char *netns)
{
	struct sockaddr_in here, there;
	int near = rds_socket(from, &here), far;
	int fd = open(netns, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || setns(fd, CLONE_NEWNET))
		die("%s", netns);
	far = rds_socket(to, &there);
	rds_message(near, far, &there);
	rds_message(far, near, &here);
}

/* Past every cache on this side. */
static void io(const char *name)
{
	static char out[BLOCK] __attribute__((aligned(BLOCK)));
	static char in[BLOCK] __attribute__((aligned(BLOCK)));
	int fd = open(name, O_RDWR | O_CREAT | O_DIRECT | O_CLOEXEC, 0600);

	memset(out, now_us() & 0xff, sizeof(out));
	if (fd < 0 || pwrite(fd, out, BLOCK, 0) != BLOCK || fsync(fd) ||
	    pread(fd, in, BLOCK, 0) != BLOCK)
		die("%s", name);
	if (memcmp(in, out, BLOCK))
		die("%s: reads what was not written", name);
	if (close(fd))
		die("%s", name);
}

int main(int argc, char **argv)
{
	const char *verb = argc > 2 ? argv[1] : "";

	if (!strcmp(verb, "nbd") && argc == 3)
		nbd(argv[2]);
	else if (!strcmp(verb, "nfsd") && argc == 4)
		nfsd(argv[2], argv[3]);
	else if (!strcmp(verb, "io") && argc == 3)
		io(argv[2]);
	else if (!strcmp(verb, "rds") && argc == 5)
		rds(argv[2], argv[3], argv[4]);
	else if (!strcmp(verb, "mount") && argc == 6) {
		if (mount(argv[2], argv[3], argv[4], 0, argv[5]))
			die("mount %s", argv[2]);
	} else {
		usage();
	}
	return 0;
}
