/*
 * Asynchronous I/O (sys/sys/aio.h, sys/sys/signal.h), in both generations of its structures.
 */
#ifndef GUEST_AIO_H
#define GUEST_AIO_H

#include <stdint.h>

enum {
    FREEBSD_LIO_NOP = 0,
    FREEBSD_LIO_WRITE = 1,
    FREEBSD_LIO_READ = 2,
    FREEBSD_LIO_WRITEV = 5,
    FREEBSD_LIO_READV = 6,
    FREEBSD_LIO_SYNC = 8,
    FREEBSD_LIO_FOFFSET = 0x40,
    FREEBSD_LIO_NOWAIT = 0,
    FREEBSD_LIO_WAIT = 1,
    FREEBSD_AIO_CANCELED = 1,
    FREEBSD_AIO_NOTCANCELED = 2,
    FREEBSD_AIO_ALLDONE = 3,
    FREEBSD_AIO_QUEUE_MAX = 256, /* vfs.aio.max_aio_queue_per_proc */
};
enum {
    FREEBSD_SIGEV_NONE = 0,
    FREEBSD_SIGEV_SIGNAL = 1,
    FREEBSD_SIGEV_THREAD = 2,
    FREEBSD_SIGEV_KEVENT = 3,
    FREEBSD_SIGEV_THREAD_ID = 4,
};
enum { FREEBSD_AIO_O_SYNC = 0x80, FREEBSD_AIO_O_DIRECT = 0x10000, FREEBSD_AIO_O_DSYNC = 0x1000000 };
enum { FREEBSD_SI_ASYNCIO = 0x10004 };

struct freebsd_sigevent {
    int32_t notify;
    int32_t signo; /* or the kqueue */
    uint64_t value;
    union {
        int32_t thread_id;
        uint16_t kevent_flags;
        uint64_t spare[8];
    };
};

struct freebsd_aiocb {
    int32_t fildes;
    int64_t offset;
    const void *buf;
    uint64_t nbytes;
    int32_t spare[2];
    void *spare2;
    int32_t opcode, reqprio;
    int64_t status, error, reference;
    struct freebsd_sigevent sigevent;
};

struct freebsd6_sigevent {
    int32_t notify;
    int32_t signo;
    uint64_t value;
};

struct freebsd6_aiocb {
    int32_t fildes;
    int64_t offset;
    const void *buf;
    uint64_t nbytes;
    struct freebsd6_sigevent sigevent;
    int32_t opcode, reqprio;
    int64_t status, error, reference;
};

struct aio_iovec {
    const void *base;
    uint64_t length;
};

#define WILD ((void *)0x10)

/* Waits for the request (ten seconds at most) and returns its result. */
int64_t aio_finish(struct freebsd_aiocb *cb);

/* A request of no notice. */
struct freebsd_aiocb aio_request(int fd, int64_t offset, const void *buf, uint64_t n);

#endif
