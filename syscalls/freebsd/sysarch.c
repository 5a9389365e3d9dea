/* sysarch(2): amd64's machine-dependent requests (sys/amd64/amd64/sys_machdep.c, sys/amd64/include/sysarch.h). */
#include "base/host.h"
#include "base/image.h"
#include "base/thread.h"
#include "freebsd_syscalls.h"
#include "process/report.h"

enum {
    FREEBSD_AMD64_GET_FSBASE = 128,
    FREEBSD_AMD64_SET_FSBASE = 129,
    FREEBSD_AMD64_GET_GSBASE = 130,
    FREEBSD_AMD64_SET_GSBASE = 131,
    FREEBSD_AMD64_GET_XFPUSTATE = 132,
    FREEBSD_AMD64_LAST = 138,
};

static int64_t get_base(guest_ptr out, uint64_t base)
{
    return COPYOUT(out, &base);
}

/* FS and GS are the guest's own in every interception mode there is: set in place. */
static int64_t set_base(guest_ptr in, int op)
{
    uint64_t base;
    if (COPYIN(&base, in) != 0) {
        return -EFAULT;
    }
    if (base >= USER_END) {
        return -EINVAL;
    }
    if (op == FREEBSD_AMD64_SET_FSBASE) {
        __asm__ volatile("wrfsbase %0" : : "r"(base));
    } else {
        __asm__ volatile("wrgsbase %0" : : "r"(base));
    }
    return 0;
}

int64_t freebsd_sysarch(struct thread *t, int op, guest_ptr parms)
{
    uint64_t base;
    switch (op) {
    case FREEBSD_AMD64_GET_FSBASE:
        __asm__ volatile("rdfsbase %0" : "=r"(base));
        return get_base(parms, base);
    case FREEBSD_AMD64_GET_GSBASE:
        __asm__ volatile("rdgsbase %0" : "=r"(base));
        return get_base(parms, base);
    case FREEBSD_AMD64_SET_FSBASE:
    case FREEBSD_AMD64_SET_GSBASE:
        return set_base(parms, op);
    default:
        if (op >= FREEBSD_AMD64_GET_XFPUSTATE && op <= FREEBSD_AMD64_LAST) {
            report_unsupported(t, "sysarch", (int)t->call_number, "a request other than for the FS and GS bases");
        }
        return -EINVAL;
    }
}
