/* timer_create(2) with words of four bytes: get_compat_sigevent(), kernel/compat.c. */
#include "base/host.h"
#include "base/host_signal.h"
#include "base/mem.h"
#include "linux_i386_syscalls.h"
#include "syscalls/common/linux/signals/compat_siginfo.h"
#include "syscalls/common/linux/time/timers.h"

int linux_compat_sigevent_get(guest_ptr from, struct sigevent *to)
{
    struct linux_compat_sigevent given;
    if (COPYIN(&given, from) != 0) {
        return -EFAULT;
    }
    memset(to, 0, sizeof *to);
    to->sigev_value.sival_int = (int32_t)given.value;
    to->sigev_signo = given.signo;
    to->sigev_notify = given.notify;
    to->_sigev_un._tid = given.tid;
    return 0;
}

int64_t linux_compat_timer_create(struct thread *t, int32_t clockid, guest_ptr sevp, guest_ptr timerid)
{
    struct sigevent event;
    if (!guest_is_null(sevp) && linux_compat_sigevent_get(sevp, &event) != 0) {
        return -EFAULT;
    }
    int64_t r = linux_timer_create(t, clockid, guest_is_null(sevp) ? NULL : &event);
    if (r < 0) {
        return r;
    }
    int32_t id = (int32_t)r;
    if (COPYOUT(timerid, &id) != 0) {
        linux_any_timer_delete(t, id);
        return -EFAULT;
    }
    return 0;
}
