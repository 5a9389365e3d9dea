/* Real-time priorities, for those who start threads. */
#ifndef SYSCALLS_FREEBSD_SCHEDULE_H
#define SYSCALLS_FREEBSD_SCHEDULE_H

#include <stdint.h>

/* sys/sys/rtprio.h */
struct freebsd_rtprio {
    uint16_t type, prio;
};

#define FREEBSD_RTP_FIFO_BIT 8 /* beside a type: without a quantum */
enum { FREEBSD_RTP_REALTIME = 2, FREEBSD_RTP_NORMAL = 3, FREEBSD_RTP_IDLE = 4, FREEBSD_RTP_FIFO = 10 };

/* Returns 0, or -EINVAL: no such type or priority. */
int64_t freebsd_rtprio_check(const struct freebsd_rtprio *rtp);

/* Gives a host thread (0: the caller) a checked priority. Returns 0 or -errno: -EPERM, -ESRCH. */
int64_t freebsd_rtprio_apply(int32_t host_id, const struct freebsd_rtprio *rtp);

#endif
