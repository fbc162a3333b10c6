// SPDX-License-Identifier: GPL-2.0-only
/*
 * same_name: functions of its own that are called as the two that tcp_reaper
 * hooks, as any module may have them. What they are given is no socket: the
 * first page of memory, which whoever follows the pointer dies of.
 *
 * A write to the parameter "call" calls both as many times.
 */
#include <linux/compiler.h>
#include <linux/kernel.h>
#include <linux/module.h>

static unsigned long calls;
module_param(calls, ulong, 0444);
MODULE_PARM_DESC(calls, "how often they were called");

/* Looked at anew for each call, so that it is handed over as it would be. */
static unsigned long no_socket = 0x10;

static noinline __noclone void tcp_close(void *not_a_socket, long timeout)
{
	calls++;
	barrier_data(not_a_socket);
}

static noinline __noclone void tcp_fin(void *not_a_socket)
{
	calls++;
	barrier_data(not_a_socket);
}

static int call_set(const char *text, const struct kernel_param *kp)
{
	unsigned int n;
	int err = kstrtouint(text, 0, &n);

	if (err)
		return err;
	while (n--) {
		tcp_close((void *)READ_ONCE(no_socket), 0);
		tcp_fin((void *)READ_ONCE(no_socket));
	}
	return 0;
}

static const struct kernel_param_ops call_ops = {
	.set = call_set,
};
module_param_cb(call, &call_ops, NULL, 0200);
MODULE_PARM_DESC(call, "call both so many times");

static int __init same_name_init(void)
{
	return 0;
}

static void __exit same_name_exit(void)
{
}

module_init(same_name_init);
module_exit(same_name_exit);

MODULE_DESCRIPTION(
	"Functions named as the hooked ones, for the tcp_reaper selftests");
MODULE_LICENSE("GPL");
