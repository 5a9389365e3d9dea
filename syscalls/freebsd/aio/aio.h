/* FreeBSD's structures of asynchronous I/O (sys/sys/aio.h, sys/sys/signal.h), in both generations. */
#ifndef SYSCALLS_FREEBSD_AIO_H
#define SYSCALLS_FREEBSD_AIO_H

#include <stdint.h>

#include "base/guest.h"

struct thread;

enum {
    FREEBSD_LIO_NOP = 0x0,
    FREEBSD_LIO_WRITE = 0x1,
    FREEBSD_LIO_READ = 0x2,
    FREEBSD_LIO_VECTORED = 0x4,
    FREEBSD_LIO_WRITEV = 0x5,
    FREEBSD_LIO_READV = 0x6,
    FREEBSD_LIO_SYNC = 0x8, /* this and the next two: the kernel's own */
    FREEBSD_LIO_DSYNC = 0x18,
    FREEBSD_LIO_MLOCK = 0x20,
    FREEBSD_LIO_FOFFSET = 0x40, /* since 14.1 */

    FREEBSD_LIO_NOWAIT = 0,
    FREEBSD_LIO_WAIT = 1,

    FREEBSD_AIO_CANCELED = 1,
    FREEBSD_AIO_NOTCANCELED = 2,
    FREEBSD_AIO_ALLDONE = 3,
};

enum {
    FREEBSD_SIGEV_NONE = 0,
    FREEBSD_SIGEV_SIGNAL = 1,
    FREEBSD_SIGEV_KEVENT = 3,
    FREEBSD_SIGEV_THREAD_ID = 4,
};

struct freebsd_aio_sigevent {
    int32_t notify;
    int32_t signo; /* SIGEV_KEVENT: the kqueue */
    uint64_t value;
    union {
        int32_t thread_id;
        uint16_t kevent_flags;
        uint64_t spare[8];
    } more;
};
_Static_assert(sizeof(struct freebsd_aio_sigevent) == 80, "sys/signal.h");

/* struct osigevent: before 7.0 */
struct freebsd6_sigevent {
    int32_t notify;
    int32_t signo;
    uint64_t value;
};
_Static_assert(sizeof(struct freebsd6_sigevent) == 16, "sys/vfs_aio.c");

/* What the kernel writes to the guest's structure. */
struct freebsd_aiocb_private {
    int64_t status, error, kernelinfo;
};

struct freebsd_aiocb {
    int32_t fildes, pad;
    int64_t offset;
    uint64_t buf;    /* or the vector */
    uint64_t nbytes; /* or its length */
    int32_t spare[2];
    uint64_t spare2;
    int32_t lio_opcode, reqprio;
    struct freebsd_aiocb_private private;
    struct freebsd_aio_sigevent sigevent;
};
_Static_assert(sizeof(struct freebsd_aiocb) == 160, "sys/aio.h");
_Static_assert(__builtin_offsetof(struct freebsd_aiocb, private) == 56, "sys/aio.h");

/* struct oaiocb */
struct freebsd6_aiocb {
    int32_t fildes, pad;
    int64_t offset;
    uint64_t buf, nbytes;
    struct freebsd6_sigevent sigevent;
    int32_t lio_opcode, reqprio;
    struct freebsd_aiocb_private private;
};
_Static_assert(sizeof(struct freebsd6_aiocb) == 80, "sys/vfs_aio.c");
_Static_assert(__builtin_offsetof(struct freebsd6_aiocb, private) == 56, "the same place in both");

#define FREEBSD_AIOCB_PRIVATE __builtin_offsetof(struct freebsd_aiocb, private)

/*
 * The results that stand in the guest's structure, of either generation. Where nothing can be written, that is the
 * guest's own loss, as there.
 */
void freebsd_aio_store_status(guest_ptr aiocb, int64_t status);
void freebsd_aio_store_error(const struct thread *t, guest_ptr aiocb, int64_t result);

#endif
