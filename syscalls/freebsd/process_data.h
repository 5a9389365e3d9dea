/*
 * What only FreeBSD's side of a process knows (struct process, personality_data): copied
 * by fork with the memory, shared with a vfork child until it execs.
 */
#ifndef SYSCALLS_FREEBSD_PROCESS_DATA_H
#define SYSCALLS_FREEBSD_PROCESS_DATA_H

#include <stdint.h>

#include "base/lock.h"

struct thread;

#define FREEBSD_TIMER_MIN      3 /* sys/sys/time.h: timers 0 to 2 are setitimer(2)'s */
#define FREEBSD_TIMER_MAX      32
#define FREEBSD_MAXLOGNAME     33
#define FREEBSD_LOGINCLASS_MAX 33

#define FREEBSD_PROT_RANGES 64

/* A range that PROT_MAX restricts (prot_max.c). */
struct freebsd_prot_range {
    uint64_t low, high;
    uint32_t max; /* PROT_* bits */
};

struct freebsd_process {
    struct lock lock;
    int32_t timers_of; /* pid the timers belong to: a fork's child has none */
    struct {
        int32_t used;
        int32_t host_id;
    } timers[FREEBSD_TIMER_MAX];
    uint64_t umtx_least_timeout; /* nanoseconds that a timed umtx wait lasts at least (umtx.c) */
    uint32_t quiet_pipes;        /* 1: some socket of this process may have SO_NOSIGPIPE (nosigpipe.h) */
    uint32_t prot_range_count;
    struct freebsd_prot_range prot_ranges[FREEBSD_PROT_RANGES];
    char login[FREEBSD_MAXLOGNAME]; /* set by setlogin(2); empty: take the host's */
};

/* The process's data. */
struct freebsd_process *freebsd_process(struct thread *t);

/* process_fork() with everything whole in the child that its parent's other threads may be at. */
int64_t freebsd_fork_whole(struct thread *t);

#endif
