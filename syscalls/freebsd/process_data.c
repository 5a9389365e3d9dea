/* The FreeBSD side of a process. */
#include "syscalls/freebsd/process_data.h"

#include "process/process.h"
#include "process/thread.h"

_Static_assert(sizeof(struct freebsd_process) <= PERSONALITY_DATA_MAX, "base/process.h");

struct freebsd_process *freebsd_process(struct thread *t)
{
    return t->proc->personality_data;
}
