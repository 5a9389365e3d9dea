#include "syscalls/linux-i386/vdso/vdso.h"

#include <linux/mman.h>

#include "base/host.h"
#include "base/image.h"
#include "base/process.h"
#include "base/thread.h"
#include "syscalls/entry/gate32.h"

_Static_assert(GATE32_VSYSCALL == ENGINE_SIGCODE + GATE32_OFFSET, "base/image.h");

void linux_i386_vdso_begin(struct thread *t)
{
    static const uint8_t call_by_trap[] = {0xcd, 0x80, 0xc3}; /* int $0x80; ret */
    if (t->proc->settings.rewrite) {
        return;
    }
    volatile uint8_t *at = (volatile uint8_t *)GATE32_VSYSCALL; /* the page is this image's: nobody unmaps it */
    host_call3(__NR_mprotect, ENGINE_SIGCODE, LINUX_I386_VDSO_SIZE, PROT_READ | PROT_WRITE);
    for (unsigned i = 0; i < sizeof call_by_trap; i++) {
        at[i] = call_by_trap[i];
    }
    host_call3(__NR_mprotect, ENGINE_SIGCODE, LINUX_I386_VDSO_SIZE, PROT_READ | PROT_EXEC);
}
