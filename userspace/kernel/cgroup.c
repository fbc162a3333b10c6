// SPDX-License-Identifier: GPL-2.0-only
/*
 * cgroups: by path, and of a process.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "kernel/cgroup.h"
#include "kernel/kfile.h"

#define MOUNTS "/proc/self/mounts"

#define ID_LEN 64

/* Where cgroup2 is mounted, or would be; and the freezer of the older kind, ""
 * until it is found.
 */
static char mount[PATH_MAX] = "/sys/fs/cgroup";
static bool mounted;
static char freezer[PATH_MAX];

/* Device, place, type, options; blanks in a place are escaped. */
static int find_mount(const struct kline *line, void *arg)
{
	char place[PATH_MAX];
	char type[16];
	char options[256];

	(void)arg;
	if (line->bad || sscanf(line->text, "%*s %4095s %15s %255s", place,
				type, options) != 3)
		return 0;
	if (!strcmp(type, "cgroup2") && !mounted) {
		snprintf(mount, sizeof(mount), "%s", place);
		mounted = true;
	}
	if (!strcmp(type, "cgroup") && strstr(options, "freezer"))
		snprintf(freezer, sizeof(freezer), "%s", place);
	return 0;
}

static void find_mounts(void)
{
	if (!mounted)
		kfile_lines(MOUNTS, find_mount, NULL);
}

static bool climbs(const char *path)
{
	const char *at = path;

	while ((at = strstr(at, ".."))) {
		if ((at == path || at[-1] == '/') && (!at[2] || at[2] == '/'))
			return true;
		at += 2;
	}
	return false;
}

/**
 * cgroup_path() - a cgroup's path as rules have it
 * @text: below the mount of cgroup2, with or without that in front
 * @len: of @text
 * @path: the result, one byte longer at most; not ended by NUL
 *
 * Return: its length.
 */
size_t cgroup_path(const char *text, size_t len, char *path)
{
	const char *end = text + len;
	size_t dir;
	size_t n = 0;

	find_mounts();
	dir = strlen(mount);
	if (len >= dir && !memcmp(text, mount, dir) &&
	    (len == dir || text[dir] == '/'))
		text += dir;
	while (text < end) {
		if (*text != '/') {
			path[n++] = '/';
			while (text < end && *text != '/')
				path[n++] = *text++;
		} else {
			text++;
		}
	}
	if (!n)
		path[n++] = '/';
	return n;
}

/**
 * cgroup_missing() - is there no such cgroup?
 * @path: as of cgroup_path()
 * @len: of @path
 *
 * Return: true if so; false also where it is not known, as in "ip netns exec",
 * which has a /sys of its own.
 */
bool cgroup_missing(const char *path, size_t len)
{
	char full[2 * PATH_MAX + 16];

	find_mounts();
	if (!mounted || !kfile_exists(mount))
		return false;
	/* Only a cgroup has this file. */
	snprintf(full, sizeof(full), "%s%.*s/cgroup.procs", mount, (int)len,
		 path);
	return !climbs(full) && !kfile_exists(full);
}

struct paths {
	char *v2;
	char *freezer; /* NULL: of no interest */
};

/* HIERARCHY:CONTROLLERS:PATH; that of cgroup2 is 0 and has none. */
static int take_path(const struct kline *line, void *arg)
{
	struct paths *paths = arg;
	const char *path = strchr(line->text, '/');

	if (line->bad || !path)
		return 0;
	if (!strncmp(line->text, "0::", 3))
		snprintf(paths->v2, PATH_MAX, "%s", path);
	else if (paths->freezer && strstr(line->text, ":freezer:"))
		snprintf(paths->freezer, PATH_MAX, "%s", path);
	else if (!*paths->v2 && strstr(line->text, ":name=systemd:"))
		snprintf(paths->v2, PATH_MAX, "%s", path);
	return 0;
}

/**
 * cgroup_of() - in which one is a process?
 * @pid: the process
 * @path: the result, below the mount; "" if it is not known
 */
void cgroup_of(pid_t pid, char path[PATH_MAX])
{
	struct paths paths = { path, NULL };
	char file[64];

	*path = '\0';
	snprintf(file, sizeof(file), "/proc/%d/cgroup", (int)pid);
	kfile_lines(file, take_path, &paths);
}

static int find_frozen(const struct kline *line, void *arg)
{
	*(bool *)arg |= !line->bad && !strcmp(line->text, "frozen 1");
	return 0;
}

/**
 * cgroup_frozen() - is a process frozen, as by "docker pause"?
 * @pid: the process
 *
 * What a cgroup says of itself holds for those that were frozen above it, too.
 *
 * Return: true if it is known to be.
 */
bool cgroup_frozen(pid_t pid)
{
	char v2[PATH_MAX] = "";
	char v1[PATH_MAX] = "";
	struct paths paths = { v2, v1 };
	char full[2 * PATH_MAX + 32];
	char value[32];
	bool frozen = false;

	snprintf(full, sizeof(full), "/proc/%d/cgroup", (int)pid);
	kfile_lines(full, take_path, &paths);
	find_mounts();
	if (*v2 && mounted && !climbs(v2)) {
		snprintf(full, sizeof(full), "%s%s/cgroup.events", mount, v2);
		kfile_lines(full, find_frozen, &frozen);
	}
	if (!frozen && *v1 && *freezer && !climbs(v1)) {
		snprintf(full, sizeof(full), "%s%s/freezer.state", freezer, v1);
		frozen = !kfile_value(full, value, sizeof(value)) &&
			 !strcmp(value, "FROZEN");
	}
	return frozen;
}

/**
 * cgroup_template() - of a service that systemd starts for a connection, the
 * template: its instances are one program
 * @path: of the cgroup, or the unit; such an instance is named by a number and
 *	the two ends: NAME@7-192.0.2.1:22-192.0.2.2:50000.service
 */
void cgroup_template(char *path)
{
	static const char end[] = ".service";
	char *at = strrchr(path, '@');
	char *tail;
	size_t digits;

	if (!at || strchr(at, '/') || strlen(at) <= strlen(end))
		return;
	digits = strspn(at + 1, "0123456789");
	tail = at + strlen(at) - strlen(end);
	if (!digits || at[1 + digits] != '-' || !strchr(at, ':') ||
	    strcmp(tail, end))
		return;
	memmove(at + 1, tail, sizeof(end));
}

static bool ends_in(const char *name, size_t len, const char *end)
{
	size_t of = strlen(end);

	return len > of && !memcmp(name + len - of, end, of);
}

/* The id of a container is 64 hexadecimal digits. Return: at them, or NULL. */
static const char *container_id(const char *name, size_t len)
{
	const char *id = name + len - ID_LEN;

	if (ends_in(name, len, ".scope"))
		id -= strlen(".scope");
	return id >= name && strspn(id, "0123456789abcdef") == ID_LEN ? id
								      : NULL;
}

/**
 * cgroup_unit() - the service or container that a cgroup is of
 * @path: of the cgroup
 * @unit: the result
 *
 * It is systemd's unit: the first that is no slice. Below that, as below a
 * container, who is in there gives the names: a user's "ssh.service" is not the
 * system's. Folders as "docker" are none; of them the last one is meant.
 *
 * Return: @unit, or NULL: of no one thing, as a user's session is.
 */
const char *cgroup_unit(const char *path, char unit[CGROUP_UNIT])
{
	const char *name = NULL;
	bool is_unit = false;
	size_t len = 0;
	size_t n;

	for (; !is_unit && *(path += strspn(path, "/")); path += n) {
		bool slice;

		n = strcspn(path, "/");
		slice = ends_in(path, n, ".slice");
		is_unit = ends_in(path, n, ".service") ||
			  ends_in(path, n, ".scope") || (slice && name);
		if (slice || (is_unit && name))
			continue;
		name = path;
		len = n;
	}
	if (!name || !strncmp(name, "session-", 8) ||
	    (len == strlen("init.scope") && !memcmp(name, "init.scope", len)) ||
	    (!strncmp(name, "user@", 5) && strstr(name, "/app.slice/")))
		return NULL;
	snprintf(unit, CGROUP_UNIT, "%.*s", (int)len, name);
	return unit;
}

/**
 * cgroup_pod() - the pod that a cgroup is of
 * @path: of the cgroup
 * @pod: the result: its UID, as Kubernetes writes it
 *
 * Return: @pod, or NULL.
 */
const char *cgroup_pod(const char *path, char pod[CGROUP_POD])
{
	const char *at = path;

	/* Elsewhere anybody may call a directory so. */
	if (strncmp(path, "/kube", 5))
		return NULL;
	while ((at = strstr(at + 1, "pod")))
		if ((at[-1] == '-' || at[-1] == '/') &&
		    strspn(at + 3, "0123456789abcdef_-") == CGROUP_POD - 1)
			break;
	if (!at)
		return NULL;
	/* In a slice's name "-" would part it from the one above. */
	snprintf(pod, CGROUP_POD, "%s", at + 3);
	for (at = pod; (at = strchr(at, '_'));)
		pod[at - pod] = '-';
	return pod;
}

/**
 * cgroup_short() - a unit's name, fit for a line
 * @unit: the name; of a container's id twelve digits stay, as docker shows it
 */
void cgroup_short(char *unit)
{
	const char *id = container_id(unit, strlen(unit));

	if (id)
		unit[id - unit + 12] = '\0';
}

/**
 * cgroup_is_of() - is a cgroup of a unit, a container or a pod?
 * @path: of the cgroup
 * @wanted: a unit, with or without its kind; a container's id, or six digits of
 *	it at least; a pod's UID; or a path, of the cgroup or above it
 *
 * Return: true if so.
 */
bool cgroup_is_of(const char *path, const char *wanted)
{
	size_t n = strlen(wanted);
	char unit[CGROUP_UNIT];
	char pod[CGROUP_POD];
	const char *id;

	if (*wanted == '/')
		return !strncmp(path, wanted, n) &&
		       (n == 1 || !path[n] || path[n] == '/');
	if (cgroup_pod(path, pod) && !strcmp(pod, wanted))
		return true;
	if (!cgroup_unit(path, unit))
		return false;
	id = container_id(unit, strlen(unit));
	/* As docker and podman take it, too. */
	if (id && n >= 6 && n <= ID_LEN && !memcmp(id, wanted, n))
		return true;
	return !strncmp(unit, wanted, n) &&
	       (!unit[n] || !strcmp(unit + n, ".service") ||
		!strcmp(unit + n, ".scope"));
}
