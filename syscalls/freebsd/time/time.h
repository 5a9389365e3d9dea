/* Clocks and times of FreeBSD. struct timespec, timeval, itimerspec and itimerval are those of the host. */
#ifndef SYSCALLS_FREEBSD_TIME_H
#define SYSCALLS_FREEBSD_TIME_H

#include <stdbool.h>
#include <stdint.h>

/* sys/sys/_clock_id.h */
enum {
    FREEBSD_CLOCK_REALTIME = 0,
    FREEBSD_CLOCK_VIRTUAL = 1,
    FREEBSD_CLOCK_PROF = 2,
    FREEBSD_CLOCK_MONOTONIC = 4,
    FREEBSD_CLOCK_UPTIME = 5,
    FREEBSD_CLOCK_UPTIME_PRECISE = 7,
    FREEBSD_CLOCK_UPTIME_FAST = 8,
    FREEBSD_CLOCK_REALTIME_PRECISE = 9,
    FREEBSD_CLOCK_REALTIME_FAST = 10,
    FREEBSD_CLOCK_MONOTONIC_PRECISE = 11,
    FREEBSD_CLOCK_MONOTONIC_FAST = 12,
    FREEBSD_CLOCK_SECOND = 13,
    FREEBSD_CLOCK_THREAD_CPUTIME_ID = 14,
    FREEBSD_CLOCK_PROCESS_CPUTIME_ID = 15,
    FREEBSD_TIMER_ABSTIME = 1,
};

/*
 * Clock ids with the top bit set are CPU clocks of a thread or (next bit too) of a process:
 * sys/kern/kern_time.c.
 */
#define FREEBSD_CPUCLOCK_BIT         0x80000000u
#define FREEBSD_CPUCLOCK_PROCESS_BIT 0x40000000u

/* The host's id for a FreeBSD clock; false: there is no such clock. CLOCK_SECOND is the real-time clock here.
 */
bool freebsd_clock_to_host(int32_t clock, int32_t *host);

#endif
