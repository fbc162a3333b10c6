// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/class/tcp_reaper/self/: a class tagged by network namespace, as
 * /sys/class/net is, with one device a namespace.
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/netdevice.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include <net/net_namespace.h>

#include "compat/class.h"
#include "net/change.h"
#include "net/knobs.h"
#include "net/net.h"
#include "stats.h"
#include "sysfs.h"

/**
 * struct tcp_reaper_sysfs - the device of a namespace
 * @dev: the device
 * @rn: the namespace; valid until device_del(), which waits for readers
 */
struct tcp_reaper_sysfs {
	struct device dev;
	struct tcp_reaper_net *rn;
};

/**
 * struct knob_attr - the file of a knob
 * @attr: the file
 * @knob: what it shows
 */
struct knob_attr {
	struct device_attribute attr;
	const struct tcp_reaper_knob *knob;
};

/**
 * struct stat_attr - the file of a counter
 * @attr: the file
 * @stat: what it shows
 */
struct stat_attr {
	struct device_attribute attr;
	enum tcp_reaper_stat stat;
};

/* One set of files serves all namespaces. */
static struct knob_attr *knob_attrs;
static struct stat_attr *stat_attrs;
static const struct attribute_group **groups;

static struct tcp_reaper_net *rn_of(const struct device *dev)
{
	return container_of(dev, struct tcp_reaper_sysfs, dev)->rn;
}

static ssize_t knob_show(struct device *dev, struct device_attribute *attr,
			 char *buf)
{
	const struct knob_attr *ka = container_of(attr, struct knob_attr, attr);

	return tcp_reaper_knob_show(&rn_of(dev)->policy, ka->knob, buf);
}

static ssize_t knob_store(struct device *dev, struct device_attribute *attr,
			  const char *buf, size_t len)
{
	const struct knob_attr *ka = container_of(attr, struct knob_attr, attr);
	int err = tcp_reaper_change_knob(rn_of(dev), ka->knob, buf, len);

	return err ? err : len;
}

static ssize_t stat_show(struct device *dev, struct device_attribute *attr,
			 char *buf)
{
	const struct stat_attr *sa = container_of(attr, struct stat_attr, attr);

	return sysfs_emit(buf, "%llu\n",
			  tcp_reaper_stat_read(&rn_of(dev)->stats, sa->stat));
}

static tcp_reaper_class_tag *namespace(tcp_reaper_class_device *dev)
{
	return tcp_reaper_tag_of(rn_of(dev)->net);
}

static void ownership(tcp_reaper_class_device *dev, kuid_t *uid, kgid_t *gid)
{
	net_ns_get_ownership(rn_of(dev)->net, uid, gid);
}

static void release(struct device *dev)
{
	kfree(container_of(dev, struct tcp_reaper_sysfs, dev));
}

static struct class reaper_class = {
	.name = "tcp_reaper",
	.ns_type = &net_ns_type_operations,
	.namespace = namespace,
	.get_ownership = ownership,
	.dev_release = release,
};

static bool same_group(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static void free_groups(void)
{
	unsigned int i;

	for (i = 0; groups && groups[i]; i++) {
		kfree(groups[i]->attrs);
		kfree(groups[i]);
	}
	kfree(groups);
	kfree(knob_attrs);
	kfree(stat_attrs);
}

/* A group of @nr files with room for them; its list ends in NULL. */
static struct attribute_group *new_group(const char *name, unsigned int nr)
{
	struct attribute_group *group = kzalloc(sizeof(*group), GFP_KERNEL);

	if (!group)
		return NULL;
	group->name = name;
	group->attrs = kcalloc(nr + 1, sizeof(*group->attrs), GFP_KERNEL);
	if (!group->attrs) {
		kfree(group);
		return NULL;
	}
	return group;
}

static void init_attr(struct device_attribute *attr, const char *name,
		      umode_t mode)
{
	sysfs_attr_init(&attr->attr);
	attr->attr.name = name;
	attr->attr.mode = mode;
}

/* Each run of knobs with one group becomes a directory. */
static int knob_groups(unsigned int *nr_groups)
{
	struct attribute_group *group = NULL;
	unsigned int i, n = 0;

	for (i = 0; i < tcp_reaper_nr_knobs; i++) {
		const struct tcp_reaper_knob *knob = &tcp_reaper_knobs[i];
		struct knob_attr *ka = &knob_attrs[i];

		if (!i || !same_group(knob->group, knob[-1].group)) {
			group = new_group(knob->group, tcp_reaper_nr_knobs);
			if (!group)
				return -ENOMEM;
			groups[(*nr_groups)++] = group;
			n = 0;
		}
		init_attr(&ka->attr, knob->name, 0644);
		ka->attr.show = knob_show;
		ka->attr.store = knob_store;
		ka->knob = knob;
		group->attrs[n++] = &ka->attr.attr;
	}
	return 0;
}

static int stat_group(unsigned int *nr_groups)
{
	struct attribute_group *group = new_group("stats", TCP_REAPER_NR_STATS);
	unsigned int i;

	if (!group)
		return -ENOMEM;
	groups[(*nr_groups)++] = group;
	for (i = 0; i < TCP_REAPER_NR_STATS; i++) {
		init_attr(&stat_attrs[i].attr, tcp_reaper_stat_name(i), 0444);
		stat_attrs[i].attr.show = stat_show;
		stat_attrs[i].stat = i;
		group->attrs[i] = &stat_attrs[i].attr.attr;
	}
	return 0;
}

/**
 * tcp_reaper_sysfs_setup - make the class, and the files all devices share
 *
 * Return: 0 or a negative errno.
 */
int tcp_reaper_sysfs_setup(void)
{
	unsigned int nr_groups = 0;
	int err = -ENOMEM;

	/* At most a group a knob, one of counters, and the NULL at the end. */
	groups = kcalloc(tcp_reaper_nr_knobs + 2, sizeof(*groups), GFP_KERNEL);
	knob_attrs =
		kcalloc(tcp_reaper_nr_knobs, sizeof(*knob_attrs), GFP_KERNEL);
	stat_attrs =
		kcalloc(TCP_REAPER_NR_STATS, sizeof(*stat_attrs), GFP_KERNEL);
	if (!groups || !knob_attrs || !stat_attrs)
		goto err_free;
	err = knob_groups(&nr_groups);
	if (err)
		goto err_free;
	err = stat_group(&nr_groups);
	if (err)
		goto err_free;
	err = class_register(&reaper_class);
	if (err)
		goto err_free;
	return 0;

err_free:
	free_groups();
	return err;
}

/** tcp_reaper_sysfs_teardown - undo tcp_reaper_sysfs_setup() */
void tcp_reaper_sysfs_teardown(void)
{
	class_unregister(&reaper_class);
	free_groups();
}

/**
 * tcp_reaper_sysfs_add - a namespace's directory
 * @rn: the namespace
 *
 * Return: 0 or a negative errno.
 */
int tcp_reaper_sysfs_add(struct tcp_reaper_net *rn)
{
	struct tcp_reaper_sysfs *sysfs = kzalloc(sizeof(*sysfs), GFP_KERNEL);
	int err;

	if (!sysfs)
		return -ENOMEM;
	sysfs->rn = rn;
	device_initialize(&sysfs->dev);
	sysfs->dev.class = &reaper_class;
	sysfs->dev.groups = groups;
	/* Nothing in user space waits for it, and there may be thousands. */
	dev_set_uevent_suppress(&sysfs->dev, true);
	/* Without power management the device has six files fewer. */
	device_set_pm_not_required(&sysfs->dev);
	err = dev_set_name(&sysfs->dev, "self");
	if (!err)
		err = device_add(&sysfs->dev);
	if (err) {
		put_device(&sysfs->dev);
		return err;
	}
	rn->sysfs = sysfs;
	return 0;
}

/**
 * tcp_reaper_sysfs_del - undo tcp_reaper_sysfs_add()
 * @rn: the namespace
 *
 * Context: process context; waits for readers and writers.
 */
void tcp_reaper_sysfs_del(struct tcp_reaper_net *rn)
{
	device_unregister(&rn->sysfs->dev);
	rn->sysfs = NULL;
}
