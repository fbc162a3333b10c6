// SPDX-License-Identifier: GPL-2.0-only
/*
 * /proc/net/reaper/log: the last actions of a namespace. A reader that has
 * come to the end polls for more.
 */
#include <linux/bottom_half.h>
#include <linux/ctype.h>
#include <linux/mm.h>
#include <linux/poll.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include <net/net_namespace.h>
#include <net/sock.h>

#include "compat/procfs.h"
#include "log.h"
#include "pollers.h"
#include "shared/dirs.h"
#include "shared/policy.h"
#include "sock/cgroup.h"
#include "track/share.h"
#include "words.h"

/* A ring is at least so large, and doubled as it fills up; at most so large. */
#define LEAST_KB 16U
#define MOST_KB 65536U

/* Most that one grows to. */
unsigned int tcp_reaper_log_kb = 1024;

/*
 * With bottom halves off, as the worker may have a socket's spinlock, which
 * packets wait for. Not by raw_spin_lock_bh(), which leaves preemption on with
 * PREEMPT_RT: a reader that gets no CPU would have the worker spin.
 */
static void lock_log(struct tcp_reaper_log *log) __acquires(log->lock)
{
	local_bh_disable();
	raw_spin_lock(&log->lock);
}

static void unlock_log(struct tcp_reaper_log *log) __releases(log->lock)
{
	raw_spin_unlock(&log->lock);
	local_bh_enable();
}

/**
 * tcp_reaper_log_setup - an empty log
 * @log: the log
 * @net: whose
 *
 * Return: 0 or -ENOMEM.
 */
int tcp_reaper_log_setup(struct tcp_reaper_log *log, struct net *net)
{
	log->net = net;
	raw_spin_lock_init(&log->lock);
	log->pollers = tcp_reaper_pollers_new();
	return log->pollers ? 0 : -ENOMEM;
}

/**
 * tcp_reaper_log_teardown - free a log
 * @log: the log; its file is removed, so that nobody new can come to wait
 */
void tcp_reaper_log_teardown(struct tcp_reaper_log *log)
{
	tcp_reaper_pollers_leave(log->pollers);
}

/* What is at @at of all that was ever written has at most two pieces. */
static void *piece(const struct tcp_reaper_log *log, u64 at, u32 *len)
{
	u32 begin = at & (log->size - 1);

	*len = min(*len, log->size - begin);
	return log->ring + begin;
}

static void put(struct tcp_reaper_log *log, u64 at, const void *from, u32 len)
{
	u32 first = len;
	void *to = piece(log, at, &first);

	memcpy(to, from, first);
	memcpy(log->ring, from + first, len - first);
}

static void get(const struct tcp_reaper_log *log, u64 at, void *to, u32 len)
{
	u32 first = len;
	const void *from = piece(log, at, &first);

	memcpy(to, from, first);
	memcpy(to + first, log->ring, len - first);
}

static u32 size_of(const struct tcp_reaper_log_line *line)
{
	return ALIGN(sizeof(*line) + line->path, 8);
}

/**
 * tcp_reaper_log_grow - see to it that the next lines have room
 * @log: the log
 * @share: what its owner has
 *
 * Where there is no memory, or no more for this tenant, the oldest lines go
 * earlier.
 *
 * Context: process context, sleeps; the owner's worker alone.
 */
void tcp_reaper_log_grow(struct tcp_reaper_log *log,
			 struct tcp_reaper_share *share)
{
	struct tcp_reaper_log grown = *log;
	u32 len;
	u64 at;

	if (log->size && log->head - log->tail <= log->size / 2)
		return;
	grown.size = log->size ? 2 * log->size : SZ_1K * LEAST_KB;
	if (grown.size / SZ_1K > min(READ_ONCE(tcp_reaper_log_kb), MOST_KB) ||
	    !tcp_reaper_share_log_take(share, (grown.size - log->size) / SZ_1K))
		return;
	grown.ring = kvmalloc(grown.size, GFP_KERNEL | __GFP_NOWARN);
	if (!grown.ring) {
		tcp_reaper_share_log_give(share,
					  (grown.size - log->size) / SZ_1K);
		return;
	}
	/* Nobody else writes. */
	for (at = log->tail; at < log->head; at += len) {
		const void *from;

		len = log->head - at;
		from = piece(log, at, &len);
		put(&grown, at, from, len);
	}
	lock_log(log);
	swap(log->ring, grown.ring);
	log->size = grown.size;
	unlock_log(log);
	kvfree(grown.ring);
}

/**
 * tcp_reaper_log_empty - free what is in a log
 * @log: the log; nobody writes or reads it any more
 * @share: what its owner has
 */
void tcp_reaper_log_empty(struct tcp_reaper_log *log,
			  struct tcp_reaper_share *share)
{
	tcp_reaper_share_log_give(share, log->size / SZ_1K);
	kvfree(log->ring);
	log->ring = NULL;
}

/**
 * tcp_reaper_log_prepare - a line about an action that is about to be done
 * @line: the line; @done is the caller's to set
 * @sk: on which socket, pinned
 * @facts: what is known of it
 * @decision: what is to be done, and by which rule
 */
void tcp_reaper_log_prepare(struct tcp_reaper_log_line *line, struct sock *sk,
			    const struct tcp_reaper_facts *facts,
			    const struct tcp_reaper_decision *decision)
{
	*line = (struct tcp_reaper_log_line){
		.time_ms = ktime_to_ms(ktime_get_real()),
		.age_ms = facts->age_ms,
		.idle_ms = facts->idle_ms,
		.inode = sock_i_ino(sk),
		.uid = READ_ONCE(sk->sk_uid),
		.rule = decision->rule,
		.class = facts->class,
		.state = facts->state,
		.action = decision->action,
	};
	tcp_reaper_ends_read(sk, &line->ends);
}

/* Return: how many of the names there is room for; @line->path is set. */
static unsigned int path_of(struct tcp_reaper_log_line *line,
			    const struct sock *sk,
			    const char *names[TCP_REAPER_PATH_DEPTH])
{
	unsigned int i, depth = tcp_reaper_cgroup_names(sk, names);

	for (i = 0; i < depth; i++) {
		size_t len = line->path + 1 + strlen(names[i]);

		if (len > TCP_REAPER_PATH_MAX)
			break;
		line->path = len;
	}
	/* The root has no name. */
	if (!depth && tcp_reaper_cgroup_id(sk))
		line->path = 1;
	return i;
}

/**
 * tcp_reaper_log - note an action
 * @log: the namespace's log
 * @line: about it; completed
 * @sk: on which socket, pinned: the names of its cgroup are copied from it
 *
 * Where there is no memory at all the line is lost, but not its number.
 *
 * Context: process context; the owner's worker alone.
 */
void tcp_reaper_log(struct tcp_reaper_log *log,
		    struct tcp_reaper_log_line *line, const struct sock *sk)
{
	const char *names[TCP_REAPER_PATH_DEPTH];
	unsigned int i, depth = path_of(line, sk, names);
	struct tcp_reaper_log_line oldest;
	u64 at;

	line->number = ++log->noted;
	if (!log->size)
		return;
	lock_log(log);
	while (log->head + size_of(line) - log->tail > log->size) {
		get(log, log->tail, &oldest, sizeof(oldest));
		log->tail += size_of(&oldest);
	}
	at = log->head + sizeof(*line);
	put(log, log->head, line, sizeof(*line));
	if (!depth && line->path)
		put(log, at, "/", 1);
	for (i = 0; i < depth; i++) {
		u32 len = strlen(names[i]);

		put(log, at, "/", 1);
		put(log, at + 1, names[i], len);
		at += 1 + len;
	}
	log->head += size_of(line);
	unlock_log(log);
}

/**
 * struct log_reader - who reads a log
 * @line: the line that is being shown
 * @path: of its cgroup, from the hierarchy's root
 * @root: where paths begin for the reader, likewise
 * @text: @path as the reader sees it
 * @refused: the last that wanted to wait by it was one too many; epoll asks
 *	again, without saying that it wants to
 */
struct log_reader {
	struct tcp_reaper_log_line line;
	char path[TCP_REAPER_PATH_MAX];
	char root[TCP_REAPER_PATH_MAX + 1];
	char text[TCP_REAPER_PATH_TEXT];
	bool refused;
};

/* A position is 1 + where a line is; 0 is the header. */
static void *log_at(struct seq_file *m, loff_t *pos)
{
	struct tcp_reaper_log *log = tcp_reaper_pde_data(file_inode(m->file));
	struct log_reader *reader = m->private;
	u64 at;

	if (!*pos)
		return SEQ_START_TOKEN;
	lock_log(log);
	at = max_t(u64, *pos - 1, log->tail);
	if (at < log->head) {
		get(log, at, &reader->line, sizeof(reader->line));
		get(log, at + sizeof(reader->line), reader->path,
		    reader->line.path);
	} else {
		reader = NULL;
	}
	unlock_log(log);
	*pos = at + 1;
	return reader;
}

static void *log_start(struct seq_file *m, loff_t *pos)
{
	return log_at(m, pos);
}

static void *log_next(struct seq_file *m, void *v, loff_t *pos)
{
	struct log_reader *reader = m->private;

	*pos += v == SEQ_START_TOKEN ? 1 : size_of(&reader->line);
	return log_at(m, pos);
}

static void log_stop(struct seq_file *m, void *v)
{
}

/* Whoever made a cgroup chose its name: it is to be one word. */
static void show_path(struct seq_file *m, struct log_reader *reader)
{
	u16 len = reader->line.path;
	const char *c = reader->text;

	if (!len) {
		seq_putc(m, '-');
		return;
	}
	/* The root is "/" here and "" there. */
	tcp_reaper_path_relative(reader->root, reader->path, len > 1 ? len : 0,
				 reader->text);
	for (; *c; c++) {
		if (*c == '\\' || *c == ' ' || iscntrl(*c))
			seq_printf(m, "\\%03o", (u8)*c);
		else
			seq_putc(m, *c);
	}
}

static int log_show(struct seq_file *m, void *v)
{
	struct log_reader *reader = m->private;
	const struct tcp_reaper_log_line *line = &reader->line;

	if (v == SEQ_START_TOKEN) {
		seq_puts(m,
			 "time_ms class state age_ms idle_ms local remote uid inode action result number rule cgroup\n");
		return 0;
	}
	seq_printf(m, "%llu %s %s %llu %llu ", line->time_ms,
		   tcp_reaper_class_word(line->class),
		   tcp_reaper_state_word(line->state), line->age_ms,
		   line->idle_ms);
	tcp_reaper_ends_show(m, &line->ends);
	seq_printf(m, " %u %llu %s %s %llu %u ",
		   from_kuid_munged(seq_user_ns(m), line->uid), line->inode,
		   tcp_reaper_action_word(line->action),
		   line->done ? "done" : "failed", line->number, line->rule);
	show_path(m, reader);
	seq_putc(m, '\n');
	return 0;
}

static const struct seq_operations log_ops = {
	.start = log_start,
	.next = log_next,
	.stop = log_stop,
	.show = log_show,
};

static int log_open(struct inode *inode, struct file *file)
{
	struct log_reader *reader =
		__seq_open_private(file, &log_ops, sizeof(*reader));

	if (!reader)
		return -ENOMEM;
	/* Who opens it is who sees it, as with the user. */
	tcp_reaper_cgroup_root(reader->root);
	return 0;
}

/*
 * The namespace is pinned for the time of the call, not for that of the file:
 * its end would have to wait for a page fault of the reader's, and the end of
 * every other namespace with it.
 */
static ssize_t log_read(struct file *file, char __user *buf, size_t size,
			loff_t *pos)
{
	struct tcp_reaper_log *log = tcp_reaper_pde_data(file_inode(file));
	struct net *net = maybe_get_net(log->net);
	ssize_t len;

	if (!net)
		return -ENODEV;
	len = seq_read(file, buf, size, pos);
	put_net(net);
	return len;
}

static __poll_t log_poll(struct file *file, poll_table *wait)
{
	struct tcp_reaper_log *log = tcp_reaper_pde_data(file_inode(file));
	struct seq_file *m = file->private_data;
	struct log_reader *reader = m->private;
	__poll_t ready = 0;

	if (tcp_reaper_pollers_asked(wait))
		WRITE_ONCE(reader->refused,
			   !tcp_reaper_pollers_add(log->pollers, file, wait));
	if (READ_ONCE(reader->refused))
		return EPOLLERR;
	lock_log(log);
	if (!m->index || m->index - 1 < log->head || m->count)
		ready = EPOLLIN | EPOLLRDNORM;
	unlock_log(log);
	return ready;
}

const struct proc_ops tcp_reaper_log_proc_ops = {
	.proc_open = log_open,
	.proc_read = log_read,
	.proc_lseek = seq_lseek,
	.proc_release = seq_release_private,
	.proc_poll = log_poll,
};
