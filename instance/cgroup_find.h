/* Where control groups are on this host, and asking for one. */
#ifndef INSTANCE_CGROUP_FIND_H
#define INSTANCE_CGROUP_FIND_H

#include <stdbool.h>
#include <sys/types.h>

#include "instance/cgroup.h"

/* The folder of this process's group. False: there is none of the kind, or it cannot be seen. */
bool cgroup_home_v1(enum cgroup_part part, char out[CGROUP_PATH_MAX]);
bool cgroup_home_v2(char out[CGROUP_PATH_MAX]);

/*
 * Whether a group of version 2 may be divided by whoever may write it: for root, where systemd manages it, only as a part
 * of a unit with Delegate=yes. Of others systemd makes the groups itself, and undoes what somebody changes.
 */
bool cgroup_is_delegated(const char *home);

/* Whether `pid` is all that is in the group (as seen by this process). */
bool cgroup_has_only(const char *home, pid_t pid);

/* Where a version 1 hierarchy is mounted. */
bool cgroup_mount_v1(enum cgroup_part part, char out[CGROUP_PATH_MAX]);

/* Whether version 2 has the controllers that limits need: elsewhere it only sorts. */
bool cgroup_has_v2(void);

/*
 * Has systemd's manager (the user's; for root the system's) put this process into a scope of its own, which may be divided
 * further. Waits for it, some seconds at most. Returns whether it is in there. The user's bus is in $XDG_RUNTIME_DIR.
 */
bool cgroup_ask_systemd(const char *name);
bool cgroup_can_ask_systemd(void);

/* When a process began, in the host's ticks; 0: it is not there. */
unsigned long long process_began(pid_t pid);

#endif
