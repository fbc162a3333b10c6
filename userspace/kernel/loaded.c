// SPDX-License-Identifier: GPL-2.0-only
/*
 * Is the module there? Its folder in /proc says so, and is all that most verbs
 * need of it.
 */
#include <string.h>

#include "kernel/kfile.h"
#include "kernel/loaded.h"
#include "kernel/paths.h"
#include "show/output.h"

/**
 * loaded() - is the module loaded, with the files that this tool knows?
 */
bool loaded(void)
{
	return kfile_exists(PROC_REAPER);
}

/**
 * loaded_not() - say that it is not, and what to do
 *
 * A module that is loaded, neither coming nor going, and has no such folder is
 * older or newer than this tool. Where /proc shows processes alone nothing can
 * be told of it.
 *
 * Return: the exit code that goes with it.
 */
enum rc loaded_not(void)
{
	char state[16];
	bool other =
		!kfile_value(SYS_MODULE "/initstate", state, sizeof(state)) &&
		!strcmp(state, "live");

	if (!kfile_exists("/proc/net")) {
		output_error(
			"no /proc/net, so the module cannot be seen: /proc is mounted with subset=pid, as ProcSubset=pid in a unit does, or not at all; run it where /proc is whole");
		return RC_FAILED;
	}
	output_error("%s: no " PROC_REAPER "; %smodprobe tcp_reaper",
		     other ? "module and reaperctl have different versions"
			   : "module not loaded",
		     other ? "rmmod tcp_reaper, then " : "");
	return RC_UNLOADED;
}

/**
 * loaded_warn() - say in text if the module is of another version than the tool
 */
void loaded_warn(void)
{
	char version[64];

	if (kfile_value(SYS_MODULE "/version", version, sizeof(version)) ||
	    !strcmp(version, REAPERCTL_VERSION))
		return;
	output_style(OUTPUT_WARN);
	output_line("module  %s, but reaperctl %s: \"reaperctl reload\" loads the one that is installed",
		    version, REAPERCTL_VERSION);
}
