/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_COMPAT_KPROBES_H
#define TCP_REAPER_COMPAT_KPROBES_H

#include <linux/kprobes.h>
#include <linux/ptrace.h>

#include "config.h"

/*
 * Argument n (0, 1) of the function at whose entry a probe sits.
 * regs_get_kernel_argument() came with 3c88ee194c28 (x86, 4.20); each
 * architecture that has it says so by HAVE_FUNCTION_ARG_ACCESS_API; s390's
 * needs a function that is not exported. Known besides are the registers of the
 * calling conventions of arm, mips and powerpc.
 */
static __always_inline unsigned long tcp_reaper_regs_arg(struct pt_regs *regs,
							 unsigned int n)
{
#if defined(CONFIG_S390)
	return regs->gprs[2 + n];
#elif defined(CONFIG_HAVE_FUNCTION_ARG_ACCESS_API)
	return regs_get_kernel_argument(regs, n);
#elif defined(CONFIG_ARM)
	return regs->uregs[n];
#elif defined(CONFIG_PPC)
	return regs->gpr[3 + n];
#elif defined(CONFIG_MIPS)
	return regs->regs[4 + n];
#else
#error "tcp_reaper does not know where this architecture passes arguments"
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
