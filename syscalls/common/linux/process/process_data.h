/* What only Linux's side of a process knows (struct process, personality_data): of the address space, copied by fork. */
#ifndef SYSCALLS_COMMON_LINUX_PROCESS_DATA_H
#define SYSCALLS_COMMON_LINUX_PROCESS_DATA_H

#include <stdint.h>

#include "base/lock.h"
#include "base/process.h"
#include "base/thread.h"

#define LINUX_TIMERS_CARRIED 64

struct linux_process {
    struct lock lock;
    int32_t timers_of; /* pid of the process whose timers these are: a fork's child has none */
    struct {
        int32_t id;                 /* the host's */
        uint8_t signo;              /* 0: free */
    } timers[LINUX_TIMERS_CARRIED]; /* whose signal the engine carries (signal_map.h) */
};
_Static_assert(sizeof(struct linux_process) <= PERSONALITY_DATA_MAX, "base/process.h");

static inline struct linux_process *linux_process(struct thread *t)
{
    return t->proc->personality_data;
}

#endif
