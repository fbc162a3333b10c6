// SPDX-License-Identifier: GPL-2.0-only
/* iterate FILE: load a BPF object, and run the iterator that is in it once. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int fail(const char *what)
{
	fprintf(stderr, "iterate: %s: %s\n", what, strerror(errno));
	return 1;
}

int main(int argc, char **argv)
{
	struct bpf_program *prog;
	struct bpf_object *obj;
	struct bpf_link *link;
	char buf[4096];
	ssize_t n;
	int fd;

	if (argc != 2) {
		fprintf(stderr, "usage: iterate FILE\n");
		return 2;
	}
	obj = bpf_object__open_file(argv[1], NULL);
	if (!obj || bpf_object__load(obj))
		return fail(argv[1]);
	prog = bpf_object__next_program(obj, NULL);
	link = prog ? bpf_program__attach_iter(prog, NULL) : NULL;
	if (!link)
		return fail("attach");
	fd = bpf_iter_create(bpf_link__fd(link));
	if (fd < 0)
		return fail("create");
	do {
		n = read(fd, buf, sizeof(buf));
	} while (n > 0 || (n < 0 && errno == EAGAIN));
	return n < 0 ? fail("read") : 0;
}
