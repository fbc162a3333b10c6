// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prefixes of addresses, IPv4 and IPv6 in one form, for the kernel and the
 * tools alike.
 */
#include <linux/kernel.h>
#include <linux/string.h>

#include "number.h"
#include "prefix.h"

static bool parse_v4(const char *text, size_t len, u8 addr[4])
{
	const char *end = text + len;
	int i;

	for (i = 0; i < 4; i++) {
		const char *dot = memchr(text, '.', end - text);
		bool last = i == 3;
		u64 n;

		if (!dot != last)
			return false;
		if (!dot)
			dot = end;
		if (tcp_reaper_decimal_parse(text, dot - text, 255, &n))
			return false;
		addr[i] = n;
		text = dot + 1;
	}
	return true;
}

/* Groups of 16 bits, at most one "::", the last two perhaps as IPv4. */
static bool parse_v6(const char *text, size_t len, u8 addr[16])
{
	int gap = -1, n = 0; /* bytes of @addr before "::", and in all */
	size_t i = 0;

	if (len >= 2 && text[0] == ':' && text[1] == ':') {
		gap = 0;
		i = 2;
	}
	while (i < len) {
		const char *colon = memchr(text + i, ':', len - i);
		size_t group = colon ? colon - text - i : len - i;
		u64 value;

		if (!colon && n <= 12 && parse_v4(text + i, group, addr + n)) {
			n += 4;
			break;
		}
		if (n == 16 || group > 4 ||
		    tcp_reaper_hex_parse(text + i, group, 0xffff, &value))
			return false;
		addr[n++] = value >> 8;
		addr[n++] = value & 0xff;
		if (!colon)
			break;
		i += group + 1;
		if (i == len)
			return false;
		if (text[i] == ':') {
			if (gap >= 0)
				return false;
			gap = n;
			i++;
		}
	}
	if (gap < 0)
		return n == 16;
	/* "::" is one group at least. */
	if (n == 16)
		return false;
	memmove(addr + 16 - (n - gap), addr + gap, n - gap);
	memset(addr + gap, 0, 16 - n);
	return true;
}

static bool v4_mapped(const u8 addr[16])
{
	static const u8 head[12] = { [10] = 0xff, [11] = 0xff };

	return !memcmp(addr, head, sizeof(head));
}

/**
 * tcp_reaper_prefix_parse - a prefix from text
 * @text: an address, perhaps "/" and a length behind it
 * @len: of @text
 * @prefix: the answer, zeroed by the caller; undefined on error
 *
 * Context: any.
 * Return: NULL, or what is wrong in a few words.
 */
const char *tcp_reaper_prefix_parse(const char *text, size_t len,
				    struct tcp_reaper_prefix *prefix)
{
	const char *slash = memchr(text, '/', len);
	size_t addr_len = slash ? (size_t)(slash - text) : len;
	bool v6 = memchr(text, ':', addr_len);
	u64 bits = v6 ? 128 : 32;
	int i;

	if (v6 ? !parse_v6(text, addr_len, prefix->addr)
	       : !parse_v4(text, addr_len, prefix->addr + 12))
		return "not an address or prefix";
	if (slash && tcp_reaper_decimal_parse(slash + 1, len - addr_len - 1,
					      bits, &bits))
		return v6 ? "prefix length not within 0..128"
			  : "prefix length not within 0..32";
	if (!v6) {
		prefix->addr[10] = 0xff;
		prefix->addr[11] = 0xff;
		bits += 96;
	}
	prefix->len = bits;
	for (i = 0; i < 16; i++) {
		int ones = prefix->len - 8 * i;

		if (ones >= 8)
			prefix->mask[i] = 0xff;
		else if (ones > 0)
			prefix->mask[i] = 0xff << (8 - ones);
		if (prefix->addr[i] & ~prefix->mask[i])
			return "address has bits beyond its prefix length";
	}
	return NULL;
}

static u32 group_at(const u8 addr[16], int n)
{
	return addr[2 * n] << 8 | addr[2 * n + 1];
}

/* The first of the longest runs of zero groups, if it is one of two or more. */
static int longest_gap(const u8 addr[16], int *gap_len)
{
	int gap = 8, i, run = 0;

	*gap_len = 1;
	for (i = 0; i < 8; i++) {
		run = group_at(addr, i) ? 0 : run + 1;
		if (run > *gap_len) {
			*gap_len = run;
			gap = i + 1 - run;
		}
	}
	return gap;
}

/* As RFC 5952 wants it. */
static char *print_v6(char *text, const u8 addr[16])
{
	int gap_len, gap = longest_gap(addr, &gap_len), i;

	for (i = 0; i < 8; i++) {
		if (i == gap) {
			text += sprintf(text, "::");
			i += gap_len - 1;
			continue;
		}
		text += sprintf(text, i && i != gap + gap_len ? ":%x" : "%x",
				group_at(addr, i));
	}
	return text;
}

/**
 * tcp_reaper_prefix_print - a prefix as text, which parses to the same prefix
 * @prefix: the prefix
 * @text: the answer, ended by NUL
 *
 * Context: any.
 */
void tcp_reaper_prefix_print(const struct tcp_reaper_prefix *prefix,
			     char text[TCP_REAPER_PREFIX_TEXT])
{
	const u8 *addr = prefix->addr;
	u32 len = prefix->len, all = 128;

	if (len >= 96 && v4_mapped(addr)) {
		len -= 96;
		all = 32;
		text += sprintf(text, "%u.%u.%u.%u", addr[12], addr[13],
				addr[14], addr[15]);
	} else {
		text = print_v6(text, addr);
	}
	if (len < all)
		sprintf(text, "/%u", len);
}

/**
 * tcp_reaper_prefix_covers - does an address begin so?
 * @prefix: the prefix
 * @addr: in network byte order, v4-mapped for IPv4
 *
 * Context: any.
 * Return: true if it does.
 */
bool tcp_reaper_prefix_covers(const struct tcp_reaper_prefix *prefix,
			      const u8 addr[16])
{
	u64 a[2], p[2], mask[2];

	memcpy(a, addr, sizeof(a));
	memcpy(p, prefix->addr, sizeof(p));
	memcpy(mask, prefix->mask, sizeof(mask));
	if (((a[0] & mask[0]) ^ p[0]) | ((a[1] & mask[1]) ^ p[1]))
		return false;
	return prefix->len >= 96 || !v4_mapped(addr);
}
