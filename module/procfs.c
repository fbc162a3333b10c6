// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/net/tcp_reaper/: counters, rules, a line for each tracked socket; the
 * log is in log.c.
 */
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/seq_file_net.h>
#include <linux/uaccess.h>
#include <net/inet_sock.h>
#include <net/net_namespace.h>
#include <net/sock.h>
#include <net/tcp.h>

#include "compat/procfs.h"
#include "facts.h"
#include "judge.h"
#include "log.h"
#include "netns.h"
#include "procfs.h"
#include "rules.h"
#include "stats.h"
#include "weakref.h"
#include "words.h"

static int stats_show(struct seq_file *m, void *v)
{
	struct tcp_reaper_net *rn = tcp_reaper_net(seq_file_single_net(m));
	unsigned int i;

	for (i = 0; i < TCP_REAPER_NR_STATS; i++)
		seq_printf(m, "%s %llu\n", tcp_reaper_stat_name(i),
			   tcp_reaper_stat_read(rn, i));
	return 0;
}

static void addresses_show(struct seq_file *m, const struct sock *sk)
{
	const struct inet_sock *inet = inet_sk(sk);
	u16 lport = ntohs(inet->inet_sport), rport = ntohs(inet->inet_dport);

#if IS_ENABLED(CONFIG_IPV6)
	if (sk->sk_family == AF_INET6) {
		seq_printf(m, "[%pI6c]:%u [%pI6c]:%u", &sk->sk_v6_rcv_saddr,
			   lport, &sk->sk_v6_daddr, rport);
		return;
	}
#endif
	seq_printf(m, "%pI4:%u %pI4:%u", &inet->inet_rcv_saddr, lport,
		   &inet->inet_daddr, rport);
}

/* As /proc/net/tcp counts them: a FIN not yet read is one byte. */
static void queues_show(struct seq_file *m, const struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	s32 rxq = READ_ONCE(tp->rcv_nxt) - READ_ONCE(tp->copied_seq);
	s32 txq = READ_ONCE(tp->write_seq) - READ_ONCE(tp->snd_una);

	seq_printf(m, "%d %d", max(rxq, 0), max(txq, 0));
}

static void entry_show(struct seq_file *m, struct tcp_reaper_net *rn,
		       struct tcp_reaper_entry *noted)
{
	/* A copy, since a busy entry is the tick's to change. */
	struct tcp_reaper_entry e = *noted;
	struct tcp_reaper_decision d;
	struct tcp_reaper_facts facts;
	struct sock *sk;

	sk = tcp_reaper_ref_get(rn->net, e.sk, e.hash);
	if (!sk)
		return;
	if (!tcp_reaper_entry_matches(&e, sk))
		goto out;
	tcp_reaper_facts_read(&e, sk, get_jiffies_64(), &facts);
	d = tcp_reaper_judge(rn, &rn->policy, sk, &facts, false);

	seq_printf(m, "%s %s %llu %llu ", tcp_reaper_class_word(facts.class),
		   tcp_reaper_state_word(facts.state), facts.age_ms,
		   facts.idle_ms);
	addresses_show(m, sk);
	seq_printf(m, " %u %llu ",
		   from_kuid_munged(seq_user_ns(m), READ_ONCE(sk->sk_uid)),
		   (u64)sock_i_ino(sk));
	queues_show(m, sk);
	seq_printf(m, " %s\n", tcp_reaper_verdict_word(d.verdict));
out:
	sock_put(sk);
}

static int rules_show(struct seq_file *m, void *v)
{
	struct tcp_reaper_net *rn = m->private;

	tcp_reaper_rules_show(m, &rn->rules);
	return 0;
}

static int rules_open(struct inode *inode, struct file *file)
{
	return single_open(file, rules_show, tcp_reaper_pde_data(inode));
}

/* One write(2) is one list: never a part of one. */
static ssize_t rules_write(struct file *file, const char __user *buf,
			   size_t len, loff_t *pos)
{
	struct tcp_reaper_net *rn = tcp_reaper_pde_data(file_inode(file));
	char *text;
	int err;

	if (!tcp_reaper_may_change(rn->net))
		return -EPERM;
	if (len > TCP_REAPER_RULES_TEXT_MAX)
		return -E2BIG;
	text = kvmalloc(len + 1, GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!text)
		return -ENOMEM;
	err = copy_from_user(text, buf, len) ? -EFAULT : 0;
	if (!err)
		err = tcp_reaper_rules_set(rn, text, len);
	kvfree(text);
	return err ? err : len;
}

static const struct proc_ops rules_ops = {
	.proc_open = rules_open,
	.proc_read = seq_read,
	.proc_write = rules_write,
	.proc_lseek = seq_lseek,
	.proc_release = single_release,
};

/*
 * A position is 1 + a cursor of tcp_reaper_table_from(); 0 is the header. The
 * lock is held from start to stop: for one buffer of lines.
 */
static void *sockets_at(struct tcp_reaper_net *rn, loff_t *pos)
{
	struct tcp_reaper_entry *e;
	u64 cursor, next;

	if (!*pos)
		return SEQ_START_TOKEN;
	cursor = *pos - 1;
	e = tcp_reaper_table_from(&rn->table, &cursor, &next);
	*pos = cursor + 1;
	return e;
}

static void *sockets_start(struct seq_file *m, loff_t *pos)
{
	struct tcp_reaper_net *rn = tcp_reaper_net(seq_file_net(m));

	mutex_lock(&rn->lock);
	return sockets_at(rn, pos);
}

static void *sockets_next(struct seq_file *m, void *v, loff_t *pos)
{
	struct tcp_reaper_net *rn = tcp_reaper_net(seq_file_net(m));
	u64 cursor = *pos - 1, next;

	if (v == SEQ_START_TOKEN)
		*pos = 1;
	else if (tcp_reaper_table_from(&rn->table, &cursor, &next))
		*pos = next + 1;
	return sockets_at(rn, pos);
}

static void sockets_stop(struct seq_file *m, void *v)
{
	mutex_unlock(&tcp_reaper_net(seq_file_net(m))->lock);
}

/* A whole bucket, so that a position is a place in the space of keys. */
static int sockets_show(struct seq_file *m, void *v)
{
	struct tcp_reaper_net *rn = tcp_reaper_net(seq_file_net(m));
	struct tcp_reaper_entry *e = v;
	u64 cursor = m->index - 1;

	if (v == SEQ_START_TOKEN) {
		seq_puts(m,
			 "class state age_ms idle_ms local remote uid inode rxq txq verdict\n");
		return 0;
	}
	for (; e; e = tcp_reaper_table_same_bucket(e, cursor))
		entry_show(m, rn, e);
	return 0;
}

static const struct seq_operations sockets_ops = {
	.start = sockets_start,
	.next = sockets_next,
	.stop = sockets_stop,
	.show = sockets_show,
};

/**
 * tcp_reaper_procfs_add - a namespace's directory
 * @net: the namespace
 *
 * Return: 0 or -ENOMEM.
 */
int tcp_reaper_procfs_add(struct net *net)
{
	struct proc_dir_entry *dir;

	dir = proc_net_mkdir(net, "tcp_reaper", net->proc_net);
	if (!dir)
		return -ENOMEM;
	if (!proc_create_net_single("stats", 0444, dir, stats_show, NULL) ||
	    !proc_create_net("sockets", 0444, dir, &sockets_ops,
			     sizeof(struct seq_net_private)) ||
	    !proc_create_data("rules", 0644, dir, &rules_ops,
			      tcp_reaper_net(net)) ||
	    !proc_create_data("log", 0444, dir, &tcp_reaper_log_proc_ops,
			      &tcp_reaper_net(net)->log)) {
		tcp_reaper_procfs_del(net);
		return -ENOMEM;
	}
	return 0;
}

/**
 * tcp_reaper_procfs_del - undo tcp_reaper_procfs_add()
 * @net: the namespace
 *
 * Context: process context; waits for readers.
 */
void tcp_reaper_procfs_del(struct net *net)
{
	remove_proc_subtree("tcp_reaper", net->proc_net);
}
