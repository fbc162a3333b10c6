// SPDX-License-Identifier: GPL-2.0
/*
 * tcp_reaper: ends TCP sockets that linger in CLOSE_WAIT or without an owner,
 * by the policy of their network namespace.
 */
#include <linux/init.h>
#include <linux/module.h>

#include "askers.h"
#include "census.h"
#include "hook.h"
#include "netns.h"
#include "nursery.h"
#include "sysfs.h"
#include "table.h"
#include "watch.h"

static int __init tcp_reaper_init(void)
{
	int err;

	err = tcp_reaper_table_setup();
	if (err)
		return err;
	err = tcp_reaper_watch_setup();
	if (err)
		goto err_table;
	err = tcp_reaper_nursery_setup();
	if (err)
		goto err_watch;
	err = tcp_reaper_sysfs_setup();
	if (err)
		goto err_nursery;
	err = tcp_reaper_netns_init();
	if (err)
		goto err_sysfs;
	tcp_reaper_hook_install();
	tcp_reaper_census_start();
	return 0;

err_sysfs:
	tcp_reaper_askers_quiesce();
	tcp_reaper_sysfs_teardown();
err_nursery:
	tcp_reaper_nursery_teardown();
err_watch:
	tcp_reaper_watch_teardown();
err_table:
	tcp_reaper_table_teardown();
	return err;
}

static void __exit tcp_reaper_exit(void)
{
	tcp_reaper_watch_halt();
	tcp_reaper_census_stop();
	tcp_reaper_hook_remove();
	tcp_reaper_nursery_quiesce();
	tcp_reaper_netns_exit();
	tcp_reaper_askers_quiesce();
	tcp_reaper_sysfs_teardown();
	tcp_reaper_nursery_teardown();
	tcp_reaper_watch_teardown();
	tcp_reaper_table_teardown();
}

module_init(tcp_reaper_init);
module_exit(tcp_reaper_exit);

MODULE_DESCRIPTION("Reaps lingering TCP sockets, by namespace policy");
MODULE_AUTHOR("The tcp_reaper developers");
MODULE_LICENSE("GPL");
MODULE_VERSION(TCP_REAPER_VERSION);
