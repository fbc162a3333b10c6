/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TCP_REAPER_COMPAT_KPROBES_H
#define TCP_REAPER_COMPAT_KPROBES_H

#include <linux/kprobes.h>
#include <linux/ptrace.h>

#include "config.h"

/*
 * Argument n (0, 1) of the function at whose entry a probe sits.
 * regs_get_kernel_argument() came with 3c88ee194c28 (x86, 4.20); each
 * architecture that has it says so by HAVE_FUNCTION_ARG_ACCESS_API.
 */
static inline unsigned long tcp_reaper_kprobe_arg(struct pt_regs *regs,
						  unsigned int n)
{
#ifdef CONFIG_HAVE_FUNCTION_ARG_ACCESS_API
	return regs_get_kernel_argument(regs, n);
#else
#error "tcp_reaper needs CONFIG_HAVE_FUNCTION_ARG_ACCESS_API"
#endif
}

/* How a probe got into the code, in a word. */
static inline const char *tcp_reaper_kprobe_how(struct kprobe *p)
{
	if (kprobe_disabled(p))
		return "disabled";
	if (kprobe_ftrace(p))
		return "ftrace";
	if (kprobe_optimized(p))
		return "jump";
	return "breakpoint";
}

#endif
