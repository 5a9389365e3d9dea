/*
 * What only FreeBSD's side of a process knows (struct process, personality_data): copied
 * by fork with the memory, shared with a vfork child until it execs.
 */
#ifndef SYSCALLS_FREEBSD_PROCESS_DATA_H
#define SYSCALLS_FREEBSD_PROCESS_DATA_H

#include <stdbool.h>
#include <stdint.h>

#include "base/lock.h"

struct thread;

#define FREEBSD_TIMER_MIN      3 /* sys/sys/time.h: timers 0 to 2 are setitimer(2)'s */
#define FREEBSD_TIMER_MAX      32
#define FREEBSD_MAXLOGNAME     33
#define FREEBSD_LOGINCLASS_MAX 33

/* A range of memory that the host does not know all of (ranges.c). */
struct freebsd_range {
    uint64_t low, high;
    uint32_t max; /* of PROT_MAX: PROT_* bits; 0: all */
    bool guard;   /* of MAP_GUARD */
};

struct freebsd_process {
    struct lock lock;
    int32_t timers_of; /* pid the timers belong to: a fork's child has none */
    struct {
        int32_t used;
        int32_t host_id;
    } timers[FREEBSD_TIMER_MAX];
    int32_t cpuset_plus_one; /* number of the processor set it is in (cpuset.c), and 1; 0: the default set */
    uint32_t cpusets_made;
    bool cpuset_narrowed;        /* the set is one of the guest's own, with less than the root set: */
    uint8_t cpuset_mask[128];    /* this */
    uint64_t umtx_least_timeout; /* nanoseconds that a timed umtx wait lasts at least (umtx.c) */
    uint32_t quiet_pipes;        /* 1: some socket of this process may have SO_NOSIGPIPE (nosigpipe.h) */
    uint32_t range_count, range_room;
    struct freebsd_range *ranges;   /* of the engine's heap, sorted, none meets another */
    char login[FREEBSD_MAXLOGNAME]; /* set by setlogin(2); empty: take the host's */
};

/* The process's data. */
struct freebsd_process *freebsd_process(struct thread *t);

/* process_fork() with everything whole in the child that its parent's other threads may be at. */
int64_t freebsd_fork_whole(struct thread *t);

#endif
