// SPDX-License-Identifier: GPL-2.0
/*
 * Is the module there? Its folder in /proc says so, and is all that most verbs
 * need of it.
 */
#include <string.h>

#include "kfile.h"
#include "loaded.h"
#include "output.h"

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
 * older or newer than this tool.
 *
 * Return: the exit code that goes with it.
 */
enum rc loaded_not(void)
{
	char state[16];
	bool other =
		!kfile_value(SYS_MODULE "/initstate", state, sizeof(state)) &&
		!strcmp(state, "live");

	output_error("%s: no " PROC_REAPER "; %smodprobe tcp_reaper",
		     other ? "module and reaperctl have different versions"
			   : "module not loaded",
		     other ? "rmmod tcp_reaper, then " : "");
	return RC_UNLOADED;
}
