// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/module/tcp_reaper/parameters/: what a new namespace starts with, and
 * what holds for all of them together.
 */
#include <linux/capability.h>
#include <linux/log2.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/string.h>

#include "hook/hook.h"
#include "hook/nursery.h"
#include "net/knobs.h"
#include "net/net.h"
#include "show/log.h"
#include "track/census.h"
#include "track/share.h"

/*
 * The files are root's, but root in a user namespace may be the same user, and
 * is not to decide for others; nor, with netns_admin=N, root in a container,
 * which could take that back here. Who loads the module may say with what; the
 * files are there before that has ended.
 */
static int may_set(void)
{
	if (THIS_MODULE->state != MODULE_STATE_LIVE)
		return capable(CAP_SYS_MODULE) ? 0 : -EPERM;
	if (READ_ONCE(tcp_reaper_netns_admin))
		return capable(CAP_NET_ADMIN) ? 0 : -EPERM;
	return tcp_reaper_is_host() ? 0 : -EPERM;
}

static int uint_set(const char *text, const struct kernel_param *kp)
{
	return may_set() ?: param_set_uint(text, kp);
}

static const struct kernel_param_ops uint_ops = {
	.set = uint_set,
	.get = param_get_uint,
};

static int bool_set(const char *text, const struct kernel_param *kp)
{
	return may_set() ?: param_set_bool(text, kp);
}

static const struct kernel_param_ops bool_ops = {
	.flags = KERNEL_PARAM_OPS_FL_NOARG,
	.set = bool_set,
	.get = param_get_bool,
};

static int mode_set(const char *text, const struct kernel_param *kp)
{
	u32 value;
	int err = may_set();

	if (!err)
		err = tcp_reaper_knob_parse(&tcp_reaper_knobs[0], text,
					    strlen(text), &value);
	if (!err)
		WRITE_ONCE(tcp_reaper_template.mode, value);
	return err;
}

static int mode_get(char *buf, const struct kernel_param *kp)
{
	u32 mode = READ_ONCE(tcp_reaper_template.mode);

	return sprintf(buf, "%s\n", tcp_reaper_mode_words[mode]);
}

static const struct kernel_param_ops mode_ops = {
	.set = mode_set,
	.get = mode_get,
};

static int tracked_set(const char *text, const struct kernel_param *kp)
{
	unsigned int before = READ_ONCE(tcp_reaper_max_tracked);
	int err = uint_set(text, kp);

	if (err)
		return err;
	tcp_reaper_max_tracked_given = true;
	if (READ_ONCE(tcp_reaper_max_tracked) > before)
		tcp_reaper_census_request();
	return 0;
}

static const struct kernel_param_ops tracked_ops = {
	.set = tracked_set,
	.get = param_get_uint,
};

static int interval_set(const char *text, const struct kernel_param *kp)
{
	int err = uint_set(text, kp);

	if (!err)
		tcp_reaper_census_retime();
	return err;
}

static const struct kernel_param_ops interval_ops = {
	.set = interval_set,
	.get = param_get_uint,
};

static int hook_set(const char *text, const struct kernel_param *kp)
{
	return tcp_reaper_hook_choose(text);
}

static int hook_get(char *buf, const struct kernel_param *kp)
{
	return tcp_reaper_hook_describe(buf, PAGE_SIZE);
}

static const struct kernel_param_ops hook_ops = {
	.set = hook_set,
	.get = hook_get,
};

static int records_set(const char *text, const struct kernel_param *kp)
{
	unsigned int n;
	int err = kstrtouint(text, 10, &n);

	if (err)
		return err;
	if (!is_power_of_2(n))
		return -EINVAL;
	if (n < 16 || n > 1 << 20)
		return -ERANGE;
	tcp_reaper_nursery_records = n;
	return 0;
}

static const struct kernel_param_ops records_ops = {
	.set = records_set,
	.get = param_get_uint,
};

/* One line each: a description is looked for as it is read. */
/* clang-format off */
module_param_cb(mode, &mode_ops, NULL, 0644);
MODULE_PARM_DESC(mode, "What a new namespace starts with: off, observe or enforce (observe)");
module_param_cb(close_wait_timeout_ms, &uint_ops, &tcp_reaper_template.close_wait_timeout_ms, 0644);
MODULE_PARM_DESC(close_wait_timeout_ms, "What a new namespace starts with; 0: never (3600000)");
module_param_cb(orphan_timeout_ms, &uint_ops, &tcp_reaper_template.orphan_timeout_ms, 0644);
MODULE_PARM_DESC(orphan_timeout_ms, "What a new namespace starts with; 0: never (300000)");
module_param_cb(orphan_max, &uint_ops, &tcp_reaper_template.orphan_max, 0644);
MODULE_PARM_DESC(orphan_max, "What a new namespace starts with; 0: no limit (0)");
module_param_cb(netns_admin, &bool_ops, &tcp_reaper_netns_admin, 0644);
MODULE_PARM_DESC(netns_admin, "CAP_NET_ADMIN over a namespace is enough to change its policy (Y)");
module_param_cb(max_tracked, &tracked_ops, &tcp_reaper_max_tracked, 0644);
MODULE_PARM_DESC(max_tracked, "Most sockets tracked in all namespaces together; a tenant may hold no more than it leaves free (by memory: 1048576 with 4 GiB)");
module_param_cb(census_interval_s, &interval_ops, &tcp_reaper_census_interval_s, 0644);
MODULE_PARM_DESC(census_interval_s, "Seconds between censuses; 0: only when needed (300)");
module_param_cb(log_kb, &uint_ops, &tcp_reaper_log_kb, 0644);
MODULE_PARM_DESC(log_kb, "Most KiB that a namespace's log grows to, 65536 at most; below 16: none is kept (1024)");
module_param_cb(hook, &hook_ops, NULL, 0444);
MODULE_PARM_DESC(hook, "At load: auto, ftrace, tcp_fin, tracepoint, tcp_set_state or none; reads as what is probed, and how (auto)");
module_param_cb(nursery_records, &records_ops, &tcp_reaper_nursery_records, 0444);
MODULE_PARM_DESC(nursery_records, "At load: size of each CPU's ring of transitions, a power of two (2048)");
/* clang-format on */
