// SPDX-License-Identifier: GPL-2.0-only
/* Must compile on every kernel: else the probes can't be believed. */
#include <linux/device.h>
#include <linux/sysctl.h>
#include <net/tcp.h>

struct sock *probe(struct sock *sk);
struct sock *probe(struct sock *sk)
{
	return sk;
}
