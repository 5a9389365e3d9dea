/* Faults that are none to a 32-bit program: int $0x80 where the host has no such gate, and selectors (tls.h). */
#include "syscalls/common/linux/int80.h"
#include "syscalls/linux-i386/abi.h"
#include "syscalls/linux-i386/threads/tls.h"

bool linux_i386_fault(struct thread *t, void *host_ucontext)
{
    return linux_int80_fault(t, host_ucontext) || linux_i386_tls_fault(t, host_ucontext);
}
