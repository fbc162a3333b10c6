/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCP_REAPER_COMPAT_FTRACE_H
#define TCP_REAPER_COMPAT_FTRACE_H

#include <linux/ftrace.h>
#include <linux/ptrace.h>

#include "config.h"
#include "kprobes.h"

/*
 * TCP_REAPER_FTRACE says that ftrace calls back with a function's arguments.
 * Which registers it saves for that:
 * - from 6.2 on (94d095ffa0e1) ftrace_regs_get_argument() reads the arguments;
 * - from 5.11 on (d19ad0775dcd) callbacks get a struct ftrace_regs, in which
 *   kernels that save arguments always (CONFIG_DYNAMIC_FTRACE_WITH_ARGS) keep
 *   a struct pt_regs;
 * - before, and without that option, all registers are asked for.
 *
 * FTRACE_OPS_FL_PERMANENT (7162431dcf72, 5.5): while we are there
 * kernel.ftrace_enabled can't be set to 0, which would blind us, and while it
 * is 0 we are refused.
 */
#if defined(CONFIG_DYNAMIC_FTRACE_WITH_ARGS)
#define TCP_REAPER_FTRACE 1
#define TCP_REAPER_FTRACE_FLAGS FTRACE_OPS_FL_PERMANENT
#elif defined(CONFIG_DYNAMIC_FTRACE_WITH_REGS)
#define TCP_REAPER_FTRACE 1
#define TCP_REAPER_FTRACE_FLAGS \
	(FTRACE_OPS_FL_PERMANENT | FTRACE_OPS_FL_SAVE_REGS)
#endif

#ifdef TCP_REAPER_FTRACE

#ifdef TCP_REAPER_HAVE_FTRACE_REGS
#define tcp_reaper_ftrace_regs struct ftrace_regs
#else
#define tcp_reaper_ftrace_regs struct pt_regs
#endif

/*
 * Frees what ftrace_set_filter() made; the ops are not registered any more.
 * ftrace_free_filter() is exported from 6.2 on only (8be9fbd5345d), and leaves
 * a pointer to what it freed; a filter that is reset to nothing is a constant.
 */
static inline void tcp_reaper_ftrace_forget(struct ftrace_ops *ops)
{
	ftrace_set_filter(ops, NULL, 0, 1);
}

/* Argument n (0, 1) of the function at whose entry the callback is. */
static __always_inline unsigned long
tcp_reaper_ftrace_arg(tcp_reaper_ftrace_regs *regs, unsigned int n)
{
#if defined(TCP_REAPER_HAVE_FTRACE_ARGUMENT)
	return ftrace_regs_get_argument(regs, n);
#elif defined(TCP_REAPER_HAVE_FTRACE_REGS_MEMBER)
	return tcp_reaper_regs_arg(&regs->regs, n);
#elif defined(TCP_REAPER_HAVE_FTRACE_REGS)
	return tcp_reaper_regs_arg(ftrace_get_regs(regs), n);
#else
	return tcp_reaper_regs_arg(regs, n);
#endif
}

#endif

#endif
