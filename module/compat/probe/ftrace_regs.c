// SPDX-License-Identifier: GPL-2.0-only
/* 5.11 (d19ad0775dcd): callbacks get a struct ftrace_regs. */
#include <linux/ftrace.h>

void probe(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *ops,
	   struct ftrace_regs *regs);
ftrace_func_t handler = probe;
