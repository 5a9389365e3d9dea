/* Events of asynchronous input and output, with times of 32 bits and masks by pointers of 32. Source: fs/aio.c. */
#include "linux_i386_syscalls.h"

#include "base/host.h"
#include "base/thread.h"
#include "signals/signals.h"
#include "syscalls/common/linux/events/aio.h"
#include "syscalls/common/linux/time/compat_time.h"
#include "syscalls/linux-i386/time/time32.h"

#include <linux/aio_abi.h>

/* struct __compat_aio_sigset */
struct guest_sigset {
    uint32_t mask, size;
};

static uint64_t events_for_host(guest_ptr events, int64_t nr)
{
    return nr > 0 ? guest_whole(events.va, guest_array((uint64_t)nr, 0, sizeof(struct io_event))) : events.va;
}

int64_t linux_i386_io_getevents(struct thread *t, uint64_t ctx_id, int64_t min_nr, int64_t nr, guest_ptr events,
                                guest_ptr timeout)
{
    struct __kernel_timespec ts;

    if (!guest_is_null(timeout) && linux_i386_timespec_get(timeout, &ts) < 0) {
        return -EFAULT;
    }
    return host_call_intr(t, __NR_io_getevents, ctx_id, (uint64_t)min_nr, (uint64_t)nr, events_for_host(events, nr),
                          guest_is_null(timeout) ? 0 : (uint64_t)&ts, 0);
}

/* With a mask until the call's end; the structure that has it, and the mask itself, may be missing. */
static int64_t wait_events(struct thread *t, uint64_t ctx, int64_t min_nr, int64_t nr, guest_ptr events,
                           const struct __kernel_timespec *ts, guest_ptr sig)
{
    struct guest_sigset guest = {0, 0};

    if (!guest_is_null(sig) && COPYIN(&guest, sig) < 0) {
        return -EFAULT;
    }
    return linux_io_pgetevents(t, ctx, min_nr, nr, events_for_host(events, nr), (uint64_t)ts, guest_addr(guest.mask),
                               guest.size);
}

int64_t linux_i386_io_pgetevents(struct thread *t, uint64_t ctx_id, int64_t min_nr, int64_t nr, guest_ptr events,
                                 guest_ptr timeout, guest_ptr sig)
{
    struct __kernel_timespec ts;

    if (!guest_is_null(timeout) && linux_i386_timespec_get(timeout, &ts) < 0) {
        return -EFAULT;
    }
    return wait_events(t, ctx_id, min_nr, nr, events, guest_is_null(timeout) ? NULL : &ts, sig);
}

int64_t linux_i386_io_pgetevents_time64(struct thread *t, uint64_t ctx_id, int64_t min_nr, int64_t nr, guest_ptr events,
                                        guest_ptr timeout, guest_ptr sig)
{
    struct __kernel_timespec ts;

    if (!guest_is_null(timeout) && compat_timespec_get(timeout, &ts) < 0) {
        return -EFAULT;
    }
    return wait_events(t, ctx_id, min_nr, nr, events, guest_is_null(timeout) ? NULL : &ts, sig);
}
