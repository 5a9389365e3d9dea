/*
 * kqueue(2), kqueuex(2) and kevent(2) in both layouts: since FreeBSD 12 with 64-bit data and extensions, before
 * that without. Semantics: kern_kevent_generic() of sys/kern/kern_event.c.
 */
#include <linux/time.h>
#include <linux/time_types.h>

#include "base/host.h"
#include "base/host_clock.h"
#include "base/mem.h"
#include "base/personality.h"
#include "freebsd_syscalls.h"
#include "process/process.h"
#include "process/thread.h"
#include "syscalls/common/kqueue.h"

#define CHUNK                  KQ_SCAN_MAX
#define FREEBSD_KQUEUE_CLOEXEC 1

struct freebsd11_kevent {
    uint64_t ident;
    int16_t filter;
    uint16_t flags;
    uint32_t fflags;
    int64_t data;
    uint64_t udata;
};
_Static_assert(sizeof(struct freebsd11_kevent) == 32, "sys/event.h, struct kevent_freebsd11");

/* Where events come from and go to, in one of the two layouts. */
struct kevent_lists {
    guest_ptr changes, events;
    bool old;
};

int64_t freebsd_kqueue(struct thread *t)
{
    return kqueue_create(t, false);
}

int64_t freebsd_kqueuex(struct thread *t, int32_t flags)
{
    if ((flags & ~FREEBSD_KQUEUE_CLOEXEC) != 0) {
        return -EINVAL;
    }
    return kqueue_create(t, (flags & FREEBSD_KQUEUE_CLOEXEC) != 0);
}

static int copyin_changes(struct kevent_lists *l, struct kqueue_event *to, int n)
{
    if (!l->old) {
        int r = copyin(to, l->changes, (size_t)n * sizeof *to);
        l->changes = guest_at(l->changes, (uint64_t)n * sizeof *to);
        return r;
    }
    struct freebsd11_kevent from[CHUNK];
    int r = copyin(from, l->changes, (size_t)n * sizeof from[0]);
    l->changes = guest_at(l->changes, (uint64_t)n * sizeof from[0]);
    for (int i = 0; i < n && r == 0; i++) {
        to[i] = (struct kqueue_event){.ident = from[i].ident,
                                      .filter = from[i].filter,
                                      .flags = from[i].flags,
                                      .fflags = from[i].fflags,
                                      .data = from[i].data,
                                      .udata = from[i].udata};
    }
    return r;
}

static int copyout_events(struct kevent_lists *l, const struct kqueue_event *from, int n)
{
    if (!l->old) {
        int r = copyout(l->events, from, (size_t)n * sizeof *from);
        l->events = guest_at(l->events, (uint64_t)n * sizeof *from);
        return r;
    }
    struct freebsd11_kevent to[CHUNK];
    for (int i = 0; i < n; i++) {
        to[i] = (struct freebsd11_kevent){.ident = from[i].ident,
                                          .filter = from[i].filter,
                                          .flags = from[i].flags,
                                          .fflags = from[i].fflags,
                                          .data = from[i].data,
                                          .udata = from[i].udata};
    }
    int r = copyout(l->events, to, (size_t)n * sizeof to[0]);
    l->events = guest_at(l->events, (uint64_t)n * sizeof to[0]);
    return r;
}

static int64_t guest_errno_of(struct thread *t, int error)
{
    const struct personality *p = t->proc->personality;
    uint32_t host = (uint32_t)-error;
    if (host >= GUEST_ERRNO_BASE) {
        return host - GUEST_ERRNO_BASE;
    }
    uint8_t mapped = host < p->errno_from_host_count ? p->errno_from_host[host] : 0;
    return mapped != 0 ? mapped : host;
}

/*
 * Applies the changes. Failures (and receipts) become events while there is room for them, else the first ends
 * the call. Returns how many such events there are, or -errno.
 */
static int64_t apply_changes(struct thread *t, struct kqueue *kq, int fd, struct kevent_lists *l, int nchanges,
                             int *room)
{
    struct kqueue_event changes[CHUNK];
    int64_t reported = 0;
    while (nchanges > 0) {
        int n = nchanges < CHUNK ? nchanges : CHUNK;
        int r = copyin_changes(l, changes, n);
        if (r < 0) {
            return r;
        }
        for (int i = 0; i < n; i++) {
            if (changes[i].filter == 0) {
                continue;
            }
            changes[i].flags &= (uint16_t)~KQ_SYSFLAGS;
            r = kqueue_change(t, kq, fd, &changes[i]);
            if (r == 0 && (changes[i].flags & KQ_RECEIPT) == 0) {
                continue;
            }
            if (*room == 0) {
                return r;
            }
            changes[i].flags = KQ_ERROR;
            changes[i].data = r == 0 ? 0 : guest_errno_of(t, r);
            copyout_events(l, &changes[i], 1);
            (*room)--;
            reported++;
        }
        nchanges -= n;
    }
    return reported;
}

/* Returns 0 or -EINVAL. */
static int deadline_of(const struct __kernel_timespec *timeout, struct kqueue_wait *d)
{
    if (timeout == NULL) {
        *d = (struct kqueue_wait){.seconds = -1};
        return 0;
    }
    if (timeout->tv_sec < 0 || timeout->tv_nsec < 0 || timeout->tv_nsec >= 1000000000) {
        return -EINVAL;
    }
    *d = (struct kqueue_wait){0}; /* long past: a look */
    if (timeout->tv_sec != 0 || timeout->tv_nsec != 0) {
        struct __kernel_timespec now;
        host_clock_read(CLOCK_MONOTONIC, &now);
        if (timeout->tv_sec > INT32_MAX) {
            d->seconds = -1; /* as good as for ever, in the real kernel too */
            return 0;
        }
        d->seconds = now.tv_sec + timeout->tv_sec;
        d->nanoseconds = now.tv_nsec + timeout->tv_nsec;
        if (d->nanoseconds >= 1000000000) {
            d->seconds++;
            d->nanoseconds -= 1000000000;
        }
    }
    return 0;
}

static int64_t collect(struct thread *t, struct kqueue *kq, int fd, struct kevent_lists *l, int room,
                       struct kqueue_wait *d)
{
    struct kqueue_event events[CHUNK];
    int64_t total = 0;
    while (room > 0) {
        int want = room < CHUNK ? room : CHUNK;
        int64_t n = kqueue_scan(t, kq, fd, events, want, d);
        if (n < 0) {
            return total > 0 ? total : n;
        }
        int r = n > 0 ? copyout_events(l, events, (int)n) : 0;
        if (r < 0) {
            return r;
        }
        total += n;
        room -= (int)n;
        if (n < want) {
            break;
        }
        d->seconds = d->nanoseconds = 0;
    }
    return total;
}

static int64_t do_kevent(struct thread *t, int fd, struct kevent_lists *l, int nchanges, int nevents, guest_ptr timeout)
{
    struct __kernel_timespec time;
    struct kqueue_wait deadline;
    int64_t r = guest_is_null(timeout) ? 0 : COPYIN(&time, timeout);
    if (r < 0) {
        return r;
    }
    struct kqueue *kq = kqueue_get(t, fd);
    if (kq == NULL) {
        return -EBADF;
    }
    int room = nevents;
    r = apply_changes(t, kq, fd, l, nchanges, &room);
    if (r == 0 && nevents > 0) {
        r = deadline_of(guest_is_null(timeout) ? NULL : &time, &deadline);
        if (r == 0) {
            r = collect(t, kq, fd, l, room, &deadline);
        }
    }
    kqueue_put(kq);
    return r; /* -EINTR is final: kqueue_scan() */
}

int64_t freebsd_kevent(struct thread *t, int32_t fd, guest_ptr changelist, int32_t nchanges, guest_ptr eventlist,
                       int32_t nevents, guest_ptr timeout)
{
    struct kevent_lists l = {changelist, eventlist, false};
    return do_kevent(t, fd, &l, nchanges, nevents, timeout);
}

int64_t freebsd11_kevent(struct thread *t, int32_t fd, guest_ptr changelist, int32_t nchanges, guest_ptr eventlist,
                         int32_t nevents, guest_ptr timeout)
{
    struct kevent_lists l = {changelist, eventlist, true};
    return do_kevent(t, fd, &l, nchanges, nevents, timeout);
}
