/* Timers by timer_create(2), which are the host's; a few have a signal that the host cannot send for the guest. */
#ifndef SYSCALLS_COMMON_LINUX_TIMERS_H
#define SYSCALLS_COMMON_LINUX_TIMERS_H

#include <stdint.h>

struct sigevent;
struct thread;

/* The carried signal of the host's timer `id`; 0: it has none. In signal context. */
uint8_t linux_timer_signal(struct thread *t, int32_t id);

/*
 * timer_create(2) with the structure in hand, which is changed; NULL: SIGALRM. Returns the timer's id, or -errno.
 */
int64_t linux_timer_create(struct thread *t, int32_t clock, struct sigevent *event);

#endif
