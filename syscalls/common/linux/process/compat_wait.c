/* waitid with words of four bytes; see compat_wait.h. Source: kernel/exit.c, COMPAT_SYSCALL_DEFINE5(waitid). */
#include "syscalls/common/linux/process/compat_wait.h"

#include <asm/siginfo.h>
#include <linux/resource.h>

#include "base/host.h"
#include "signals/signals.h"

int64_t compat_waitid(struct thread *t, int32_t which, int32_t pid, guest_ptr infop, int32_t options, guest_ptr ru,
                      compat_rusage_put *put)
{
    siginfo_t host = {.si_signo = 0};
    struct rusage usage;
    int64_t r = host_restartable(t, host_call_intr(t, __NR_waitid, (uint64_t)which, (uint64_t)pid, (uint64_t)&host,
                                                   (uint64_t)options, guest_is_null(ru) ? 0 : (uint64_t)&usage, 0));

    if (r >= 0 && host.si_signo != 0 && !guest_is_null(ru) && put(ru, &usage) < 0) {
        return -EFAULT;
    }
    struct compat_wait_info info = {host.si_signo, host.si_errno, host.si_code,
                                    host.si_pid,   host.si_uid,   host.si_status};
    /* Written in any case: with zeros where nothing was found. */
    return guest_is_null(infop) || COPYOUT(infop, &info) == 0 ? r : -EFAULT;
}
