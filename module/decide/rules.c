// SPDX-License-Identifier: GPL-2.0-only
/*
 * The list of rules of a namespace: replaced as a whole, read under RCU.
 */
#include <linux/atomic.h>
#include <linux/bsearch.h>
#include <linux/build_bug.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>

#include "decide/rules.h"
#include "shared/dirs.h"
#include "shared/policy.h"
#include "sock/cgroup.h"
#include "track/entry.h"

/* A rule's timeouts are in the order of the classes. */
static_assert((int)TCP_REAPER_RULE_CLOSE_WAIT == (int)TCP_REAPER_CLOSE_WAIT);
static_assert((int)TCP_REAPER_RULE_ORPHAN == (int)TCP_REAPER_ORPHAN);
static_assert((int)TCP_REAPER_RULE_FIN_WAIT2 == (int)TCP_REAPER_FIN_WAIT2);
static_assert((int)TCP_REAPER_RULE_ESTABLISHED == (int)TCP_REAPER_ESTABLISHED);

/**
 * struct counted_rule - a rule in its list
 * @rule: never changes
 * @hits: sockets that it decided about, each once
 */
struct counted_rule {
	struct tcp_reaper_rule rule;
	atomic64_t hits;
};

/**
 * struct tcp_reaper_rules - a list, of one rule at least
 * @refs: the slot it is in, and readers that sleep. Others hold it by RCU.
 * @rcu: for its end
 * @n: how many
 * @number: which of the namespace's lists it is, by which a socket is counted
 *	anew in another list
 * @dirs: the directories that rules name, behind the rules, as are the paths
 * @ndirs: how many
 * @shortest_ms: by enum tcp_reaper_rule_timeout, the shortest that any rule
 *	gives; 0 if none does
 * @v: the rules, in the order in which they are tried
 */
struct tcp_reaper_rules {
	refcount_t refs;
	struct rcu_head rcu;
	unsigned int n;
	unsigned int ndirs;
	struct tcp_reaper_dir *dirs;
	u8 number;
	u32 shortest_ms[TCP_REAPER_RULE_NR_TIMEOUTS];
	struct counted_rule v[];
};

static struct tcp_reaper_rules *
rules_get(struct tcp_reaper_rules __rcu *const *slot)
{
	struct tcp_reaper_rules *rules;

	rcu_read_lock();
	rules = rcu_dereference(*slot);
	/* Without a reference it has just been replaced: there is another. */
	while (rules && !refcount_inc_not_zero(&rules->refs))
		rules = rcu_dereference(*slot);
	rcu_read_unlock();
	return rules;
}

/**
 * tcp_reaper_rules_put - let go of a list
 * @rules: the list; NULL is the empty one
 *
 * Context: any that may free.
 */
void tcp_reaper_rules_put(struct tcp_reaper_rules *rules)
{
	if (rules && refcount_dec_and_test(&rules->refs))
		kvfree_rcu(rules, rcu);
}

static void note_timeouts(struct tcp_reaper_rules *rules,
			  const struct tcp_reaper_rule *rule)
{
	int i;

	for (i = 0; i < TCP_REAPER_RULE_NR_TIMEOUTS; i++) {
		u32 ms = rule->timeouts & 1 << i ? rule->timeout_ms[i] : 0;

		if (ms &&
		    (!rules->shortest_ms[i] || ms < rules->shortest_ms[i]))
			rules->shortest_ms[i] = ms;
	}
}

/**
 * struct making - a list that is being made
 * @rules: the list; NULL: it is only seen whether all is good
 * @n: rules so far
 * @ndirs: how many of them name a directory
 * @paths: bytes of their paths
 * @root: where the paths begin that its writer gives
 * @no_root: that is too deep for any
 * @path: the last path, from the hierarchy's root
 */
struct making {
	struct tcp_reaper_rules *rules;
	unsigned int n;
	unsigned int ndirs;
	size_t paths;
	int no_root;
	char root[TCP_REAPER_PATH_MAX + 1];
	char path[TCP_REAPER_PATH_MAX + 1];
};

/* A tenant's path begins where its cgroup namespace does. */
static int add_dir(struct making *making, struct tcp_reaper_rule_cgroup *cgroup)
{
	struct tcp_reaper_rules *rules = making->rules;
	int len = tcp_reaper_path_absolute(making->root, cgroup->path,
					   cgroup->len, making->path);
	size_t at = making->paths;

	if (len < 0 || making->no_root)
		return -EINVAL;
	making->paths += len;
	if (making->paths > TCP_REAPER_RULES_PATHS_MAX)
		return -E2BIG;
	if (rules) {
		struct tcp_reaper_dir *dir = &rules->dirs[making->ndirs];

		dir->path = (char *)&rules->dirs[rules->ndirs] + at;
		dir->len = len;
		memcpy((char *)dir->path, making->path, len);
		cgroup->path = dir->path;
		cgroup->len = len;
	}
	making->ndirs++;
	return 0;
}

/* Thousands of long paths that begin alike take their time. */
static int order(const void *a, const void *b)
{
	cond_resched();
	return tcp_reaper_dirs_order(a, b);
}

/* Which are at the path of each rule, or below? */
static void link_dirs(struct tcp_reaper_rules *rules)
{
	unsigned int i;

	sort(rules->dirs, rules->ndirs, sizeof(*rules->dirs), order, NULL);
	rules->ndirs = tcp_reaper_dirs_link(rules->dirs, rules->ndirs);
	for (i = 0; i < rules->n; i++) {
		struct tcp_reaper_rule_cgroup *cgroup =
			&rules->v[i].rule.cgroup;
		const struct tcp_reaper_dir key = { cgroup->path, cgroup->len };
		const struct tcp_reaper_dir *dir;

		if (!cgroup->path)
			continue;
		dir = bsearch(&key, rules->dirs, rules->ndirs, sizeof(key),
			      order);
		cgroup->dirs.first = dir - rules->dirs + 1;
		cgroup->dirs.last = dir->last;
	}
}

/*
 * Goes through all lines of @text, which are good if there is a list already:
 * that has room for them.
 */
static int rules_parse(const char *text, size_t len, struct making *making)
{
	struct tcp_reaper_rules *rules = making->rules;
	const char *end = text + len;
	struct tcp_reaper_rule_error err;
	struct tcp_reaper_rule rule;
	int bad;

	making->n = 0;
	making->ndirs = 0;
	making->paths = 0;
	while (text < end) {
		const char *eol = memchr(text, '\n', end - text) ?: end;
		int is_rule =
			tcp_reaper_rule_parse(text, eol - text, &rule, &err);

		if (is_rule < 0)
			return is_rule;
		if (is_rule && making->n == TCP_REAPER_RULES_MAX)
			return -E2BIG;
		bad = is_rule && rule.cgroup.path
			      ? add_dir(making, &rule.cgroup)
			      : 0;
		if (bad)
			return bad;
		if (is_rule && rules) {
			rules->v[making->n].rule = rule;
			note_timeouts(rules, &rule);
		}
		making->n += is_rule;
		text = eol + 1;
		cond_resched();
	}
	return 0;
}

/* The list of @text, or an error; NULL for the empty one. */
static struct tcp_reaper_rules *rules_make(const char *text, size_t len,
					   struct making *making)
{
	struct tcp_reaper_rules *rules;
	size_t dirs;
	int err;

	making->no_root = tcp_reaper_cgroup_root(making->root);
	err = rules_parse(text, len, making);
	if (err || !making->n)
		return ERR_PTR(err);
	dirs = struct_size(rules, v, making->n);
	/* Its writer may be a container's root: charge that. */
	rules = kvzalloc(dirs + making->ndirs * sizeof(*rules->dirs) +
				 making->paths,
			 GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!rules)
		return ERR_PTR(-ENOMEM);
	refcount_set(&rules->refs, 1);
	rules->n = making->n;
	rules->ndirs = making->ndirs;
	rules->dirs = (void *)rules + dirs;
	making->rules = rules;
	rules_parse(text, len, making);
	link_dirs(rules);
	return rules;
}

/**
 * tcp_reaper_rules_make - a new list, that is nobody's yet
 * @text: a line a rule; not changed meanwhile, need not end in NUL
 * @len: of @text; 0 makes the empty list
 *
 * Takes its time for a long list, so it is not to be called under a lock that
 * anybody else waits for.
 *
 * Context: process context, sleeps.
 * Return: the list, for tcp_reaper_rules_replace(); NULL for the empty one;
 * -EINVAL for a line that is no rule or a NUL in @text; -E2BIG for more than
 * TCP_REAPER_RULES_MAX rules, TCP_REAPER_RULES_TEXT_MAX bytes or
 * TCP_REAPER_RULES_PATHS_MAX bytes of paths; -ENOMEM.
 */
struct tcp_reaper_rules *tcp_reaper_rules_make(const char *text, size_t len)
{
	struct tcp_reaper_rules *rules;
	struct making *making;

	if (len > TCP_REAPER_RULES_TEXT_MAX)
		return ERR_PTR(-E2BIG);
	if (memchr(text, 0, len))
		return ERR_PTR(-EINVAL);
	making = kzalloc(sizeof(*making), GFP_KERNEL);
	if (!making)
		return ERR_PTR(-ENOMEM);
	rules = rules_make(text, len, making);
	kfree(making);
	return rules;
}

/**
 * tcp_reaper_rules_replace - put a list in the place of another
 * @slot: where the namespace keeps its list; NULL is the empty one
 * @rules: of tcp_reaper_rules_make()
 * @number: from 1 to TCP_REAPER_RULES_NUMBERS, another than that of the last
 *
 * Hits begin anew.
 *
 * Context: any; does not wait for readers.
 * Return: the list that was there, for tcp_reaper_rules_put().
 */
struct tcp_reaper_rules *
tcp_reaper_rules_replace(struct tcp_reaper_rules __rcu **slot,
			 struct tcp_reaper_rules *rules, u8 number)
{
	if (rules)
		rules->number = number;
	/* An exchange orders those who replace it, without a lock. */
	return unrcu_pointer(xchg(slot, RCU_INITIALIZER(rules)));
}

/**
 * tcp_reaper_rules_free - the end of a namespace's list
 * @slot: where it is kept; empty then
 *
 * Context: process context; does not wait for readers.
 */
void tcp_reaper_rules_free(struct tcp_reaper_rules __rcu **slot)
{
	tcp_reaper_rules_put(tcp_reaper_rules_replace(slot, NULL, 0));
}

/**
 * tcp_reaper_rules_shortest_ms - the shortest timeout that rules give a class
 * @slot: where the namespace keeps its list
 * @timeout: of which class
 *
 * Context: any.
 * Return: milliseconds; 0 if no rule gives one but 0.
 */
u32 tcp_reaper_rules_shortest_ms(struct tcp_reaper_rules __rcu *const *slot,
				 enum tcp_reaper_rule_timeout timeout)
{
	struct tcp_reaper_rules *rules;
	u32 ms;

	rcu_read_lock();
	rules = rcu_dereference(*slot);
	ms = rules ? rules->shortest_ms[timeout] : 0;
	rcu_read_unlock();
	return ms;
}

/**
 * tcp_reaper_rules_dir - where a socket was made, as rules name it
 * @rules: the list, from rcu_dereference()
 * @sk: the socket, pinned
 *
 * Context: any, under rcu_read_lock().
 * Return: a number for struct tcp_reaper_flow; 0 at once if no rule names any.
 */
u16 tcp_reaper_rules_dir(const struct tcp_reaper_rules *rules,
			 const struct sock *sk)
{
	const char *names[TCP_REAPER_PATH_DEPTH];

	if (!rules->ndirs)
		return 0;
	return tcp_reaper_dirs_find(rules->dirs, rules->ndirs, names,
				    tcp_reaper_cgroup_names(sk, names));
}

/**
 * tcp_reaper_rules_find - the rule that decides about a socket
 * @rules: the list, from rcu_dereference(); NULL is the empty one
 * @flow: the socket
 *
 * Context: any, under rcu_read_lock().
 * Return: the first that matches, valid until rcu_read_unlock(), or NULL.
 */
const struct tcp_reaper_rule *
tcp_reaper_rules_find(const struct tcp_reaper_rules *rules,
		      const struct tcp_reaper_flow *flow)
{
	unsigned int i;

	for (i = 0; rules && i < rules->n; i++) {
		if (tcp_reaper_rule_match(&rules->v[i].rule, flow))
			return &rules->v[i].rule;
	}
	return NULL;
}

/**
 * tcp_reaper_rules_place - which rule of a list it is
 * @rules: the list
 * @rule: of it
 *
 * Return: from 1 on.
 */
unsigned int tcp_reaper_rules_place(const struct tcp_reaper_rules *rules,
				    const struct tcp_reaper_rule *rule)
{
	return container_of(rule, struct counted_rule, rule) - rules->v + 1;
}

/**
 * tcp_reaper_rules_hit - count a tracked socket as a hit, once in a list
 * @rules: the list
 * @rule: of it, from tcp_reaper_rules_find(): the one that decided
 * @entry: what is tracked of the socket; its namespace is locked
 *
 * Context: any, under rcu_read_lock().
 */
void tcp_reaper_rules_hit(struct tcp_reaper_rules *rules,
			  const struct tcp_reaper_rule *rule,
			  struct tcp_reaper_entry *entry)
{
	if (entry->ruled == rules->number)
		return;
	entry->ruled = rules->number;
	atomic64_inc(&container_of(rule, struct counted_rule, rule)->hits);
}

/**
 * struct reader - who reads a list
 * @root: where its paths begin, from the hierarchy's root
 * @path: a path as it sees it
 * @text: a rule
 */
struct reader {
	char root[TCP_REAPER_PATH_MAX + 1];
	char path[TCP_REAPER_PATH_TEXT];
	char text[TCP_REAPER_RULE_TEXT];
};

static void show_rule(struct seq_file *m, struct counted_rule *c,
		      struct reader *reader)
{
	struct tcp_reaper_rule rule = c->rule;

	if (rule.cgroup.path) {
		rule.cgroup.len =
			tcp_reaper_path_relative(reader->root, rule.cgroup.path,
						 rule.cgroup.len, reader->path);
		rule.cgroup.path = reader->path;
	}
	tcp_reaper_rule_print(&rule, reader->text, sizeof(reader->text));
	seq_printf(m, "%s # hits %lld\n", reader->text,
		   (long long)atomic64_read(&c->hits));
}

/**
 * tcp_reaper_rules_show - the list as text that can be written again
 * @m: where to
 * @slot: where the namespace keeps its list
 *
 * Paths are as the current process would write them.
 *
 * Context: process context, sleeps.
 * Return: 0 or -ENOMEM.
 */
int tcp_reaper_rules_show(struct seq_file *m,
			  struct tcp_reaper_rules __rcu **slot)
{
	struct reader *reader = kmalloc(sizeof(*reader), GFP_KERNEL);
	struct tcp_reaper_rules *rules;
	unsigned int i;

	if (!reader)
		return -ENOMEM;
	/* Who is too deep to write a path is shown them all the same. */
	tcp_reaper_cgroup_root(reader->root);
	rules = rules_get(slot);
	for (i = 0; rules && i < rules->n; i++) {
		show_rule(m, &rules->v[i], reader);
		cond_resched();
		/* seq_file will come again with more room. */
		if (seq_has_overflowed(m))
			break;
	}
	tcp_reaper_rules_put(rules);
	kfree(reader);
	return 0;
}
