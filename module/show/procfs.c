// SPDX-License-Identifier: GPL-2.0-only
/*
 * /proc/net/reaper/: counters and rules; what else is there has a file of its
 * own. Its name does not begin with "tcp": scripts read /proc/net/tcp*.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/seq_file_net.h>
#include <linux/uaccess.h>
#include <net/net_namespace.h>

#include "carried.h"
#include "compat/procfs.h"
#include "decide/rules.h"
#include "log.h"
#include "net/change.h"
#include "net/net.h"
#include "net/trial.h"
#include "procfs.h"
#include "sockets.h"
#include "stats.h"

static int stats_show(struct seq_file *m, void *v)
{
	struct tcp_reaper_net *rn = tcp_reaper_net(seq_file_single_net(m));
	unsigned int i;

	for (i = 0; i < TCP_REAPER_NR_STATS; i++)
		seq_printf(m, "%s %llu\n", tcp_reaper_stat_name(i),
			   tcp_reaper_stat_read(&rn->stats, i));
	return 0;
}

static int ages_show(struct seq_file *m, void *v)
{
	struct tcp_reaper_net *rn = tcp_reaper_net(seq_file_single_net(m));
	unsigned int i;

	for (i = TCP_REAPER_STAT_RECOVERED_AGE;
	     i < TCP_REAPER_NR_STATS_AND_AGES; i++)
		seq_printf(m, "%s %llu\n", tcp_reaper_stat_name(i),
			   tcp_reaper_stat_read(&rn->stats, i));
	return 0;
}

/* In the initial namespace alone: a tenant is not to see what others do. */
static int others_show(struct seq_file *m, void *v)
{
	unsigned int i;

	for (i = 0; i < TCP_REAPER_NR_STATS; i++)
		if (!tcp_reaper_stat_is_gauge(i))
			seq_printf(m, "%s %llu\n", tcp_reaper_stat_name(i),
				   tcp_reaper_stat_read_others(i));
	return 0;
}

/*
 * Who exchanges the module hands its counters on. Nobody else has a reason to,
 * and a tenant is not to make up what the host sums up: neither itself nor by a
 * descriptor that it opened, and has somebody else write to.
 */
static bool may_carry_over(const struct file *file)
{
	return tcp_reaper_is_host() &&
	       file_ns_capable(file, &init_user_ns, CAP_NET_ADMIN);
}

static int stats_write(struct file *file, char *text, size_t len)
{
	struct net *net = seq_file_single_net(file->private_data);

	if (!may_carry_over(file))
		return -EPERM;
	return tcp_reaper_carried_add(&tcp_reaper_net(net)->stats, text, len);
}

static int others_write(struct file *file, char *text, size_t len)
{
	return may_carry_over(file) ? tcp_reaper_carried_add(NULL, text, len)
				    : -EPERM;
}

static int trial_show(struct seq_file *m, void *v)
{
	tcp_reaper_trial_show(m, tcp_reaper_net(seq_file_single_net(m)));
	return 0;
}

static int trial_write(struct file *file, char *text, size_t len)
{
	struct net *net = seq_file_single_net(file->private_data);

	return tcp_reaper_trial_write(tcp_reaper_net(net), text, len);
}

static int rules_show(struct seq_file *m, void *v)
{
	struct tcp_reaper_net *rn = m->private;

	return tcp_reaper_rules_show(m, &rn->rules);
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
		err = tcp_reaper_change_rules(rn, text, len);
	kvfree(text);
	return err ? err : len;
}

/* The namespace is pinned for the time of the call, as by log_read(). */
static ssize_t rules_read_pinned(struct file *file, char __user *buf,
				 size_t len, loff_t *pos)
{
	struct tcp_reaper_net *rn = tcp_reaper_pde_data(file_inode(file));
	struct net *net = maybe_get_net(rn->net);
	ssize_t done;

	if (!net)
		return -ENODEV;
	done = seq_read(file, buf, len, pos);
	put_net(net);
	return done;
}

static ssize_t rules_write_pinned(struct file *file, const char __user *buf,
				  size_t len, loff_t *pos)
{
	struct tcp_reaper_net *rn = tcp_reaper_pde_data(file_inode(file));
	struct net *net = maybe_get_net(rn->net);
	ssize_t done;

	if (!net)
		return -ENODEV;
	done = rules_write(file, buf, len, pos);
	put_net(net);
	return done;
}

static const struct proc_ops rules_ops = {
	.proc_open = rules_open,
	.proc_read = rules_read_pinned,
	.proc_write = rules_write_pinned,
	.proc_lseek = seq_lseek,
	.proc_release = single_release,
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

	dir = proc_net_mkdir(net, "reaper", net->proc_net);
	if (!dir)
		return -ENOMEM;
	if (!proc_create_net_single_write("stats", 0644, dir, stats_show,
					  stats_write, NULL) ||
	    !proc_create_net_single_write("ages", 0644, dir, ages_show,
					  stats_write, NULL) ||
	    !proc_create_net_single_write("trial", 0644, dir, trial_show,
					  trial_write, NULL) ||
	    (net_eq(net, &init_net) &&
	     !proc_create_net_single_write("others", 0644, dir, others_show,
					   others_write, NULL)) ||
	    !proc_create_net("sockets", 0444, dir, &tcp_reaper_sockets_ops,
			     tcp_reaper_sockets_state_size()) ||
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
	remove_proc_subtree("reaper", net->proc_net);
}
