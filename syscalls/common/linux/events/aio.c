/* Asynchronous input and output where words have 8 bytes, and x32's. Source: SYSCALL_DEFINE6(io_pgetevents), fs/aio.c. */
#include "syscalls/common/linux/events/aio.h"

#include "linux_syscalls.h"

#include "base/host.h"
#include "base/thread.h"
#include "signals/signals.h"
#include "syscalls/common/linux/events/submit.h"
#include "syscalls/common/linux/signals/signals.h"

#include <linux/aio_abi.h>

/* struct __aio_sigset */
struct sigset_argument {
    uint64_t mask, size;
};

int64_t linux_io_pgetevents(struct thread *t, uint64_t ctx, int64_t min_nr, int64_t nr, uint64_t events,
                            uint64_t timeout, guest_ptr mask, uint64_t size)
{
    struct sigset_argument host = {0, sizeof(uint64_t)};
    struct signal_set set;
    uint64_t host_mask;

    if (!guest_is_null(mask)) {
        int64_t r = linux_set_copyin(mask, size, &set);
        if (r < 0) {
            return r;
        }
        host_mask = signal_mask_temporary(t, &set);
        host.mask = (uint64_t)&host_mask;
    }
    return host_call_intr(t, __NR_io_pgetevents, ctx, (uint64_t)min_nr, (uint64_t)nr, events, timeout, (uint64_t)&host);
}

/* The structure that has the mask, and the mask itself, may be missing. */
int64_t linux_any_io_pgetevents(struct thread *t, uint64_t ctx_id, int64_t min_nr, int64_t nr, guest_ptr events,
                                guest_ptr timeout, guest_ptr sig)
{
    struct sigset_argument guest = {0, 0};
    uint64_t to = nr > 0 ? guest_whole(events.va, guest_array((uint64_t)nr, 0, sizeof(struct io_event))) : events.va;

    if (!guest_is_null(sig) && COPYIN(&guest, sig) < 0) {
        return -EFAULT;
    }
    return linux_io_pgetevents(t, ctx_id, min_nr, nr, to, timeout.va, guest_addr(guest.mask), guest.size);
}

int64_t linux_any_io_submit(struct thread *t, uint64_t ctx_id, int64_t nr, guest_ptr iocbpp)
{
    (void)t;
    return linux_io_submit(ctx_id, nr, iocbpp, sizeof(uint64_t));
}
