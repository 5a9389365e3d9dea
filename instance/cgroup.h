/* Control groups of instances (instance/limits.h), of both versions. */
#ifndef INSTANCE_CGROUP_H
#define INSTANCE_CGROUP_H

#include <stdint.h>
#include <sys/types.h>

enum { CGROUP_PATH_MAX = 512, CGROUP_NAME_MAX = 160 };

enum cgroup_version { CGROUP_NONE, CGROUP_V1, CGROUP_V2 };

/* A version 1 hierarchy each; version 2 has all in the first. */
enum cgroup_part { PART_MEMORY, PART_CPU, PART_PIDS, CGROUP_PARTS };

struct cgroup {
    enum cgroup_version version;
    unsigned holds;                             /* LIMIT_* */
    char folder[CGROUP_PARTS][CGROUP_PATH_MAX]; /* the instance's group; "": none */
    char home[CGROUP_PARTS][CGROUP_PATH_MAX];   /* where the caller was */
    int memory, swap, cpu, pids; /* its files, to be written; -1: none. Inherited by the world's process 1. */
};

/*
 * Makes an empty group for an instance called `name` ("": ephemeral), with as much of `wanted` (LIMIT_*) as can be had.
 * `launcher` is the process that had the caller start, and may go with it. `how` (a constant) tells what was found, or why
 * there is none. Returns 0, or -errno (of what should have worked).
 */
int cgroup_make(struct cgroup *g, const char *name, pid_t launcher, unsigned wanted, const char **how);

/* What a group would hold on this host (LIMIT_*): where systemd would have to be asked, that there is one to ask. */
unsigned cgroup_offered(const char **how);

/* The caller's process goes into the group, and back. Return 0 or -errno. */
int cgroup_enter(const struct cgroup *g);
int cgroup_leave(const struct cgroup *g);

/* Ends all in it and removes it. */
void cgroup_remove(struct cgroup *g);

/* Set a limit; 0: none. Return 0 or -errno: -EBUSY where more is used than can be taken away. */
int cgroup_set_memory(const struct cgroup *g, uint64_t bytes);
int cgroup_set_cpus(const struct cgroup *g, uint64_t milli);
int cgroup_set_pids(const struct cgroup *g, uint64_t count);

/* Removes groups that were left behind. */
void cgroup_reap(void);

#endif
