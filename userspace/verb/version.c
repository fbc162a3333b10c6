// SPDX-License-Identifier: GPL-2.0-only
/*
 * reaperctl version: the tool's and the module's, which should be the same.
 */
#include "kernel/kfile.h"
#include "kernel/loaded.h"
#include "kernel/paths.h"
#include "show/output.h"
#include "verb/verb.h"

static enum rc run(struct call *call)
{
	char module[64];
	bool known =
		!kfile_value(SYS_MODULE "/version", module, sizeof(module));

	(void)call;
	output_open(NULL);
	output_string("reaperctl", REAPERCTL_VERSION);
	output_line("reaperctl %s", REAPERCTL_VERSION);
	if (known) {
		output_string("module", module);
		output_line("tcp_reaper %s", module);
		loaded_warn();
	} else {
		output_null("module");
	}
	output_close();
	if (!loaded())
		return loaded_not();
	if (!known) {
		output_error("the module's version is not known: " SYS_MODULE
			     "/version cannot be read; is /sys mounted?");
		return RC_FAILED;
	}
	return RC_DONE;
}

const struct verb verb_version = {
	.name = "version",
	.args = "",
	.what = "versions of the tool and of the module",
	.help = "Prints the version of reaperctl and, on a second line, that of the module.\n",
	.global = true,
	.run = run,
};
