// SPDX-License-Identifier: GPL-2.0-only
/*
 * Addresses as the module writes them: 192.0.2.1:80 and [2001:db8::1]:80.
 */
#include <arpa/inet.h>
#include <string.h>

#include "base/duration.h"
#include "kernel/address.h"
#include "kernel/socket.h"

static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };

/**
 * address_host() - where the port begins
 * @text: an address and a port
 *
 * Return: the length without it.
 */
size_t address_host(const char *text)
{
	const char *colon = strrchr(text, ':');

	return colon ? (size_t)(colon - text) : strlen(text);
}

/**
 * address_parse() - understand an address
 * @address: the result
 * @text: an address and a port
 *
 * Return: false if it is none.
 */
bool address_parse(struct address *address, const char *text)
{
	char host[SOCKET_ADDRESS];
	size_t len = address_host(text);
	uint64_t port;

	if (len >= sizeof(host) || !text[len] ||
	    !number_parse(text + len + 1, &port) || port > UINT16_MAX)
		return false;
	address->port = (unsigned int)port;
	address->v6 = *text == '[' && len > 2 && text[len - 1] == ']';
	if (address->v6) {
		memcpy(host, text + 1, len - 2);
		host[len - 2] = '\0';
		return inet_pton(AF_INET6, host, address->bytes) == 1;
	}
	memcpy(host, text, len);
	host[len] = '\0';
	memcpy(address->bytes, mapped, sizeof(mapped));
	return inet_pton(AF_INET, host, address->bytes + 12) == 1;
}

/**
 * address_text() - write it as the module does
 * @text: the result
 * @address: the address
 *
 * Return: @text.
 */
const char *address_text(char text[SOCKET_ADDRESS],
			 const struct address *address)
{
	const unsigned char *v4 = address->bytes + 12;
	char *p = text;
	size_t i;

	if (address->v6) {
		*p++ = '[';
		inet_ntop(AF_INET6, address->bytes, p, SOCKET_ADDRESS - 1);
		p += strlen(p);
		*p++ = ']';
	} else {
		/* inet_ntop() takes long, and there may be a million. */
		for (i = 0; i < 4; i++) {
			p = number_put(p, v4[i]);
			*p++ = '.';
		}
		p--;
	}
	*p++ = ':';
	*number_put(p, address->port) = '\0';
	return text;
}

/**
 * address_compare() - an order of addresses
 * @a: an address
 * @b: another
 *
 * Return: less than, equal to, or greater than 0; 0 if they, their ports and
 * their families are the same.
 */
int address_compare(const struct address *a, const struct address *b)
{
	if (a->port != b->port)
		return a->port < b->port ? -1 : 1;
	if (a->v6 != b->v6)
		return a->v6 ? 1 : -1;
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

/**
 * address_any() - does it stand for all addresses of its family?
 * @address: the address
 *
 * Return: true if so.
 */
bool address_any(const struct address *address)
{
	static const unsigned char none[16];
	size_t from = address->v6 ? 0 : 12;

	return !memcmp(address->bytes + from, none, 16 - from);
}
