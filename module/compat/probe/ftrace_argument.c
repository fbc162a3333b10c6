// SPDX-License-Identifier: GPL-2.0-only
/* 6.2 (94d095ffa0e1): the arguments have an accessor. */
#include <linux/ftrace.h>

unsigned long probe(struct ftrace_regs *regs);
unsigned long probe(struct ftrace_regs *regs)
{
	return ftrace_regs_get_argument(regs, 0);
}
