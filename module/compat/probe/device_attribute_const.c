// SPDX-License-Identifier: GPL-2.0
/* 7.x: show and store of a device attribute take it const. */
#include <linux/device.h>

static ssize_t show(struct device *dev, const struct device_attribute *attr,
		    char *buf)
{
	return 0;
}

struct device_attribute probe = {
	.show = show,
};
