/* The end of a process. Semantics: sys/kern/kern_exit.c, sys_exit() and kern_abort2(). */
#include "base/host.h"
#include "freebsd_syscalls.h"
#include "process/process.h"

int64_t freebsd_exit(struct thread *t, int32_t status)
{
    process_exit(t, status & 0xff);
}
