// SPDX-License-Identifier: GPL-2.0
/*
 * slow_stores: makes races of another module likely. Before some of its
 * stores to memory a kernel's worker is held up, for a time in which the other
 * CPUs get far, while what it has read grows old. Which instructions those are
 * is found by looking, so nothing here knows the other module's source. So is
 * a worker that enters one of some functions of the kernel.
 *
 * Stores are found on x86-64 only. The kprobes are on every instruction from
 * "from" to "to" that writes a register or a constant to memory, but for the
 * stack.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/errno.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/slab.h>

static unsigned long from;
module_param(from, ulong, 0400);
MODULE_PARM_DESC(from, "address of the first function");

static unsigned long to;
module_param(to, ulong, 0400);
MODULE_PARM_DESC(to, "address behind the last one");

#define MAX_FUNCTIONS 8

static char *functions[MAX_FUNCTIONS];
static int nr_functions;
module_param_array(functions, charp, &nr_functions, 0400);
MODULE_PARM_DESC(functions,
		 "functions of the kernel, those that it does not have too");

static unsigned int ms = 1;
module_param(ms, uint, 0644);
MODULE_PARM_DESC(us, "how long a worker is held up");

static unsigned int one_in = 128;
module_param(one_in, uint, 0644);
MODULE_PARM_DESC(one_in, "how many stores go by for each that is held up");

static bool wide;
module_param(wide, bool, 0400);
MODULE_PARM_DESC(
	wide,
	"only stores of 64 bits, and those that change a part of what is there: where a word has several things in it");

static unsigned int stores;
module_param(stores, uint, 0444);
MODULE_PARM_DESC(stores, "how many instructions were found");

static unsigned long held_up;
module_param(held_up, ulong, 0444);
MODULE_PARM_DESC(held_up, "how often a worker was held up");

/* Of those that look like one, some are the middle of another instruction. */
#define MAX_STORES 4096

static struct kprobe *probes;
static struct kprobe entries[MAX_FUNCTIONS];
static DEFINE_PER_CPU(u32, dice);

static int before_store(struct kprobe *p, struct pt_regs *regs)
{
	u32 thrown;

	if (!(current->flags & PF_WQ_WORKER))
		return 0;
	thrown = this_cpu_read(dice) * 1664525 + 1013904223;
	this_cpu_write(dice, thrown);
	if ((thrown >> 8) % max(one_in, 1U))
		return 0;
	held_up++;
	mdelay(ms);
	return 0;
}

NOKPROBE_SYMBOL(before_store);

static int at_entry(struct kprobe *p, struct pt_regs *regs)
{
	if (current->flags & PF_WQ_WORKER)
		udelay(200);
	return 0;
}

NOKPROBE_SYMBOL(at_entry);

static void enter_functions(void)
{
	int i;

	for (i = 0; i < nr_functions; i++) {
		entries[i].symbol_name = functions[i];
		entries[i].pre_handler = at_entry;
		if (register_kprobe(&entries[i]))
			entries[i].symbol_name = NULL;
	}
}

static void leave_functions(void)
{
	int i;

	for (i = 0; i < nr_functions; i++)
		if (entries[i].symbol_name)
			unregister_kprobe(&entries[i]);
}

#ifdef CONFIG_X86_64
/*
 * Prefixes, an opcode that has its destination in a ModRM byte, and that byte.
 * At most four bytes behind @at are read, which the caller leaves room for.
 */
static bool looks_like_store(const u8 *at)
{
	bool narrow = wide;
	u8 mod, reg, rm;

	/* 16 bits, LOCK */
	while (*at == 0x66 || *at == 0xf0)
		at++;
	/* REX */
	if ((*at & 0xf0) == 0x40)
		narrow &= !(*at++ & 8);
	mod = at[1] >> 6;
	reg = at[1] >> 3 & 7;
	rm = at[1] & 7;
	/* A register, or the stack. */
	if (mod == 3 || rm == 4)
		return false;
	switch (*at) {
	case 0x00:
	case 0x01: /* add */
	case 0x08:
	case 0x09: /* or */
	case 0x20:
	case 0x21: /* and */
	case 0x28:
	case 0x29: /* sub */
	case 0x30:
	case 0x31: /* xor */
		return true;
	case 0x88:
	case 0x89: /* mov */
		return !narrow;
	case 0x80:
	case 0x81:
	case 0x83: /* the same with a constant; 7 is cmp */
		return reg != 7;
	case 0xc6:
	case 0xc7: /* mov of a constant */
		return !reg && !narrow;
	default:
		return false;
	}
}
#else
static bool looks_like_store(const u8 *at)
{
	return false;
}
#endif

/* A module is in several pieces, with nothing between them. */
static bool readable(unsigned long at)
{
	return vmalloc_to_page((void *)at) && vmalloc_to_page((void *)(at + 8));
}

static int __init slow_stores_init(void)
{
	unsigned long at;

	if (!from || to < from)
		return -EINVAL;
	probes = kcalloc(MAX_STORES, sizeof(*probes), GFP_KERNEL);
	if (!probes)
		return -ENOMEM;
	for (at = from; at + 8 < to && stores < MAX_STORES; at++) {
		struct kprobe *p = &probes[stores];

		if (!readable(at) || !looks_like_store((const u8 *)at))
			continue;
		p->addr = (kprobe_opcode_t *)at;
		p->pre_handler = before_store;
		/* Refused in the middle of an instruction, and by NOKPROBE. */
		if (register_kprobe(p))
			memset(p, 0, sizeof(*p));
		else
			stores++;
	}
	pr_info("%u stores\n", stores);
	if (!stores) {
		kfree(probes);
		return -ENOENT;
	}
	enter_functions();
	return 0;
}

static void __exit slow_stores_exit(void)
{
	unsigned int i;

	leave_functions();
	for (i = 0; i < stores; i++)
		unregister_kprobe(&probes[i]);
	kfree(probes);
}

module_init(slow_stores_init);
module_exit(slow_stores_exit);

MODULE_DESCRIPTION(
	"Makes another module's races likely, for the tcp_reaper selftests");
MODULE_LICENSE("GPL");
