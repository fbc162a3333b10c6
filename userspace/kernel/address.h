/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_ADDRESS_H
#define REAPERCTL_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "kernel/socket.h"

/**
 * struct address - one end of a connection
 * @bytes: of IPv6; of an IPv4 socket it is mapped (::ffff:192.0.2.1)
 * @v6: the socket is of IPv6, which may have mapped addresses as well
 * @port: the port
 */
struct address {
	unsigned char bytes[16];
	bool v6;
	unsigned int port;
};

bool address_parse(struct address *address, const char *text);
const char *address_text(char text[SOCKET_ADDRESS],
			 const struct address *address);
int address_compare(const struct address *a, const struct address *b);
bool address_any(const struct address *address);
size_t address_host(const char *text);

#endif
