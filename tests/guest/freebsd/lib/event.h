/*
 * kqueue(2)'s numbers and structure (sys/sys/event.h).
 */
#ifndef GUEST_EVENT_H
#define GUEST_EVENT_H

#include <stdint.h>

struct freebsd_kevent {
    uint64_t ident;
    int16_t filter;
    uint16_t flags;
    uint32_t fflags;
    int64_t data;
    void *udata;
    uint64_t ext[4];
};
_Static_assert(sizeof(struct freebsd_kevent) == 64, "struct kevent");

/* Before FreeBSD 12. */
struct freebsd11_kevent {
    uint64_t ident;
    int16_t filter;
    uint16_t flags;
    uint32_t fflags;
    int64_t data;
    void *udata;
};
_Static_assert(sizeof(struct freebsd11_kevent) == 32, "struct freebsd11_kevent");

enum {
    FREEBSD_EVFILT_READ = -1,
    FREEBSD_EVFILT_WRITE = -2,
    FREEBSD_EVFILT_VNODE = -4,
    FREEBSD_EVFILT_PROC = -5,
    FREEBSD_EVFILT_SIGNAL = -6,
    FREEBSD_EVFILT_TIMER = -7,
    FREEBSD_EVFILT_USER = -11,
};
enum {
    FREEBSD_EV_ADD = 1,
    FREEBSD_EV_DELETE = 2,
    FREEBSD_EV_ENABLE = 4,
    FREEBSD_EV_DISABLE = 8,
    FREEBSD_EV_ONESHOT = 0x10,
    FREEBSD_EV_CLEAR = 0x20,
    FREEBSD_EV_RECEIPT = 0x40,
    FREEBSD_EV_DISPATCH = 0x80,
    FREEBSD_EV_ERROR = 0x4000,
    FREEBSD_EV_EOF = 0x8000,
};
#define FREEBSD_NOTE_TRIGGER 0x01000000U
#define FREEBSD_NOTE_FFOR    0x80000000U
#define FREEBSD_NOTE_FFCOPY  0xc0000000U
#define FREEBSD_NOTE_EXIT    0x80000000U
enum {
    FREEBSD_NOTE_LOWAT = 1,
    FREEBSD_NOTE_DELETE = 1,
    FREEBSD_NOTE_WRITE = 2,
    FREEBSD_NOTE_EXTEND = 4,
    FREEBSD_NOTE_ATTRIB = 8,
    FREEBSD_NOTE_LINK = 0x10,
    FREEBSD_NOTE_RENAME = 0x20,
    FREEBSD_NOTE_SECONDS = 1,
    FREEBSD_NOTE_MSECONDS = 2,
    FREEBSD_NOTE_USECONDS = 4,
    FREEBSD_NOTE_NSECONDS = 8,
    FREEBSD_NOTE_ABSTIME = 16,
};

#endif
