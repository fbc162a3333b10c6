// SPDX-License-Identifier: GPL-2.0-only
/*
 * kern_sock: TCP connections over loopback whose two ends both belong to the
 * kernel, in the network namespace of whoever loads it. Remove it before the
 * namespace: kernel sockets do not hold theirs.
 *
 * Of "pairs", one end shuts its side down, so that the other stays in
 * CLOSE_WAIT until the module goes. Of "orphans", one end is closed with more
 * to send than the other, which reads nothing, has room for. Its FIN has to
 * wait, and as tcp_close() stops the timers of a kernel socket (151c9c724d05,
 * "tcp: properly terminate timers for kernel sockets", 6.9), it waits in
 * FIN_WAIT1 for as long as the other end is there.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/module.h>
#include <linux/net.h>
#include <linux/nsproxy.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/socket.h>
#include <linux/tcp.h>
#include <linux/uio.h>
#include <net/ipv6.h>
#include <net/net_namespace.h>
#include <net/sock.h>

static unsigned int pairs = 1;
module_param(pairs, uint, 0444);
MODULE_PARM_DESC(
	pairs,
	"how many connections to make of which one end stays in CLOSE_WAIT");

static unsigned int orphans;
module_param(orphans, uint, 0444);
MODULE_PARM_DESC(
	orphans,
	"how many to make of which one end is closed, and stays in FIN_WAIT1");

static bool ipv6;
module_param(ipv6, bool, 0444);
MODULE_PARM_DESC(ipv6, "over IPv6");

/**
 * struct kern_pair - one connection
 * @client: the end that has sent its FIN; NULL once it is closed
 * @server: the end that was accepted, and is left alone
 */
struct kern_pair {
	struct socket *client;
	struct socket *server;
};

static struct kern_pair *made;

static void release_all(void)
{
	unsigned int i;

	for (i = 0; i < pairs + orphans; i++) {
		if (made[i].server)
			sock_release(made[i].server);
		if (made[i].client)
			sock_release(made[i].client);
	}
	kfree(made);
}

/* Sends until no more is taken: the other end does not read. */
static int fill(struct socket *sock)
{
	static char block[4096];
	struct kvec vec = { .iov_base = block, .iov_len = sizeof(block) };
	struct msghdr msg;
	int n;

	do {
		msg = (struct msghdr){ .msg_flags = MSG_DONTWAIT };
		n = kernel_sendmsg(sock, &msg, &vec, 1, sizeof(block));
	} while (n > 0);
	return n == -EAGAIN ? 0 : n;
}

static int make_pair(struct net *net, struct socket *listener,
		     struct sockaddr_storage *to, struct kern_pair *pair)
{
	int err;

	err = sock_create_kern(net, to->ss_family, SOCK_STREAM, IPPROTO_TCP,
			       &pair->client);
	if (err)
		return err;
	/* The parameter's type differs between kernels; void * fits. */
	err = kernel_connect(pair->client, (void *)to, sizeof(*to), 0);
	if (err)
		return err;
	return kernel_accept(listener, &pair->server, 0);
}

/*
 * What is under way is acknowledged, some of it after a delay, and each
 * acknowledgment starts a timer anew; after the last one the peer is silent.
 */
static int await_silence(struct socket *sock)
{
	const struct tcp_sock *tp = tcp_sk(sock->sk);
	int tries;

	for (tries = 0; tries < 5000; tries++) {
		if (!READ_ONCE(tp->packets_out) && !READ_ONCE(tp->snd_wnd))
			return 0;
		msleep(1);
	}
	return -ETIMEDOUT;
}

static int make_orphan(struct net *net, struct socket *listener,
		       struct sockaddr_storage *to, struct kern_pair *pair)
{
	int err = make_pair(net, listener, to, pair);

	if (!err)
		err = fill(pair->client);
	if (!err)
		err = await_silence(pair->client);
	if (err)
		return err;
	sock_release(pair->client);
	pair->client = NULL;
	return 0;
}

static int make_all(struct net *net, struct socket *listener,
		    struct sockaddr_storage *to)
{
	unsigned int i;
	int err;

	for (i = 0; i < pairs; i++) {
		err = make_pair(net, listener, to, &made[i]);
		if (!err)
			err = kernel_sock_shutdown(made[i].client, SHUT_WR);
		if (err)
			return err;
	}
	for (; i < pairs + orphans; i++) {
		err = make_orphan(net, listener, to, &made[i]);
		if (err)
			return err;
	}
	return 0;
}

static void loopback(struct sockaddr_storage *address)
{
	struct sockaddr_in6 *six = (void *)address;
	struct sockaddr_in *four = (void *)address;

	memset(address, 0, sizeof(*address));
	if (ipv6) {
		six->sin6_family = AF_INET6;
		six->sin6_addr = in6addr_loopback;
	} else {
		four->sin_family = AF_INET;
		four->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	}
}

static int __init kern_sock_init(void)
{
	struct net *net = current->nsproxy->net_ns;
	struct sockaddr_storage to;
	struct socket *listener;
	int err;

	made = kcalloc(pairs + orphans, sizeof(*made), GFP_KERNEL);
	if (!made)
		return -ENOMEM;
	loopback(&to);
	err = sock_create_kern(net, to.ss_family, SOCK_STREAM, IPPROTO_TCP,
			       &listener);
	if (err)
		goto err_made;
	err = kernel_bind(listener, (void *)&to, sizeof(to));
	if (err)
		goto err_listener;
	err = kernel_listen(listener, 8);
	if (err)
		goto err_listener;
	err = kernel_getsockname(listener, (void *)&to);
	if (err < 0)
		goto err_listener;
	err = make_all(net, listener, &to);
	sock_release(listener);
	if (err)
		goto err_made;
	return 0;

err_listener:
	sock_release(listener);
err_made:
	release_all();
	return err;
}

static void __exit kern_sock_exit(void)
{
	release_all();
}

module_init(kern_sock_init);
module_exit(kern_sock_exit);

MODULE_DESCRIPTION("Kernel-owned TCP connections for the tcp_reaper selftests");
MODULE_LICENSE("GPL");
