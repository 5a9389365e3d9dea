/* select, pselect and ppoll with i386's times of 32 bits. Source: fs/select.c (the calls named compat_* and *_time32). */
#include "base/host.h"
#include "linux_i386_syscalls.h"
#include "syscalls/common/linux/events/compat_select.h"
#include "syscalls/common/linux/time/compat_time.h"
#include "syscalls/linux-i386/time/time32.h"

#define US_PER_SECOND 1000000
#define NS_PER_US     1000

static bool is_some(const struct __kernel_timespec *ts)
{
    return ts->tv_sec != 0 || ts->tv_nsec != 0;
}

/* A limit in microseconds, which may be more than a second's. */
static int64_t timeval_limit(guest_ptr from, struct __kernel_timespec *room, struct compat_wait *w)
{
    struct __kernel_old_timeval tv;

    *w = (struct compat_wait){.limit = NULL};
    if (guest_is_null(from)) {
        return 0;
    }
    if (linux_i386_timeval_get(from, &tv) < 0) {
        return -EFAULT;
    }
    room->tv_sec = tv.tv_sec + tv.tv_usec / US_PER_SECOND;
    room->tv_nsec = tv.tv_usec % US_PER_SECOND * NS_PER_US;
    w->limit = room;
    return linux_timespec_valid(room) ? 0 : -EINVAL;
}

static int64_t timespec_limit(guest_ptr from, struct __kernel_timespec *room, struct compat_wait *w)
{
    *w = (struct compat_wait){.limit = NULL};
    if (guest_is_null(from)) {
        return 0;
    }
    if (linux_i386_timespec_get(from, room) < 0) {
        return -EFAULT;
    }
    w->limit = room;
    return linux_timespec_valid(room) ? 0 : -EINVAL;
}

int64_t linux_i386_newselect(struct thread *t, int32_t n, guest_ptr inp, guest_ptr outp, guest_ptr exp, guest_ptr tvp)
{
    const guest_ptr sets[3] = {inp, outp, exp};
    struct __kernel_timespec ts = {0, 0};
    struct compat_wait w;
    int64_t r = timeval_limit(tvp, &ts, &w);
    bool some = is_some(&ts);

    if (r < 0) {
        return r;
    }
    r = compat_select(t, n, sets, &w);
    if (some) { /* poll_select_finish(): what cannot be written back is nobody's error */
        ts.tv_nsec /= NS_PER_US;
        (void)linux_i386_timespec_put(tvp, &ts);
    }
    return r;
}

/* The first select had its arguments in memory: struct compat_sel_arg_struct. */
int64_t linux_i386_select(struct thread *t, guest_ptr arg)
{
    uint32_t a[5];

    if (COPYIN(&a, arg) < 0) {
        return -EFAULT;
    }
    return linux_i386_newselect(t, (int32_t)a[0], guest_addr(a[1]), guest_addr(a[2]), guest_addr(a[3]),
                                guest_addr(a[4]));
}

int64_t linux_i386_pselect6(struct thread *t, int32_t n, guest_ptr inp, guest_ptr outp, guest_ptr exp,
                            guest_ptr timeout, guest_ptr sig)
{
    const guest_ptr sets[3] = {inp, outp, exp};
    struct __kernel_timespec ts = {0, 0};
    struct compat_wait w;
    int64_t r = timespec_limit(timeout, &ts, &w);
    bool some = is_some(&ts);

    r = r < 0 ? r : compat_wait_mask_pair(sig, &w);
    if (r < 0) {
        return r;
    }
    r = compat_select(t, n, sets, &w);
    if (some) {
        (void)linux_i386_timespec_put(timeout, &ts);
    }
    return r;
}

int64_t linux_i386_ppoll(struct thread *t, guest_ptr fds, uint32_t nfds, guest_ptr timeout, guest_ptr sigmask,
                         uint64_t sigsetsize)
{
    struct __kernel_timespec ts = {0, 0};
    struct compat_wait w;
    int64_t r = timespec_limit(timeout, &ts, &w);
    bool some = is_some(&ts);

    r = r < 0 ? r : compat_wait_mask(sigmask, sigsetsize, &w);
    if (r < 0) {
        return r;
    }
    r = compat_poll(t, fds, nfds, &w);
    if (some) {
        (void)linux_i386_timespec_put(timeout, &ts);
    }
    return r;
}
