/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_COMPAT_CLASS_H
#define TCP_REAPER_COMPAT_CLASS_H

#include <linux/device.h>
#include <linux/ns_common.h>
#include <net/net_namespace.h>

#include "config.h"

/*
 * The callbacks of a class take a const device since fa627348cfc7 ("driver
 * core: class: make namespace and get_ownership take const *", 6.2), and the
 * namespace is a struct ns_common instead of an opaque tag since e3b2cf6e5dba
 * ("kernfs: pass struct ns_common instead of const void * for namespace tags").
 */
#ifdef TCP_REAPER_HAVE_CLASS_CONST
#define tcp_reaper_class_device const struct device
#else
#define tcp_reaper_class_device struct device
#endif

#ifdef TCP_REAPER_HAVE_CLASS_NS_COMMON
#define tcp_reaper_class_tag const struct ns_common
#define tcp_reaper_tag_of(net) (&(net)->ns)
#else
#define tcp_reaper_class_tag const void
#define tcp_reaper_tag_of(net) (net)
#endif

#endif
