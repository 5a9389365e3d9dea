/* arch_prctl(2): the thread pointers. Semantics: do_arch_prctl_64(), arch/x86/kernel/process_64.c. */
#include <asm/prctl.h>

#include "base/host.h"
#include "base/thread.h"
#include "linux_syscalls.h"
#include "process/thread.h"

int64_t linux_any_arch_prctl(struct thread *t, int32_t code, uint64_t addr)
{
    uint64_t base;
    switch (code) {
    case ARCH_SET_FS:
        if (addr >= USER_END) {
            return -EPERM;
        }
        __asm__ volatile("wrfsbase %0" ::"r"(addr));
        return 0;
    case ARCH_GET_FS:
        __asm__ volatile("rdfsbase %0" : "=r"(base));
        return COPYOUT(guest_addr(addr), &base);
    case ARCH_SET_GS:
        if (addr >= USER_END) {
            return -EPERM;
        }
        thread_gs_set(t, addr);
        return 0;
    case ARCH_GET_GS:
        base = thread_gs(t);
        return COPYOUT(guest_addr(addr), &base);
    case ARCH_GET_CPUID:
    case ARCH_SET_CPUID:
        return host_call2(__NR_arch_prctl, code, addr);
    default:
        return -EINVAL; /* as before the rest: tagged addresses, shadow stacks, state that has to be asked for */
    }
}
