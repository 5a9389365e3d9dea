/* What the tests of threads need besides the rest: priorities (sys/sys/rtprio.h, sched.h), umtx (sys/sys/umtx.h). */
#ifndef GUEST_THREADS_H
#define GUEST_THREADS_H

#include <stdint.h>

struct freebsd_rtprio {
    uint16_t type, prio;
};
enum {
    FREEBSD_RTP_LOOKUP = 0,
    FREEBSD_RTP_SET = 1,
    FREEBSD_RTP_PRIO_REALTIME = 2,
    FREEBSD_RTP_PRIO_NORMAL = 3,
    FREEBSD_RTP_PRIO_IDLE = 4,
    FREEBSD_RTP_PRIO_FIFO = 10,
};
enum { FREEBSD_SCHED_FIFO = 1, FREEBSD_SCHED_OTHER = 2, FREEBSD_SCHED_RR = 3 };

enum { FREEBSD_UMTX_OP_SHM = 25 };
enum {
    FREEBSD_UMTX_SHM_CREAT = 1,
    FREEBSD_UMTX_SHM_LOOKUP = 2,
    FREEBSD_UMTX_SHM_DESTROY = 4,
    FREEBSD_UMTX_SHM_ALIVE = 8
};
enum { FREEBSD_UMTX_OP_GET_MIN_TIMEOUT = 27, FREEBSD_UMTX_OP_SET_MIN_TIMEOUT = 28 };
#define FREEBSD_UMTX_CONTESTED 0x8000000000000000UL

#endif
