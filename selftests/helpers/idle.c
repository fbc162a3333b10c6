// SPDX-License-Identifier: GPL-2.0-only
/*
 * idle: connections on which nothing happens, both ends in this process.
 *
 * Prints "ready n=N" when they are there, and keeps them until it is ended.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "sock.h"

int main(int argc, char **argv)
{
	struct endpoint ep;
	long i, count = 0;

	if (argc == 2)
		count = number(argv[1], 1, 1000000);
	if (!count) {
		fprintf(stderr, "usage: idle CONNECTIONS\n");
		return 2;
	}
	raise_nofile();
	endpoint_init(&ep);
	endpoint_listen(&ep, 128, false);
	for (i = 0; i < count; i++) {
		endpoint_connect(&ep, false);
		endpoint_accept(&ep);
	}
	say("ready n=%ld", count);
	for (;;)
		pause();
}
