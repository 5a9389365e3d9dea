/* One kqueue for a test to work with, and what kqueue(2) has beside the shared event.h (sys/sys/event.h). */
#ifndef GUEST_QUEUE_H
#define GUEST_QUEUE_H

#include "event.h"
#include "guest.h"

enum {
    FREEBSD_EVFILT_AIO = -3,
    FREEBSD_EVFILT_PROCDESC = -8,
    FREEBSD_EVFILT_FS = -9,
    FREEBSD_EVFILT_LIO = -10,
    FREEBSD_EVFILT_SENDFILE = -12,
    FREEBSD_EVFILT_EMPTY = -13,
};
enum { FREEBSD_EV_FORCEONESHOT = 0x100, FREEBSD_EV_KEEPUDATA = 0x200 };
enum {
    FREEBSD_NOTE_FILE_POLL = 2,
    FREEBSD_NOTE_REVOKE = 0x40,
    FREEBSD_NOTE_OPEN = 0x80,
    FREEBSD_NOTE_CLOSE = 0x100,
    FREEBSD_NOTE_CLOSE_WRITE = 0x200,
    FREEBSD_NOTE_READ = 0x400,
    FREEBSD_NOTE_ALL = 0x7ff,
    FREEBSD_NOTE_TRACK = 1,
    FREEBSD_NOTE_TRACKERR = 2,
    FREEBSD_NOTE_CHILD = 4,
};
#define FREEBSD_NOTE_FORK  0x40000000U
#define FREEBSD_NOTE_EXEC  0x20000000U
#define FREEBSD_NOTE_FFAND 0x40000000U
#define FREEBSD_NOTE_FFNOP 0U
#define QUEUE_ROOM         64

extern int queue;
extern struct freebsd_kevent queue_out[QUEUE_ROOM];

/* Closes the last test's kqueue and makes another. */
void queue_fresh(void);

/* One change; its udata is ident + 0x1000. */
int64_t queue_change(uint64_t ident, int filter, int flags, uint32_t fflags, int64_t data);

/* Takes what there is, within that time; its number. */
int64_t queue_take(int milliseconds);

/* Takes exactly one event, checks what it is of, and returns it. */
struct freebsd_kevent queue_one(uint64_t ident, int filter);

/* Checks that there is nothing, for a moment long enough for what is on its way. */
void queue_none(void);

#endif
