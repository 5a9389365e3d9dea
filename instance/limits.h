/*
 * What an instance may use of the host.
 *
 * Memory, CPUs and processes are limits of the instance as a whole: a control group's, where one is to be had (cgroups(7)):
 *
 *   version 2   below the caller's own group where that is delegated to it, else in a scope that systemd's manager (the
 *               user's, or for root the system's) makes on request
 *   version 1   as root, below its own groups
 *
 * Elsewhere they are resource limits of each process (`unheld` tells which): a number of processes holds for each user
 * inside, memory for the private memory of each process, CPUs not at all. That is refused at the full level, and done
 * and said at weaker ones. Open files are a process's everywhere. Files' sizes and wall time: instance/disk.h and
 * the keeper.
 *
 * The keeper's outer process prepares; its inner process holds the group's files open and can thus change limits, though
 * it sees nothing of the host; the outer removes the group at the end. What was killed meanwhile leaves an empty group behind,
 * which the next world with a group, and `dragoman ps`, `stop` and `instance`, remove (cgroup_reap()): its name has the
 * pid of its outer process in it, and when that began.
 */
#ifndef INSTANCE_LIMITS_H
#define INSTANCE_LIMITS_H

#include <stdbool.h>
#include <stddef.h>

#include "instance/cgroup.h"
#include "instance/plan.h"

/* Limits as a set. */
enum {
    LIMIT_MEMORY = 1,
    LIMIT_CPUS = 2,
    LIMIT_PIDS = 4,
    LIMIT_DISK = 8,
};

struct world_limits {
    struct cgroup group;
    unsigned unheld;   /* of what was asked: what does not hold for the whole instance */
    bool cores_go_out; /* the host gives crashed processes to a program of its own */
    bool shares_users; /* without namespaces: with the caller's other processes */
    bool root_is_ours; /* processes inside are counted apart from the host's */
};

/*
 * Outside, before the world begins. Makes a control group where a limit needs one, or may later (an instance with a
 * name). `launcher` is the process that had the caller start; `bare`: a world without namespaces. A limit that cannot hold
 * is refused at the full level (plan->least), else said on standard error. Returns 0, or COMPLAINED after complaining.
 */
int world_limits_prepare(struct world_limits *l, const struct instance_plan *plan, pid_t launcher, bool bare);

/* Outside: into the group, with what is begun now, and out again. Return 0, or COMPLAINED after complaining. */
int world_limits_enter(struct world_limits *l);
int world_limits_leave(struct world_limits *l);

/* Outside, when the world has ended (or has not begun): nothing of the group stays. */
void world_limits_end(struct world_limits *l);

/* Inside, in a process that is to become a guest, before confine_guest(): its resource limits. Returns 0 or -errno. */
int world_limits_process(const struct world_limits *l, const struct instance_limits *wanted);

/*
 * Inside: other limits for what runs; world_limits_process() then has to be given them for what starts later. Open files
 * change for what starts later only. Returns 0, or -1 with `why` saying what could not be done; the others are.
 */
int world_limits_change(struct world_limits *l, const struct instance_limits *from, const struct instance_limits *to,
                        char *why, size_t size);

#endif
