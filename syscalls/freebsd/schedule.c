/*
 * Priorities and scheduling policies. Semantics: sys/kern/kern_resource.c, sys/kern/p1003_1b.c, sys/kern/ksched.c.
 */
#include <linux/sched.h>
#include <linux/time_types.h>

#include "base/host.h"
#include "freebsd_syscalls.h"
#include "process/process.h"
#include "process/thread.h"
#include "syscalls/freebsd/schedule.h"

#define RTP_PRIO_MAX       31
#define TIMESHARE_PRIO_MAX 103 /* PRI_MAX_TIMESHARE - PRI_MIN_TIMESHARE */

enum { FREEBSD_SCHED_FIFO = 1, FREEBSD_SCHED_OTHER = 2, FREEBSD_SCHED_RR = 3 };
enum { RTP_LOOKUP = 0, RTP_SET = 1 };

/* The host's raw call answers 20 - nice, so that it is never negative. */
int64_t freebsd_getpriority(struct thread *t, int32_t which, int32_t who)
{
    int64_t r = host_call2(__NR_getpriority, which, who);
    if (r < 0) {
        return r;
    }
    t->call_flags |= CALL_RAW_RESULT;
    return 20 - r;
}

int64_t freebsd_setpriority(struct thread *t, int32_t which, int32_t who, int32_t prio)
{
    (void)t;
    return host_call3(__NR_setpriority, which, who, prio);
}

static int policy_to_host(int policy)
{
    switch (policy) {
    case FREEBSD_SCHED_FIFO:
        return SCHED_FIFO;
    case FREEBSD_SCHED_OTHER:
        return SCHED_NORMAL;
    case FREEBSD_SCHED_RR:
        return SCHED_RR;
    default:
        return -EINVAL;
    }
}

/* FreeBSD's real-time priorities go from 0, the host's from 1. */
static int priority_to_host(int host_policy, int priority)
{
    bool realtime = host_policy == SCHED_FIFO || host_policy == SCHED_RR;
    if (priority < 0 || priority > (realtime ? RTP_PRIO_MAX : TIMESHARE_PRIO_MAX)) {
        return -EINVAL;
    }
    return realtime ? priority + 1 : 0;
}

int64_t freebsd_sched_setscheduler(struct thread *t, int32_t pid, int32_t policy, guest_ptr param)
{
    (void)t;
    int32_t priority;
    int r = COPYIN(&priority, param);
    int host = policy_to_host(policy);
    if (r < 0 || host < 0) {
        return r < 0 ? r : host;
    }
    priority = priority_to_host(host, priority);
    return priority < 0 ? priority : host_call3(__NR_sched_setscheduler, pid, host, &priority);
}

int64_t freebsd_sched_getscheduler(struct thread *t, int32_t pid)
{
    (void)t;
    int64_t host = host_call1(__NR_sched_getscheduler, pid);
    if (host < 0) {
        return host;
    }
    return host == SCHED_FIFO ? FREEBSD_SCHED_FIFO : host == SCHED_RR ? FREEBSD_SCHED_RR : FREEBSD_SCHED_OTHER;
}

int64_t freebsd_sched_setparam(struct thread *t, int32_t pid, guest_ptr param)
{
    (void)t;
    int32_t priority;
    int r = COPYIN(&priority, param);
    int64_t host = host_call1(__NR_sched_getscheduler, pid);
    if (r < 0 || host < 0) {
        return r < 0 ? r : host;
    }
    priority = priority_to_host((int)host, priority);
    return priority < 0 ? priority : host_call2(__NR_sched_setparam, pid, &priority);
}

int64_t freebsd_sched_getparam(struct thread *t, int32_t pid, guest_ptr param)
{
    (void)t;
    int32_t priority;
    int64_t r = host_call2(__NR_sched_getparam, pid, &priority);
    if (r < 0) {
        return r;
    }
    priority = priority > 0 ? priority - 1 : 0;
    return COPYOUT(param, &priority);
}

int64_t freebsd_sched_get_priority_max(struct thread *t, int32_t policy)
{
    (void)t;
    int host = policy_to_host(policy);
    return host < 0 ? host : host == SCHED_NORMAL ? TIMESHARE_PRIO_MAX : RTP_PRIO_MAX;
}

int64_t freebsd_sched_get_priority_min(struct thread *t, int32_t policy)
{
    (void)t;
    int host = policy_to_host(policy);
    return host < 0 ? host : 0;
}

int64_t freebsd_sched_rr_get_interval(struct thread *t, int32_t pid, guest_ptr interval)
{
    (void)t;
    struct __kernel_timespec time;
    int64_t r = host_call2(__NR_sched_rr_get_interval, pid, &time);
    return r < 0 ? r : COPYOUT(interval, &time);
}

int64_t freebsd_sched_getcpu(struct thread *t)
{
    (void)t;
    uint32_t cpu;
    int64_t r = host_call3(__NR_getcpu, &cpu, 0, 0);
    return r < 0 ? r : cpu;
}

static int64_t rtprio_lookup(int32_t host_id, guest_ptr rtp)
{
    int32_t priority = 0;
    int64_t host = host_call1(__NR_sched_getscheduler, host_id);
    if (host < 0) {
        return host;
    }
    host_call2(__NR_sched_getparam, host_id, &priority);
    struct freebsd_rtprio out = {.type = FREEBSD_RTP_NORMAL};
    if (host == SCHED_FIFO || host == SCHED_RR) {
        /* 0 is FreeBSD's highest here */
        out.type = host == SCHED_FIFO ? FREEBSD_RTP_FIFO : FREEBSD_RTP_REALTIME;
        out.prio = (uint16_t)(priority > RTP_PRIO_MAX ? 0 : RTP_PRIO_MAX + 1 - priority);
    } else if (host == SCHED_IDLE) {
        out.type = FREEBSD_RTP_IDLE;
    }
    return COPYOUT(rtp, &out);
}

int64_t freebsd_rtprio_check(const struct freebsd_rtprio *rtp)
{
    bool known = rtp->type == FREEBSD_RTP_REALTIME || rtp->type == FREEBSD_RTP_FIFO ||
                 rtp->type == FREEBSD_RTP_NORMAL || rtp->type == FREEBSD_RTP_IDLE;
    return known && rtp->prio <= RTP_PRIO_MAX ? 0 : -EINVAL;
}

int64_t freebsd_rtprio_apply(int32_t host_id, const struct freebsd_rtprio *rtp)
{
    int policy = SCHED_NORMAL;
    int32_t priority = 0;
    if (rtp->type == FREEBSD_RTP_REALTIME || rtp->type == FREEBSD_RTP_FIFO) {
        policy = rtp->type == FREEBSD_RTP_FIFO ? SCHED_FIFO : SCHED_RR;
        priority = RTP_PRIO_MAX + 1 - rtp->prio; /* 0 is FreeBSD's highest here */
    } else if (rtp->type == FREEBSD_RTP_IDLE) {
        policy = SCHED_IDLE;
    }
    return host_call3(__NR_sched_setscheduler, host_id, policy, &priority);
}

static int64_t rtprio_set(int32_t host_id, guest_ptr rtp)
{
    struct freebsd_rtprio in;
    int64_t r = COPYIN(&in, rtp);
    if (r == 0) {
        r = freebsd_rtprio_check(&in);
    }
    return r < 0 ? r : freebsd_rtprio_apply(host_id, &in);
}

static int64_t do_rtprio(int32_t function, int32_t host_id, guest_ptr rtp)
{
    switch (function) {
    case RTP_LOOKUP:
        return rtprio_lookup(host_id, rtp);
    case RTP_SET:
        return rtprio_set(host_id, rtp);
    default:
        return -EINVAL;
    }
}

int64_t freebsd_rtprio(struct thread *t, int32_t function, int32_t pid, guest_ptr rtp)
{
    (void)t;
    return pid < 0 ? -ESRCH : do_rtprio(function, pid, rtp);
}

int64_t freebsd_rtprio_thread(struct thread *t, int32_t function, int32_t lwpid, guest_ptr rtp)
{
    (void)t;
    if (lwpid != 0 && lwpid <= FREEBSD_TID_OFFSET) {
        return -ESRCH;
    }
    return do_rtprio(function, lwpid == 0 ? 0 : lwpid - FREEBSD_TID_OFFSET, rtp);
}
