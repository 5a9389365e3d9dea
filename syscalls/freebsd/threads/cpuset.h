/* What the calls on processor sets and on memory domains share: whom they mean. */
#ifndef SYSCALLS_FREEBSD_CPUSET_H
#define SYSCALLS_FREEBSD_CPUSET_H

#include <stdbool.h>
#include <stdint.h>

struct thread;

#define CPU_BYTES   128 /* processors we can name: 1024, the kernel's MAXCPU */
#define DOMAINS_MAX 8   /* MAXMEMDOM */

/* sys/sys/cpuset.h */
enum { CPU_LEVEL_ROOT = 1, CPU_LEVEL_CPUSET = 2, CPU_LEVEL_WHICH = 3 };
enum {
    CPU_WHICH_TID = 1,
    CPU_WHICH_PID = 2,
    CPU_WHICH_CPUSET = 3,
    CPU_WHICH_IRQ = 4,
    CPU_WHICH_JAIL = 5,
    CPU_WHICH_DOMAIN = 6,
    CPU_WHICH_INTRHANDLER = 7,
    CPU_WHICH_ITHREAD = 8,
    CPU_WHICH_TIDPID = 9,
};

/* Whom `which` and `id` mean. */
struct cpu_target {
    int64_t set;     /* the set it is in, or is */
    int32_t host_id; /* host thread or process; 0: the calling thread */
    bool process;    /* all its threads */
    bool own;        /* the calling thread or its process */
    bool is_set;     /* no thread and no process: a set, or */
    bool is_thing;   /* something that has processors: an interrupt, a memory domain */
};

/* Returns 0, -ESRCH, -EPERM, or -EINVAL: no such kind. */
int64_t cpu_which(struct thread *t, int32_t which, int64_t id, struct cpu_target *out);

#endif
