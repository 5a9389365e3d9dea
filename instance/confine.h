/*
 * What the host's kernel holds a guest to, besides the namespaces it is in: Landlock, capabilities, no_new_privs and the
 * seccomp filter. All of it is done before the engine runs and can be undone by nobody: a guest that takes over the
 * engine is still under it.
 *
 * Two steps. The world's first process, when its root is in place and before anything else runs in it, calls
 * confine_world(): everything in the world, however it was started, then is in one Landlock domain and one session
 * keyring. Each process that is to become a guest calls confine_guest().
 */
#ifndef INSTANCE_CONFINE_H
#define INSTANCE_CONFINE_H

#include <stdbool.h>
#include <stddef.h>

#include "instance/plan.h"

/* What can be done on this host. */
enum {
    CONFINE_LANDLOCK = 1,
    CONFINE_FILTER = 2,
};

/* The oldest Landlock that serves: the first (Linux 5.13) allows no file to be moved to another directory. */
#define CONFINE_LANDLOCK_OLDEST 2

/*
 * What a world without namespaces needs, where Landlock alone stands before processes outside: with scopes (Linux 6.12).
 */
#define CONFINE_LANDLOCK_ALONE 6

/* The version of the host's Landlock interface; 0: it has none, or it is off. */
int landlock_version(void);

/*
 * The world's part, in its first process: a session keyring of its own, no_new_privs, and Landlock:
 *
 *   files    below the root, with what is mounted there; a root that is mounted read-only (and other such mounts in it)
 *            may not be written through Landlock either. `engine`, a descriptor of the program that runs guests,
 *            may be executed. Nothing else can be opened, whatever descriptor or link leads there.
 *   mounts   none can be changed any more.
 *   others   with version 6: no signals to processes outside, no connections to their abstract sockets.
 *
 * /proc must be mounted in the root. Afterwards this process, too, can open nothing outside: descriptors it wants
 * have to be there. `done` gets CONFINE_LANDLOCK where there is one. It is an error where there is none and `least` is
 * ISOLATION_FULL.
 *
 * Returns 0 or -errno, with `what` (a constant) telling what could not be done.
 */
int confine_world(enum isolation_level least, int engine, int *done, const char **what);

/*
 * The same for a world without namespaces: nothing but `places` can be opened. What is missing is an error where `least` is
 * ISOLATION_FENCED or more; else as much is done as there is.
 */
struct landlock_place;
int confine_places(enum isolation_level least, const struct landlock_place *places, size_t count, int *done,
                   const char **what);

/*
 * A guest's part, in the process that is to execute the engine, as root of the instance's user namespace: a container's
 * default capabilities, none that are inherited or ambient, no_new_privs, and the filter, to which the kernel's
 * refusal is an error as above (`done`: CONFINE_FILTER).
 *
 * The filter allows what still has to be done: changing to another user (setgroups, setresgid, setresuid), and exec.
 * Descriptors and the environment are the caller's concern.
 *
 * Returns 0 or -errno, with `what` telling what could not be done: the process must then end.
 */
int confine_guest(enum isolation_level least, int *done, const char **what);

/*
 * The same in a world without namespaces: no capability is left, as each would be one over the host; and with
 * the filter two more (instance/filter/table.h: filter_fence), the second unless there is to be a network. What is missing
 * is an error where `least` is ISOLATION_FENCED or more.
 */
int confine_guest_fenced(enum isolation_level least, bool network, int *done, const char **what);

/*
 * After one of these has set a filter, where there is a limit of the disk: no Landlock of the guest's own, which is answered
 * as by a kernel without it. A rule of it keeps a file's room (security/landlock/fs.c, get_inode_object()) that has
 * no name and that nobody has open, so nobody could tell. Returns 0 or -errno.
 */
int confine_disk(const char **what);

/* A guest's part for who makes them: no capabilities, and none to come. Returns 0 or -errno. */
int confine_broker(const char **what);

/*
 * Last of all: has the kernel ask about changes of mode, owner, times and attributes by descriptor. Returns the listener's
 * descriptor, for instance/keeper/changes.h, or -errno (-EOPNOTSUPP: an older kernel).
 */
int confine_changes(void);

#endif
