// SPDX-License-Identifier: GPL-2.0
/*
 * kern_sock: TCP connections over loopback whose two ends both belong to the
 * kernel, in the network namespace of whoever loads it. One end shuts its side
 * down, so that the other stays in CLOSE_WAIT until the module goes. Remove it
 * before the namespace: kernel sockets do not hold theirs.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/in.h>
#include <linux/module.h>
#include <linux/net.h>
#include <linux/nsproxy.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <net/net_namespace.h>
#include <net/sock.h>

static unsigned int pairs = 1;
module_param(pairs, uint, 0444);
MODULE_PARM_DESC(pairs, "how many connections to make");

/**
 * struct kern_pair - one connection
 * @client: the end that has sent its FIN
 * @server: the end that stays in CLOSE_WAIT
 */
struct kern_pair {
	struct socket *client;
	struct socket *server;
};

static struct kern_pair *made;

static void release_all(void)
{
	unsigned int i;

	for (i = 0; i < pairs; i++) {
		if (made[i].server)
			sock_release(made[i].server);
		if (made[i].client)
			sock_release(made[i].client);
	}
	kfree(made);
}

static int make_pair(struct net *net, struct socket *listener,
		     struct sockaddr_in *to, struct kern_pair *pair)
{
	int err;

	err = sock_create_kern(net, AF_INET, SOCK_STREAM, IPPROTO_TCP,
			       &pair->client);
	if (err)
		return err;
	/* The parameter's type differs between kernels; void * fits. */
	err = kernel_connect(pair->client, (void *)to, sizeof(*to), 0);
	if (err)
		return err;
	err = kernel_accept(listener, &pair->server, 0);
	if (err)
		return err;
	return kernel_sock_shutdown(pair->client, SHUT_WR);
}

static int __init kern_sock_init(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct net *net = current->nsproxy->net_ns;
	struct socket *listener;
	unsigned int i;
	int err;

	made = kcalloc(pairs, sizeof(*made), GFP_KERNEL);
	if (!made)
		return -ENOMEM;
	err = sock_create_kern(net, AF_INET, SOCK_STREAM, IPPROTO_TCP,
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
	for (i = 0; i < pairs; i++) {
		err = make_pair(net, listener, &to, &made[i]);
		if (err)
			goto err_listener;
	}
	sock_release(listener);
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
