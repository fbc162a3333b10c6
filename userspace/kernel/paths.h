/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef REAPERCTL_PATHS_H
#define REAPERCTL_PATHS_H

/* Where the kernel shows the module; REAPERCTL_ROOT goes in front. */
#define PROC_REAPER "/proc/net/reaper"
#define PROC_STATS PROC_REAPER "/stats"
#define PROC_AGES PROC_REAPER "/ages"
#define PROC_OTHERS PROC_REAPER "/others"
#define PROC_LOG PROC_REAPER "/log"
#define PROC_SOCKETS PROC_REAPER "/sockets"
#define PROC_TRIAL PROC_REAPER "/trial"
#define PROC_RULES PROC_REAPER "/rules"
#define SYSCTL_REAPER "/proc/sys/net/tcp_reaper"
#define SYS_MODULE "/sys/module/tcp_reaper"
#define PARAMETERS SYS_MODULE "/parameters"

/* The first namespace, and where the tool keeps what it has to remember. */
#define NETNS_INITIAL "/proc/1/ns/net"
#define DIR_STATE "/run/reaperctl"

#endif
