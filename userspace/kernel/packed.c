// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sockets in few bytes, as there may be a million of them: 40 where a struct
 * sock has 250. First come both ends, so that they can be compared as they are,
 * then the words, by their place in a list, then the numbers.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "kernel/address.h"
#include "kernel/packed.h"

/* Of an end that is no address: its length, and this. */
#define AS_TEXT 0x80

/* So many bits a byte; another byte follows where the highest bit is set. */
#define BITS 7
#define MORE (1U << BITS)

/* Bytes of IPv4 in an address. */
#define V4_AT 12
#define PORT 2

static unsigned char *put_number(unsigned char *to, uint64_t value)
{
	for (; value >= MORE; value >>= BITS)
		*to++ = (unsigned char)(value | MORE);
	*to++ = (unsigned char)value;
	return to;
}

static const unsigned char *get_number(const unsigned char *from,
				       uint64_t *value)
{
	unsigned int shift;

	*value = 0;
	for (shift = 0;; shift += BITS) {
		*value |= (uint64_t)(*from & (MORE - 1)) << shift;
		if (!(*from++ & MORE))
			return from;
	}
}

/* The length, then the bytes; it is to be given back to the letter. */
static unsigned char *put_end(unsigned char *to, const char *text)
{
	struct address address;
	char again[SOCKET_ADDRESS];
	size_t len = strlen(text);
	size_t at;

	if (!address_parse(&address, text) ||
	    strcmp(address_text(again, &address), text) != 0) {
		*to++ = (unsigned char)(AS_TEXT | len);
		return (unsigned char *)mempcpy(to, text, len);
	}
	at = address.v6 ? 0 : V4_AT;
	len = sizeof(address.bytes) - at;
	*to++ = (unsigned char)(len + PORT);
	to = mempcpy(to, address.bytes + at, len);
	*to++ = (unsigned char)(address.port >> 8);
	*to++ = (unsigned char)address.port;
	return to;
}

static size_t end_size(const unsigned char *from)
{
	return 1 + (*from & (AS_TEXT - 1));
}

static const unsigned char *get_end(char text[SOCKET_ADDRESS],
				    const unsigned char *from)
{
	const unsigned char *next = from + end_size(from);
	size_t len = next - from - 1;
	struct address address = { .v6 = len == sizeof(address.bytes) + PORT };

	if (*from & AS_TEXT) {
		*(char *)mempcpy(text, from + 1, len) = '\0';
		return next;
	}
	memcpy(address.bytes + (address.v6 ? 0 : V4_AT), from + 1, len - PORT);
	address.port = next[-2] << 8 | next[-1];
	address_text(text, &address);
	return next;
}

/* There are a few words, which come again and again. */
static unsigned char *put_word(unsigned char *to, const char *word,
			       struct strlist *words)
{
	size_t i;

	for (i = 0; i < words->n && strcmp(words->v[i], word); i++)
		;
	if (i == words->n)
		strlist_add(words, word);
	return put_number(to, i);
}

static const unsigned char *get_word(char word[SOCKET_WORD],
				     const unsigned char *from,
				     const struct strlist *words)
{
	uint64_t i;

	from = get_number(from, &i);
	strcpy(word, words->v[i]);
	return from;
}

/**
 * packed_put() - pack a socket
 * @to: room for PACKED_MAX bytes
 * @sock: the socket
 * @words: the words there were; new ones are added
 *
 * Return: how many bytes it takes.
 */
size_t packed_put(unsigned char *to, const struct sock *sock,
		  struct strlist *words)
{
	unsigned char *at = put_end(to, sock->local);

	at = put_end(at, sock->remote);
	at = put_word(at, sock->class, words);
	at = put_word(at, sock->state, words);
	at = put_word(at, sock->verdict, words);
	at = put_word(at, sock->action, words);
	at = put_number(at, sock->age_ms);
	at = put_number(at, sock->idle_ms);
	at = put_number(at, sock->uid);
	at = put_number(at, sock->inode);
	at = put_number(at, sock->rxq);
	at = put_number(at, sock->txq);
	/* One more, so that none, which is the largest, is a short one. */
	return put_number(at, sock->timeout_ms + 1) - to;
}

/**
 * packed_get() - unpack all but the ends, which take the longest
 * @sock: the result
 * @from: what was packed
 * @words: the words there were
 */
void packed_get(struct sock *sock, const unsigned char *from,
		const struct strlist *words)
{
	from += end_size(from);
	from += end_size(from);
	from = get_word(sock->class, from, words);
	from = get_word(sock->state, from, words);
	from = get_word(sock->verdict, from, words);
	from = get_word(sock->action, from, words);
	from = get_number(from, &sock->age_ms);
	from = get_number(from, &sock->idle_ms);
	from = get_number(from, &sock->uid);
	from = get_number(from, &sock->inode);
	from = get_number(from, &sock->rxq);
	from = get_number(from, &sock->txq);
	get_number(from, &sock->timeout_ms);
	sock->timeout_ms--;
	*sock->local = '\0';
	*sock->remote = '\0';
}

/**
 * packed_get_all() - unpack a socket
 * @sock: the result
 * @from: what was packed
 * @words: the words there were
 */
void packed_get_all(struct sock *sock, const unsigned char *from,
		    const struct strlist *words)
{
	packed_get(sock, from, words);
	get_end(sock->remote, get_end(sock->local, from));
}

/**
 * packed_by_local() - compare by the own end: IPv4 first, then by number
 * @a: a socket
 * @b: another
 *
 * Return: as memcmp().
 */
int packed_by_local(const unsigned char *a, const unsigned char *b)
{
	return *a == *b ? memcmp(a, b, end_size(a)) : *a - *b;
}

/**
 * packed_by_remote() - likewise, by the other end
 * @a: a socket
 * @b: another
 *
 * Return: as memcmp().
 */
int packed_by_remote(const unsigned char *a, const unsigned char *b)
{
	return packed_by_local(a + end_size(a), b + end_size(b));
}
