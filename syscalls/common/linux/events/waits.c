/* Semantics: fs/select.c, fs/eventpoll.c; select(2), poll(2), epoll_wait(2). Interrupted, none is made again. */
#include "syscalls/common/linux/events/waits.h"

#include <linux/time_types.h>

#include "base/host.h"
#include "base/mem.h"
#include "base/thread.h"
#include "linux_syscalls.h"
#include "signals/signals.h"
#include "syscalls/common/linux/memory/host_memory.h"
#include "syscalls/common/linux/signals/signals.h"

#define POLLFD      8  /* struct pollfd */
#define EPOLL_EVENT 12 /* struct epoll_event, packed in each of x86's ABIs */
#define SETS_MOST   (1 << 20)

int64_t linux_wait_masked(struct thread *t, long number, const struct signal_set *mask, uint64_t a, uint64_t b,
                          uint64_t c, uint64_t d)
{
    uint64_t host;
    if (mask == NULL) {
        return host_restartable(t, host_call_intr(t, number, a, b, c, d, 0, sizeof host));
    }
    /* ppoll has the mask fourth, the others fifth. */
    bool fourth = number == __NR_ppoll;
    host = signal_mask_temporary(t, mask);
    return host_call_intr(t, number, a, b, c, fourth ? (uint64_t)&host : d, fourth ? sizeof host : (uint64_t)&host,
                          sizeof host);
}

int64_t linux_pselect(struct thread *t, const struct signal_set *mask, int32_t n, const guest_ptr sets[3],
                      struct __kernel_timespec *timeout)
{
    uint64_t host = 0;
    struct {
        uint64_t mask, size;
    } packed = {0, sizeof host};
    if (mask != NULL) {
        host = signal_mask_temporary(t, mask);
        packed.mask = (uint64_t)&host;
    }
    int64_t r = host_call_intr(t, __NR_pselect6, (uint64_t)n, sets[0].va, sets[1].va, sets[2].va, (uint64_t)timeout,
                               (uint64_t)&packed);
    return mask != NULL ? r : host_restartable(t, r);
}

/* The mask of a call, where it has one. Returns 0 or -errno; *mask is then `room` or NULL. */
static int64_t own_mask(guest_ptr from, uint64_t size, struct signal_set *room, const struct signal_set **mask)
{
    *mask = guest_is_null(from) ? NULL : room;
    return *mask == NULL ? 0 : linux_set_copyin(from, size, room);
}

int64_t linux_any_ppoll(struct thread *t, guest_ptr fds, uint32_t nfds, guest_ptr timeout, guest_ptr sigmask,
                        uint64_t sigsetsize)
{
    struct signal_set room;
    const struct signal_set *mask;
    struct __kernel_timespec left; /* only looked at: what is wrong with it goes first */
    int64_t r = guest_is_null(timeout) ? 0 : COPYIN(&left, timeout);
    r = r < 0 ? r : own_mask(sigmask, sigsetsize, &room, &mask);
    return r < 0 ? r
                 : linux_wait_masked(t, __NR_ppoll, mask, linux_host_memory(fds, nfds * (uint64_t)POLLFD), nfds,
                                     timeout.va, 0);
}

/* Where the host may put events. A count that is none is the host's to refuse. */
static uint64_t event_room(guest_ptr events, int32_t count)
{
    return count > 0 ? linux_host_memory(events, (uint64_t)count * EPOLL_EVENT) : events.va;
}

int64_t linux_any_epoll_pwait(struct thread *t, int32_t epfd, guest_ptr events, int32_t maxevents, int32_t timeout,
                              guest_ptr sigmask, uint64_t sigsetsize)
{
    struct signal_set room;
    const struct signal_set *mask;
    int64_t r = own_mask(sigmask, sigsetsize, &room, &mask);
    return r < 0 ? r
                 : linux_wait_masked(t, __NR_epoll_pwait, mask, (uint64_t)epfd, event_room(events, maxevents),
                                     (uint64_t)maxevents, (uint64_t)timeout);
}

int64_t linux_any_epoll_pwait2(struct thread *t, int32_t epfd, guest_ptr events, int32_t maxevents, guest_ptr timeout,
                               guest_ptr sigmask, uint64_t sigsetsize)
{
    struct signal_set room;
    const struct signal_set *mask;
    struct __kernel_timespec left;
    int64_t r = guest_is_null(timeout) ? 0 : COPYIN(&left, timeout);
    r = r < 0 ? r : own_mask(sigmask, sigsetsize, &room, &mask);
    return r < 0 ? r
                 : linux_wait_masked(t, __NR_epoll_pwait2, mask, (uint64_t)epfd, event_room(events, maxevents),
                                     (uint64_t)maxevents, timeout.va);
}

/* Of a set of the guest's: a greater count than there can be descriptors is cut down (core_sys_select()). */
static uint64_t set_bytes(int32_t n)
{
    return n < 0 ? 0 : n > SETS_MOST ? SETS_MOST / 8 : ((uint64_t)n + 63) / 64 * 8;
}

int64_t linux_any_pselect6(struct thread *t, int32_t n, guest_ptr inp, guest_ptr outp, guest_ptr exp, guest_ptr timeout,
                           guest_ptr sig)
{
    struct {
        uint64_t mask, size;
    } packed = {0, 0};
    struct signal_set room;
    const struct signal_set *mask = NULL;
    struct __kernel_timespec left;
    bool timed = !guest_is_null(timeout);
    if (!guest_is_null(sig) && COPYIN(&packed, sig) != 0) {
        return -EFAULT;
    }
    if (timed && COPYIN(&left, timeout) != 0) {
        return -EFAULT;
    }
    int64_t r = own_mask(guest_addr(packed.mask), packed.size, &room, &mask);
    if (r < 0) {
        return r;
    }
    guest_ptr sets[3] = {inp, outp, exp};
    for (int i = 0; i < 3; i++) {
        sets[i] = guest_addr(linux_host_memory(sets[i], set_bytes(n)));
    }
    r = linux_pselect(t, mask, n, sets, timed ? &left : NULL);
    if (timed && r != -EINVAL) {
        COPYOUT(timeout, &left); /* a place that cannot be written to is passed by */
    }
    return r;
}
