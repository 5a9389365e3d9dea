/* Semaphores of System V where words have 8 bytes, and x32's. Sources: semctl(2), ipc/sem.c. */
#include "base/host.h"
#include "linux_syscalls.h"
#include "syscalls/common/linux/memory/host_memory.h"

#include <linux/sem.h>

#define SEMAPHORES 32000 /* SEMMSL: in a set */

/* What the fourth argument points to, if the command has it point to anything. */
static uint64_t bytes_of(int32_t semid, int32_t cmd)
{
    struct semid64_ds ds;

    switch (cmd) {
    case IPC_STAT:
    case IPC_SET:
    case SEM_STAT:
    case SEM_STAT_ANY:
    case IPC_INFO:
    case SEM_INFO:
        return sizeof ds;
    case GETALL:
    case SETALL: /* arrays of 16 bits, as many as the set has semaphores */
        return host_call4(__NR_semctl, semid, 0, IPC_STAT, &ds) < 0 ? SEMAPHORES * 2 : ds.sem_nsems * 2;
    default:
        return 0;
    }
}

int64_t linux_any_semctl(struct thread *t, int32_t semid, int32_t semnum, int32_t cmd, uint64_t arg)
{
    uint64_t bytes = bytes_of(semid, cmd);

    (void)t;
    return host_call4(__NR_semctl, semid, semnum, cmd, bytes == 0 ? arg : guest_whole(arg, bytes));
}
