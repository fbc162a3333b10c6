// SPDX-License-Identifier: GPL-2.0
/* 6.2, a9b12f8b4e0b: the callbacks of a class take a const device. */
#include <linux/device.h>

static void ownership(const struct device *dev, kuid_t *uid, kgid_t *gid)
{
}

struct class probe = {
	.get_ownership = ownership,
};
