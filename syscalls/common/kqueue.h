/*
 * kqueue: an object of its own over a host epoll, whose descriptor is the guest's.
 *
 * Each knote on a descriptor is one epoll entry. epoll has room for one entry per descriptor, a kqueue for one per
 * filter, so every filter has its "lane": READ lives in the kqueue's own epoll, WRITE in one of its
 * own that is watched by the first. So each filter keeps its own edge and one-shot state, as FreeBSD's do. What
 * is no descriptor is made one (timers, processes, vnodes: timerfd, pidfd, inotify), or is activated by us: then
 * the knote goes on the ready list, and an event descriptor, the bell, makes the kqueue readable meanwhile.
 *
 * Knotes are found by (ident, filter) through a hash; an epoll event carries a slot number with a generation, so
 * that an event fetched before its knote was deleted is recognised. Everything of a kqueue is under its lock,
 * which is never held across guest memory or a wait.
 *
 * Numbers are FreeBSD's (sys/sys/event.h); the other BSDs' differ in details that their own folders translate.
 */
#ifndef SYSCALLS_COMMON_KQUEUE_H
#define SYSCALLS_COMMON_KQUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/lock.h"
#include "process/descriptors.h"

struct kqueue;
struct kqueue_group;
struct knote;
struct process;
struct thread;

enum {
    KQ_FILTER_READ = -1,
    KQ_FILTER_WRITE = -2,
    KQ_FILTER_AIO = -3,
    KQ_FILTER_VNODE = -4,
    KQ_FILTER_PROC = -5,
    KQ_FILTER_SIGNAL = -6,
    KQ_FILTER_TIMER = -7,
    KQ_FILTER_PROCDESC = -8,
    KQ_FILTER_FS = -9,
    KQ_FILTER_LIO = -10,
    KQ_FILTER_USER = -11,
    KQ_FILTER_SENDFILE = -12,
    KQ_FILTER_EMPTY = -13,
};

enum {
    KQ_ADD = 0x0001,
    KQ_DELETE = 0x0002,
    KQ_ENABLE = 0x0004,
    KQ_DISABLE = 0x0008,
    KQ_ONESHOT = 0x0010,
    KQ_CLEAR = 0x0020,
    KQ_RECEIPT = 0x0040,
    KQ_DISPATCH = 0x0080,
    KQ_FORCEONESHOT = 0x0100,
    KQ_KEEPUDATA = 0x0200,
    KQ_ACTIONS = KQ_ADD | KQ_DELETE | KQ_ENABLE | KQ_DISABLE | KQ_FORCEONESHOT, /* no part of a knote's flags */
    KQ_SYSFLAGS = 0xf000,
    KQ_DROP = 0x1000,
    KQ_ERROR = 0x4000,
    KQ_EOF = 0x8000,
};

#define KQ_NOTE_FFCTRLMASK 0xc0000000u
#define KQ_NOTE_FFAND      0x40000000u
#define KQ_NOTE_FFOR       0x80000000u
#define KQ_NOTE_FFCOPY     0xc0000000u
#define KQ_NOTE_FFLAGSMASK 0x00ffffffu
#define KQ_NOTE_TRIGGER    0x01000000u
#define KQ_NOTE_EXIT       0x80000000u
#define KQ_NOTE_FORK       0x40000000u
#define KQ_NOTE_EXEC       0x20000000u
#define KQ_NOTE_TRACK      0x00000001u
#define KQ_NOTE_TRACKERR   0x00000002u
#define KQ_NOTE_CHILD      0x00000004u

enum {
    KQ_NOTE_LOWAT = 0x0001,
    KQ_NOTE_FILE_POLL = 0x0002,

    KQ_NOTE_SECONDS = 0x01,
    KQ_NOTE_MSECONDS = 0x02,
    KQ_NOTE_USECONDS = 0x04,
    KQ_NOTE_NSECONDS = 0x08,
    KQ_NOTE_ABSTIME = 0x10,

    KQ_NOTE_DELETE = 0x0001,
    KQ_NOTE_WRITE = 0x0002,
    KQ_NOTE_EXTEND = 0x0004,
    KQ_NOTE_ATTRIB = 0x0008,
    KQ_NOTE_LINK = 0x0010,
    KQ_NOTE_RENAME = 0x0020,
    KQ_NOTE_REVOKE = 0x0040,
    KQ_NOTE_OPEN = 0x0080,
    KQ_NOTE_CLOSE = 0x0100,
    KQ_NOTE_CLOSE_WRITE = 0x0200,
    KQ_NOTE_READ = 0x0400,
    KQ_NOTE_VNODE_ALL = 0x07ff,

    KQ_VQ_MOUNT = 0x0008,
    KQ_VQ_UNMOUNT = 0x0010,
};

/* One change or event; the layout is that of FreeBSD 12 and later. */
struct kqueue_event {
    uint64_t ident;
    int16_t filter;
    uint16_t flags;
    uint32_t fflags;
    int64_t data;
    uint64_t udata;
    uint64_t ext[4];
};
_Static_assert(sizeof(struct kqueue_event) == 64, "struct kevent");

/* One call that collects events, in as many scans as it takes. */
struct kqueue_wait {
    /* Until when, on the host's monotonic clock; seconds < 0: for ever; 0 and 0: a look. */
    int64_t seconds, nanoseconds;
    uint32_t round; /* 0 at first: which knotes the call has reported is known by it */
};

/* A new kqueue. Returns its descriptor or -errno. */
int64_t kqueue_create(struct thread *t, bool cloexec);

/* The kqueue of fd with a reference for the caller, or NULL; kqueue_put() gives it back. */
struct kqueue *kqueue_get(struct thread *t, int fd);
void kqueue_put(struct kqueue *kq);

/* Applies one change, as kqueue_register() of sys/kern/kern_event.c. Returns 0 or -errno. */
int kqueue_change(struct thread *t, struct kqueue *kq, int fd, struct kqueue_event *change);

#define KQ_SCAN_MAX 16

/*
 * Collects up to `max` events (KQ_SCAN_MAX at most) into out, waiting for the first as `wait` says. A knote whose event
 * stays (no EV_CLEAR) is reported once for each wait->round. fd is a descriptor of the kqueue. Returns their number
 * (0: time is up), or -EINTR.
 */
int64_t kqueue_scan(struct thread *t, struct kqueue *kq, int fd, struct kqueue_event *out, int max,
                    struct kqueue_wait *wait);

/* The guest has moved a descriptor's offset; has shut a socket for writing. They cost a load while no kqueue cares. */
void kqueue_note_seek(struct thread *t, int fd);
void kqueue_note_shutdown(struct thread *t, int fd);

/*
 * A socket's error that a kqueue has taken from the host, to tell it in fflags, and keeps for the guest: the host's
 * errno, or 0 where there is none. It is gone then. To be asked when the host says that a socket has no error
 * (SO_ERROR), or that a stream has ended (a read of 0 bytes).
 */
int32_t kqueue_kept_error(struct thread *t, int fd);

/* A call that read n bytes of what it was asked for, or failed: where the stream has ended, by a kept error. */
static inline int64_t kqueue_after_read(struct thread *t, int fd, int64_t n)
{
    return n == 0 ? -kqueue_kept_error(t, fd) : n;
}

/*
 * A signal was sent to the process: EVFILT_SIGNAL counts it. stays: it is blocked, and will come here again when it is
 * delivered. Async-signal-safe.
 */
void kqueue_note_signal(struct thread *t, int guest_signo, bool stays);

/* How often a knote of the kqueue has been asked whether it has something to report; for tests. */
uint64_t kqueue_looks(struct thread *t, int fd);

/*
 * Requests that end some time (aio(4), lio_listio(2) with SIGEV_KEVENT). Whoever makes one makes a knote for it, which
 * a guest cannot; says when the request has ended; and takes the knote away when the guest has taken the result
 * (filt_aio() and filt_lio() of sys/kern/vfs_aio.c). The last two can be called by any thread of the process, also
 * after the kqueue is gone. Nothing here touches guest memory or waits for anything but locks.
 */
struct kqueue_ticket {
    struct kqueue_group *group;
    uint64_t queue; /* the kqueue, by a number that is never used again */
    uint64_t ident;
    int32_t filter;
};

/*
 * Makes the knote: filter KQ_FILTER_AIO or KQ_FILTER_LIO, ident what the event is to be known by (the guest's aiocb or
 * list), flags some of KQ_ONESHOT, KQ_CLEAR and KQ_DISPATCH. Fills *ticket. Returns 0, -EBADF (fd is no kqueue) or
 * -ENOMEM.
 */
int kqueue_request_add(struct thread *t, int fd, int filter, uint64_t ident, uint16_t flags, uint64_t udata,
                       struct kqueue_ticket *ticket);

/* The request has ended: its knote is active from now on. data: an aio request's error in the guest's numbers, else 0. */
void kqueue_request_done(const struct kqueue_ticket *ticket, int64_t data);

/* The knote goes, if it is still there. */
void kqueue_request_drop(const struct kqueue_ticket *ticket);

#endif
