// SPDX-License-Identifier: GPL-2.0-only
/*
 * systemd's journal. It is written to by a datagram to its socket, and read
 * from what journalctl exports: both formats are kept for good, and small
 * enough that a library, which a machine without systemd has not, is no help.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "kernel/journal.h"
#include "kernel/kfile.h"

#define SOCKET "/run/systemd/journal/socket"

/* Longer than any field of ours; one that is not is not ours. */
#define VALUE_MAX 65536

/**
 * journal_begin() - a new entry
 * @entry: the entry; journal_send() ends it
 */
void journal_begin(struct journal_entry *entry)
{
	entry->file = mem_or_die(open_memstream(&entry->text, &entry->len));
}

/**
 * journal_put() - add a field
 * @entry: the entry
 * @name: of the field, in capitals
 * @value: its value, which may hold anything
 */
void journal_put(struct journal_entry *entry, const char *name,
		 const char *value)
{
	uint64_t len = htole64(strlen(value));

	/* By its length, so that no byte in it is the end. */
	fprintf(entry->file, "%s\n", name);
	fwrite(&len, sizeof(len), 1, entry->file);
	fprintf(entry->file, "%s\n", value);
}

/**
 * journal_send() - hand it over, and wait if the journal is slow
 * @entry: the entry; it is gone then
 *
 * Return: 0 or a negative errno: it is not in the journal.
 */
int journal_send(struct journal_entry *entry)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	char *path = kfile_path(SOCKET);
	int err = 0;
	int fd;

	if (fclose(entry->file))
		mem_or_die(NULL);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	snprintf(to.sun_path, sizeof(to.sun_path), "%s", path);
	if (fd < 0 || sendto(fd, entry->text, entry->len, MSG_NOSIGNAL,
			     (struct sockaddr *)&to, sizeof(to)) < 0)
		err = -errno;
	if (fd >= 0)
		close(fd);
	free(path);
	free(entry->text);
	return err;
}

/* The rest of a field by its length. Return: false if that is not right. */
static bool read_bytes(FILE *file, char value[VALUE_MAX])
{
	uint64_t len;

	if (fread(&len, sizeof(len), 1, file) != 1)
		return false;
	len = le64toh(len);
	if (len >= VALUE_MAX || fread(value, 1, len, file) != len ||
	    getc(file) != '\n')
		return false;
	value[len] = '\0';
	return true;
}

/* NAME=VALUE, or NAME and the value by its length; an empty line ends one. */
static void read_export(FILE *file, journal_fn fn, void *arg)
{
	static char value[VALUE_MAX];
	char *line = NULL;
	size_t room = 0;
	ssize_t len;

	while ((len = getline(&line, &room, file)) > 0) {
		char *is = strchr(line, '=');

		line[len - 1] = '\0';
		if (len == 1) {
			fn(NULL, NULL, arg);
		} else if (is) {
			*is = '\0';
			fn(line, is + 1, arg);
		} else if (read_bytes(file, value)) {
			fn(line, value, arg);
		} else {
			break;
		}
	}
	free(line);
}

/**
 * journal_read() - read entries of the journal
 * @matches: what journalctl is told of them, ended by NULL
 * @fn: called with each field, and with NULL after each entry
 * @arg: handed on to @fn
 *
 * Return: 0; or a negative errno: it could not be read, or not to its end.
 */
int journal_read(char *const *matches, journal_fn fn, void *arg)
{
	char *argv[16] = { "journalctl", "--quiet", "--no-pager", "--output",
			   "export" };
	size_t n = 5;
	int status;
	int ends[2];
	FILE *file;
	pid_t pid;

	while (*matches && n < sizeof(argv) / sizeof(*argv) - 1)
		argv[n++] = *matches++;
	fflush(NULL);
	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	pid = fork();
	if (!pid) {
		int null = open("/dev/null", O_WRONLY);

		dup2(ends[1], STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		execvp(*argv, argv);
		_exit(127);
	}
	close(ends[1]);
	file = mem_or_die(fdopen(ends[0], "r"));
	if (pid > 0)
		read_export(file, fn, arg);
	fclose(file);
	if (pid < 0)
		return -ENOMEM;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return -ENOENT;
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -EIO;
}
