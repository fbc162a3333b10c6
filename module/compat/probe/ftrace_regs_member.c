// SPDX-License-Identifier: GPL-2.0-only
/* 5.11 to 6.1 (02a474ca266a): struct ftrace_regs is a struct pt_regs inside. */
#include <linux/ftrace.h>

struct pt_regs *probe(struct ftrace_regs *regs);
struct pt_regs *probe(struct ftrace_regs *regs)
{
	return &regs->regs;
}
