// SPDX-License-Identifier: GPL-2.0-only
/*
 * standstill: nobody gets a CPU for so many ms, as on a machine that was
 * suspended, moved, or not given any time by its hypervisor: a busy loop on
 * each CPU, which comes before every other task, the kernel's workers included.
 * Needs /proc/sys/kernel/sched_rt_runtime_us to be -1, and the fair servers of
 * newer kernels to be off.
 *
 * Prints "standstill cpus=N ms=N gap_ms=N" after it: how long it took, and for
 * how long at a stretch an ordinary task did not get to run.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sock.h"

static long cpus, ms;

/**
 * struct shared - what the processes share
 * @start_us: when all begin
 * @gap_us: the longest time that an ordinary task was not run
 */
struct shared {
	long long start_us;
	long long gap_us;
};

static struct shared *shared;

static void witness(void)
{
	long long last = now_us(), now;

	for (; last < shared->start_us + ms * 1000 + 100000; last = now) {
		usleep(5000);
		now = now_us();
		if (now - last > shared->gap_us)
			shared->gap_us = now - last;
	}
}

/* There is one for each CPU, and one more. */
static void work(int cpu)
{
	struct sched_param first = { .sched_priority = 99 };
	cpu_set_t set;

	if (cpu == cpus) {
		witness();
		return;
	}
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("sched_setaffinity");
	/* All of them are in place before the first takes its CPU. */
	while (now_us() < shared->start_us)
		usleep(1000);
	if (sched_setscheduler(0, SCHED_FIFO, &first))
		die("SCHED_FIFO");
	while (now_us() < shared->start_us + ms * 1000)
		;
}

int main(int argc, char **argv)
{
	long long end_us;

	cpus = sysconf(_SC_NPROCESSORS_ONLN);
	if (argc != 2 || cpus < 1)
		die("usage: standstill MS");
	ms = number(argv[1], 1, 60000);
	shared = shared_memory(sizeof(*shared));
	if (mlockall(MCL_CURRENT | MCL_FUTURE))
		die("mlockall");
	shared->start_us = now_us() + 200000;
	if (run_workers(cpus + 1, work))
		die("a CPU was not taken");
	end_us = now_us();
	say("standstill cpus=%ld ms=%.0f gap_ms=%.0f", cpus,
	    ms_between(shared->start_us, end_us), shared->gap_us / 1000.0);
	return 0;
}
