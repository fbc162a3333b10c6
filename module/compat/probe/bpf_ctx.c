// SPDX-License-Identifier: GPL-2.0-only
/* c7603cfa04e7 ("bpf: Add ambient BPF runtime context stored in current"), 5.15
 */
#include <linux/bpf.h>
#include <linux/sched.h>

struct bpf_run_ctx *probe(void);
struct bpf_run_ctx *probe(void)
{
	return current->bpf_ctx;
}
