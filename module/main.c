// SPDX-License-Identifier: GPL-2.0-only
/*
 * tcp_reaper: ends TCP sockets that linger in CLOSE_WAIT or without an owner,
 * by the policy of their network namespace.
 */
#include <linux/compiler.h>
#include <linux/in.h>
#include <linux/init.h>
#include <linux/module.h>
#include <linux/net.h>
#include <net/net_namespace.h>
#include <net/sock.h>

#include "act/abort.h"
#include "hook/hook.h"
#include "hook/nursery.h"
#include "net/all.h"
#include "net/change.h"
#include "net/net.h"
#include "net/netns.h"
#include "show/pollers.h"
#include "show/sysfs.h"
#include "sock/clock.h"
#include "sock/kernel.h"
#include "track/census.h"
#include "track/entry.h"
#include "track/owner.h"
#include "track/share.h"
#include "track/table.h"

static struct socket *make_socket(void)
{
	struct socket *socket;

	if (sock_create_kern(&init_net, AF_INET, SOCK_STREAM, IPPROTO_TCP,
			     &socket))
		return NULL;
	return socket;
}

/* What can only be learned from a socket, on a kernel that has them by IPv4. */
static int learn(void)
{
	struct socket *socket = make_socket();

	if (!socket)
		return -ENOMEM;
	tcp_reaper_kernel_learn(socket->sk);
	tcp_reaper_abort_setup(socket->sk);
	sock_release(socket);
	return 0;
}

/*
 * Has a socket change its state and close before the eyes of the hook; false if
 * none is to be had. It listens for that moment, and only to this machine.
 */
static bool show(const struct sock **witness)
{
	struct tcp_reaper_net *rn = tcp_reaper_net(&init_net);
	struct socket *socket = make_socket();
	struct sockaddr_in here = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};

	if (!socket)
		return false;
	if (kernel_bind(socket, (void *)&here, sizeof(here)) ||
	    kernel_listen(socket, 0)) {
		sock_release(socket);
		return false;
	}
	/* For that moment, whatever the template says. */
	WRITE_ONCE(rn->asks, true);
	WRITE_ONCE(*witness, socket->sk);
	sock_release(socket);
	WRITE_ONCE(*witness, NULL);
	/* By its mode again, which may have been written meanwhile. */
	tcp_reaper_change_begin(rn);
	return true;
}

static int __init tcp_reaper_init(void)
{
	int err;

	err = learn();
	if (err)
		return err;
	tcp_reaper_share_setup(tcp_reaper_census_request);
	tcp_reaper_table_setup();
	tcp_reaper_pollers_setup();
	err = tcp_reaper_clock_setup();
	if (err)
		goto err_abort;
	err = tcp_reaper_entry_setup();
	if (err)
		goto err_clock;
	err = tcp_reaper_owner_setup();
	if (err)
		goto err_entry;
	err = tcp_reaper_census_setup();
	if (err)
		goto err_owner;
	err = tcp_reaper_nursery_setup(tcp_reaper_census_request,
				       tcp_reaper_hook_missed);
	if (err)
		goto err_census;
	err = tcp_reaper_sysfs_setup();
	if (err)
		goto err_nursery;
	err = tcp_reaper_netns_init();
	if (err)
		goto err_sysfs;
	tcp_reaper_hook_install(show);
	tcp_reaper_census_start();
	return 0;

err_sysfs:
	tcp_reaper_all_teardown();
	tcp_reaper_sysfs_teardown();
err_nursery:
	tcp_reaper_nursery_teardown();
err_census:
	tcp_reaper_census_teardown();
err_owner:
	tcp_reaper_owner_teardown();
err_entry:
	tcp_reaper_entry_teardown();
err_clock:
	tcp_reaper_clock_teardown();
err_abort:
	tcp_reaper_abort_teardown();
	return err;
}

/*
 * First whatever acts, then whatever makes work, and only then the namespaces,
 * whose end nobody on the machine is to wait for.
 */
static void __exit tcp_reaper_exit(void)
{
	tcp_reaper_owner_halt();
	tcp_reaper_census_stop();
	tcp_reaper_hook_remove();
	tcp_reaper_nursery_quiesce();
	tcp_reaper_netns_close();
	tcp_reaper_netns_exit();
	tcp_reaper_all_teardown();
	tcp_reaper_sysfs_teardown();
	tcp_reaper_nursery_teardown();
	tcp_reaper_census_teardown();
	tcp_reaper_owner_teardown();
	tcp_reaper_entry_teardown();
	tcp_reaper_clock_teardown();
	tcp_reaper_abort_teardown();
}

module_init(tcp_reaper_init);
module_exit(tcp_reaper_exit);

MODULE_DESCRIPTION("Reaps lingering TCP sockets, by namespace policy");
MODULE_AUTHOR("The tcp_reaper developers");
MODULE_LICENSE("GPL");
MODULE_VERSION(TCP_REAPER_VERSION);
