// SPDX-License-Identifier: GPL-2.0-only
/*
 * Spans of time as people write and read them; milliseconds inside.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/duration.h"

struct unit {
	const char *name;
	uint64_t ms;
};

/* From large to small, the order in which they may follow each other. */
static const struct unit units[] = {
	{ "d", 86400000 }, { "h", 3600000 }, { "m", 60000 },
	{ "s", 1000 },	   { "ms", 1 },
};

#define UNITS (sizeof(units) / sizeof(units[0]))

/* So many digits always fit. */
#define DIGITS_SAFE 19

static const char *digits(const char *p, uint64_t *value)
{
	const char *safe = p + DIGITS_SAFE;
	uint64_t sum = 0;

	for (; p < safe && *p >= '0' && *p <= '9'; p++)
		sum = sum * 10 + (uint64_t)(*p - '0');
	for (; isdigit((unsigned char)*p); p++) {
		if (__builtin_mul_overflow(sum, 10, &sum) ||
		    __builtin_add_overflow(sum, *p - '0', &sum))
			return NULL;
	}
	*value = sum;
	return p;
}

/**
 * number_parse() - a decimal number and nothing else
 * @text: what was written; no sign, no space
 * @value: the result
 *
 * Return: false if @text is not that, or does not fit 64 bits.
 */
bool number_parse(const char *text, uint64_t *value)
{
	const char *end = *text ? digits(text, value) : NULL;

	return end && !*end;
}

/**
 * duration_parse() - a span of time as a person writes it
 * @text: 30s, 5m, 1h30m, 500ms, 2d, or a plain number of milliseconds
 * @ms: the result
 *
 * Units go from large to small, each at most once.
 *
 * Return: false if @text is not that, or does not fit 64 bits.
 */
bool duration_parse(const char *text, uint64_t *ms)
{
	size_t next = 0;
	uint64_t sum = 0;

	if (number_parse(text, ms))
		return true;
	do {
		uint64_t value;
		size_t len;
		size_t u;

		if (!isdigit((unsigned char)*text))
			return false;
		text = digits(text, &value);
		if (!text)
			return false;
		len = strspn(text, "dhms");
		for (u = next; u < UNITS; u++) {
			if (strlen(units[u].name) == len &&
			    !strncmp(text, units[u].name, len))
				break;
		}
		if (u == UNITS ||
		    __builtin_mul_overflow(value, units[u].ms, &value) ||
		    __builtin_add_overflow(sum, value, &sum))
			return false;
		next = u + 1;
		text += len;
	} while (*text);
	*ms = sum;
	return true;
}

/**
 * duration_parse_s() - the same where a plain number is of seconds
 * @text: as duration_parse() takes it, or seconds with up to three decimals
 * @ms: the result
 *
 * For the time between two looks, which every such tool takes in seconds.
 *
 * Return: as duration_parse().
 */
bool duration_parse_s(const char *text, uint64_t *ms)
{
	uint64_t fraction = 0;
	const char *point;
	uint64_t seconds;
	size_t places;

	if (strspn(text, "0123456789.") != strlen(text))
		return duration_parse(text, ms);
	point = digits(text, &seconds);
	if (!point || (point == text && *point != '.') || seconds > UINT32_MAX)
		return false;
	if (*point == '.') {
		places = strlen(point + 1);
		if (!places || places > 3 ||
		    !number_parse(point + 1, &fraction))
			return false;
		for (; places < 3; places++)
			fraction *= 10;
	} else if (*point) {
		return false;
	}
	*ms = seconds * 1000 + fraction;
	return true;
}

/**
 * number_put() - write a number, as printf() would in ten times the time
 * @p: where
 * @value: the number
 *
 * Return: where it ends; no NUL is put there.
 */
char *number_put(char *p, uint64_t value)
{
	char reverse[24];
	size_t n = 0;

	do {
		reverse[n++] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	while (n)
		*p++ = reverse[--n];
	return p;
}

/* printf() takes longer than all else that is done for a row of a table. */
static char *put_units(char *p, uint64_t large, char large_unit,
		       unsigned int small, char small_unit)
{
	p = number_put(p, large);
	*p++ = large_unit;
	*p++ = (char)('0' + small / 10);
	*p++ = (char)('0' + small % 10);
	*p++ = small_unit;
	return p;
}

/**
 * duration_age() - an age at a glance: two units at most
 * @text: room for it
 * @ms: the age
 *
 * Return: @text: 0.4s, 5.2s, 3m07s, 1h02m, 2d04h.
 */
const char *duration_age(char text[DURATION_TEXT], uint64_t ms)
{
	uint64_t s = ms / 1000;
	char *p = text;

	if (s < 60) {
		p = number_put(p, s);
		*p++ = '.';
		*p++ = (char)('0' + ms % 1000 / 100);
		*p++ = 's';
	} else if (s < 3600) {
		p = put_units(p, s / 60, 'm', s % 60, 's');
	} else if (s < 86400) {
		p = put_units(p, s / 3600, 'h', s % 3600 / 60, 'm');
	} else {
		p = put_units(p, s / 86400, 'd', s % 86400 / 3600, 'h');
	}
	*p = '\0';
	return text;
}

/**
 * duration_exact() - a setting, nothing rounded; 0 means never
 * @text: room for it
 * @ms: the span
 *
 * Return: @text, in a form that duration_parse() takes (but for "never").
 */
const char *duration_exact(char text[DURATION_TEXT], uint64_t ms)
{
	size_t len = 0;
	size_t u;

	if (!ms)
		return strcpy(text, "never");
	for (u = 0; u < UNITS; u++) {
		if (ms < units[u].ms)
			continue;
		len += snprintf(text + len, DURATION_TEXT - len,
				"%" PRIu64 "%s", ms / units[u].ms,
				units[u].name);
		ms %= units[u].ms;
	}
	return text;
}
