// SPDX-License-Identifier: GPL-2.0
/* After 434506b86a6c: show takes a const attribute, not show_const beside it.
 */
#include <linux/device.h>

static ssize_t show(struct device *dev, const struct device_attribute *attr,
		    char *buf)
{
	return 0;
}

struct device_attribute probe = {
	.show = show,
};
