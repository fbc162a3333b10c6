// SPDX-License-Identifier: GPL-2.0-only
/*
 * duo: ends that only io_uring holds, as its fixed files: no process has a
 * descriptor of them, which is also how those look that io_uring accepted.
 */
#define _GNU_SOURCE
#include <linux/io_uring.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "duo.h"
#include "sock.h"

#define MOST 64

static struct io_uring_params params;
static int ring = -1;

/**
 * duo_ring_take() - hand the ends to io_uring, and close the descriptors
 * @step: as on the command line
 * @e: the ends, which no other step knows any more
 */
void duo_ring_take(const char *step, struct end *e)
{
	int i, fds[MOST];

	if (duo_count > MOST || ring >= 0)
		die("%s: once, and for %d at most", step, MOST);
	ring = syscall(SYS_io_uring_setup, MOST, &params);
	if (ring < 0) {
		say("%s none", step);
		exit(0);
	}
	for (i = 0; i < duo_count; i++)
		fds[i] = e[i].fd;
	if (syscall(SYS_io_uring_register, ring, IORING_REGISTER_FILES, fds,
		    duo_count))
		die("IORING_REGISTER_FILES");
	for (i = 0; i < duo_count; i++) {
		close(e[i].fd);
		e[i].fd = -1;
	}
	say("%s", step);
}

static char *ring_memory(size_t size, off_t offset)
{
	char *at = mmap(NULL, size, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_POPULATE, ring, offset);

	if (at == MAP_FAILED)
		die("mmap of the ring");
	return at;
}

static uint32_t *at_offset(char *base, uint32_t offset)
{
	return (uint32_t *)(base + offset);
}

/* A request to read from each end; the queue is empty before. */
static void ask(char *sq)
{
	static char byte[MOST];
	struct io_uring_sqe *sqe =
		(void *)ring_memory(params.sq_entries * sizeof(*sqe),
				    IORING_OFF_SQES);
	int i;

	for (i = 0; i < duo_count; i++) {
		sqe[i] = (struct io_uring_sqe){
			.opcode = IORING_OP_RECV,
			.flags = IOSQE_FIXED_FILE,
			.fd = i,
			.addr = (uintptr_t)&byte[i],
			.len = 1,
		};
		at_offset(sq, params.sq_off.array)[i] = i;
	}
	__atomic_store_n(at_offset(sq, params.sq_off.tail), duo_count,
			 __ATOMIC_RELEASE);
}

/**
 * duo_ring_read() - wait until each end has a byte, or is over
 * @step: as on the command line; once
 */
void duo_ring_read(const char *step)
{
	char *sq = ring_memory(params.sq_off.array +
				       params.sq_entries * sizeof(uint32_t),
			       IORING_OFF_SQ_RING);
	struct io_uring_cqe *cqe;
	struct tally t = { 0 };
	int i, left = duo_count;
	char *cq = ring_memory(params.cq_off.cqes +
				       params.cq_entries * sizeof(*cqe),
			       IORING_OFF_CQ_RING);

	ask(sq);
	while (left ||
	       __atomic_load_n(at_offset(cq, params.cq_off.tail),
			       __ATOMIC_ACQUIRE) < (unsigned)duo_count) {
		int n = syscall(SYS_io_uring_enter, ring, left, duo_count,
				IORING_ENTER_GETEVENTS, NULL, 0);

		if (n < 0)
			die("io_uring_enter");
		left -= n;
	}
	cqe = (void *)(cq + params.cq_off.cqes);
	for (i = 0; i < duo_count; i++) {
		if (cqe[i].res > 0)
			t.bytes += cqe[i].res;
		else
			t.result[-cqe[i].res]++;
	}
	duo_print(step, &t, "EOF");
}
