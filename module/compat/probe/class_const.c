// SPDX-License-Identifier: GPL-2.0-only
/* 6.2, fa627348cfc7: the callbacks of a class take a const device. */
#include <linux/device.h>

static void ownership(const struct device *dev, kuid_t *uid, kgid_t *gid)
{
}

struct class probe = {
	.get_ownership = ownership,
};
