// SPDX-License-Identifier: GPL-2.0-only
/*
 * Since when? A moment that is past.
 */
#include <time.h>

#include "base/duration.h"
#include "base/since.h"

/**
 * since_parse() - a time as people write it
 * @text: what was written
 * @since_ms: the result, since the epoch
 *
 * Return: false if it is neither a span of time, which is so long ago, nor a
 * time by the clock of the wall.
 */
bool since_parse(const char *text, uint64_t *since_ms)
{
	static const char *const forms[] = {
		"%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M",
		"%Y-%m-%d",	     "%H:%M:%S",	  "%H:%M",
	};
	time_t now = time(NULL);
	uint64_t ms;
	size_t i;

	if (duration_parse(text, &ms)) {
		*since_ms = (uint64_t)now * 1000;
		*since_ms = *since_ms > ms ? *since_ms - ms : 0;
		return true;
	}
	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct tm tm;
		const char *end;

		/* Midnight of today, of which a form may say more. */
		if (!localtime_r(&now, &tm))
			return false;
		tm.tm_hour = 0;
		tm.tm_min = 0;
		tm.tm_sec = 0;
		tm.tm_isdst = -1;
		end = strptime(text, forms[i], &tm);
		if (!end || *end)
			continue;
		now = mktime(&tm);
		*since_ms = now < 0 ? 0 : (uint64_t)now * 1000;
		return true;
	}
	return false;
}
