/* select and poll with words of four bytes; see compat_select.h. Source: fs/select.c. */
#include "syscalls/common/linux/events/compat_select.h"

#include "base/heap.h"
#include "base/host.h"
#include "base/mem.h"
#include "base/signal_types.h"
#include "base/thread.h"
#include "linux_i386_syscalls.h"
#include "process/descriptors.h"
#include "syscalls/common/linux/events/waits.h"
#include "syscalls/common/linux/memory/host_memory.h"
#include "syscalls/common/linux/signals/signals.h"
#include "syscalls/common/linux/time/compat_time.h"

#define BITS_ON_STACK 2048
#define BITS_MAX      1048576 /* the host's fs.nr_open */

int64_t compat_wait_mask(guest_ptr mask, uint64_t size, struct compat_wait *w)
{
    w->masked = !guest_is_null(mask);
    return w->masked ? linux_set_copyin(mask, size, &w->mask) : 0;
}

int64_t compat_wait_mask_pair(guest_ptr pair, struct compat_wait *w)
{
    uint32_t words[2] = {0, 0};

    if (!guest_is_null(pair) && COPYIN(&words, pair) < 0) {
        return -EFAULT;
    }
    return compat_wait_mask(guest_addr(words[0]), words[1], w);
}

static const struct signal_set *mask_of(const struct compat_wait *w)
{
    return w->masked ? &w->mask : NULL;
}

int64_t compat_poll(struct thread *t, guest_ptr fds, uint32_t nfds, const struct compat_wait *w)
{
    uint64_t entries = linux_host_memory(fds, 8 * (uint64_t)nfds); /* struct pollfd */

    return linux_wait_masked(t, __NR_ppoll, mask_of(w), entries, nfds, (uint64_t)w->limit, 0);
}

/* Whether a set has an engine's descriptor, which for the guest is not open; or -EFAULT. */
static int64_t names_engine(const guest_ptr sets[3], int32_t n)
{
    for (uint32_t fd = engine_descriptor_next(ENGINE_DESCRIPTOR_LOWEST); fd < (uint32_t)n;
         fd = engine_descriptor_next(fd + 1)) {
        for (int i = 0; i < 3; i++) {
            uint32_t word = 0;

            if (!guest_is_null(sets[i]) && COPYIN(&word, guest_at(sets[i], fd / 32 * 4)) < 0) {
                return -EFAULT;
            }
            if ((word >> fd % 32 & 1) != 0) {
                return true;
            }
        }
    }
    return false;
}

/* With copies in `room`, three times `stride` bytes: the guest's sets end in the middle of a host's word. */
static int64_t select_copied(struct thread *t, int32_t n, const guest_ptr sets[3], const struct compat_wait *w,
                             uint8_t *room, size_t stride)
{
    size_t size = ((size_t)n + 31) / 32 * 4;
    guest_ptr host[3] = {{0}, {0}, {0}};

    memset(room, 0, 3 * stride);
    for (int i = 0; i < 3; i++) {
        if (guest_is_null(sets[i])) {
            continue;
        }
        host[i] = guest_addr((uint64_t)room + (size_t)i * stride);
        if (copyin((void *)host[i].va, sets[i], size) < 0) {
            return -EFAULT;
        }
    }
    int64_t r = linux_pselect(t, mask_of(w), n, host, w->limit);
    for (int i = 0; i < 3 && r >= 0; i++) {
        if (!guest_is_null(host[i]) && copyout(sets[i], (const void *)host[i].va, size) < 0) {
            return -EFAULT;
        }
    }
    return r;
}

static int64_t select_odd(struct thread *t, int32_t n, const guest_ptr sets[3], const struct compat_wait *w)
{
    uint8_t few[3 * BITS_ON_STACK / 8];

    if (n <= BITS_ON_STACK) {
        return select_copied(t, n, sets, w, few, BITS_ON_STACK / 8);
    }
    size_t stride = ((size_t)n + 63) / 64 * 8;
    uint8_t *many = heap_alloc_unset(3 * stride);
    int64_t r = many != NULL ? select_copied(t, n, sets, w, many, stride) : -ENOMEM;

    heap_free(many);
    return r;
}

int64_t compat_select(struct thread *t, int32_t n, const guest_ptr sets[3], const struct compat_wait *w)
{
    guest_ptr host[3];

    if (n < 0) {
        return -EINVAL;
    }
    n = n > BITS_MAX ? BITS_MAX : n; /* the kernel looks no further than its table of descriptors */
    int64_t r = names_engine(sets, n);
    if (r != 0) {
        return r < 0 ? r : -EBADF;
    }
    if ((n + 31) / 32 % 2 != 0) {
        return select_odd(t, n, sets, w);
    }
    for (int i = 0; i < 3; i++) {
        /* the host reads less where its table is shorter: what lies in the engine's memory is cut off, not refused */
        host[i] = guest_addr(guest_span(sets[i].va, ((uint64_t)n + 31) / 32 * 4).va);
    }
    return linux_pselect(t, mask_of(w), n, host, w->limit);
}

/* A length of time of 64 bits, which becomes what is left. Returns 0 or -errno. */
static int64_t limit_get(guest_ptr from, struct __kernel_timespec *room, struct compat_wait *w)
{
    *w = (struct compat_wait){.limit = NULL};
    if (guest_is_null(from)) {
        return 0;
    }
    if (compat_timespec_get(from, room) < 0) {
        return -EFAULT;
    }
    w->limit = room;
    return linux_timespec_valid(room) ? 0 : -EINVAL;
}

/* poll_select_finish(): a limit of nothing is not written back, and nobody hears of a limit that cannot be written. */
static void limit_put(guest_ptr to, bool any, const struct __kernel_timespec *left)
{
    if (any) {
        (void)COPYOUT(to, left);
    }
}

int64_t linux_compat_pselect6_time64(struct thread *t, int32_t n, guest_ptr inp, guest_ptr outp, guest_ptr exp,
                                     guest_ptr timeout, guest_ptr sig)
{
    const guest_ptr sets[3] = {inp, outp, exp};
    struct __kernel_timespec ts = {0, 0};
    struct compat_wait w;
    int64_t r = limit_get(timeout, &ts, &w);
    bool any = ts.tv_sec != 0 || ts.tv_nsec != 0;

    r = r < 0 ? r : compat_wait_mask_pair(sig, &w);
    if (r < 0) {
        return r;
    }
    r = compat_select(t, n, sets, &w);
    limit_put(timeout, any, &ts);
    return r;
}

int64_t linux_compat_ppoll_time64(struct thread *t, guest_ptr fds, uint32_t nfds, guest_ptr timeout, guest_ptr sigmask,
                                  uint64_t sigsetsize)
{
    struct __kernel_timespec ts = {0, 0};
    struct compat_wait w;
    int64_t r = limit_get(timeout, &ts, &w);
    bool any = ts.tv_sec != 0 || ts.tv_nsec != 0;

    r = r < 0 ? r : compat_wait_mask(sigmask, sigsetsize, &w);
    if (r < 0) {
        return r;
    }
    r = compat_poll(t, fds, nfds, &w);
    limit_put(timeout, any, &ts);
    return r;
}

/* epoll's events are packed on amd64 as they lie on i386. */
int64_t linux_compat_epoll_pwait2(struct thread *t, int32_t epfd, guest_ptr events, int32_t maxevents,
                                  guest_ptr timeout, guest_ptr sigmask, uint64_t sigsetsize)
{
    struct __kernel_timespec ts;
    struct compat_wait w;
    int64_t r = limit_get(timeout, &ts, &w);
    uint64_t room = maxevents > 0 ? 12 * (uint64_t)maxevents : 0; /* struct epoll_event */

    r = r < 0 ? r : compat_wait_mask(sigmask, sigsetsize, &w);
    if (r < 0) {
        return r;
    }
    return linux_wait_masked(t, __NR_epoll_pwait2, mask_of(&w), (uint64_t)epfd, guest_whole(events.va, room),
                             (uint64_t)maxevents, (uint64_t)w.limit);
}
