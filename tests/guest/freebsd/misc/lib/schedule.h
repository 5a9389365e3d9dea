/* Priorities and policies: sys/sys/rtprio.h, sched.h. */
#ifndef GUEST_MISC_SCHEDULE_H
#define GUEST_MISC_SCHEDULE_H

#include <stdint.h>

struct freebsd_rtprio {
    uint16_t type, prio;
};
enum { RTP_LOOKUP = 0, RTP_SET = 1 };
enum { RTP_PRIO_REALTIME = 2, RTP_PRIO_NORMAL = 3, RTP_PRIO_IDLE = 4, RTP_PRIO_FIFO = 10 };
enum { SCHED_FIFO = 1, SCHED_OTHER = 2, SCHED_RR = 3 };

#endif
