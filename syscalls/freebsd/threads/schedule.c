/*
 * Priorities and scheduling policies. Semantics: sys/kern/kern_resource.c, sys/kern/p1003_1b.c, sys/kern/ksched.c.
 */
#include <linux/fcntl.h>
#include <linux/sched.h>
#include <linux/time_types.h>

#include "base/host.h"
#include "base/host_file.h"
#include "base/process.h"
#include "base/thread.h"
#include "freebsd_syscalls.h"
#include "process/credentials.h"
#include "process/process.h"
#include "process/tasks.h"
#include "process/thread.h"
#include "syscalls/freebsd/process_data.h"
#include "syscalls/freebsd/threads/schedule.h"

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
    int64_t r = 0;
    if (which == 0 && who > 0 && t->proc->credentials != NULL) { /* PRIO_PROCESS, on both */
        r = host_call2(__NR_getpriority, which, who);
        r = r < 0 ? r : credentials_may_schedule(t, who);
    }
    return r < 0 ? r : host_call3(__NR_setpriority, which, who, prio);
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

/* A process that the host can be asked about: its first thread, or the calling thread for 0. */
static int64_t check_pid(int32_t pid)
{
    return pid < 0 ? -ESRCH : 0;
}

/* The policy is for the privileged alone to set, even to what it is (kern_sched_setscheduler()). */
int64_t freebsd_sched_setscheduler(struct thread *t, int32_t pid, int32_t policy, guest_ptr param)
{
    int32_t priority;
    int64_t r = COPYIN(&priority, param);
    if (r == 0) {
        r = check_pid(pid);
    }
    if (r == 0) {
        r = host_call1(__NR_sched_getscheduler, pid); /* whether it is there */
    }
    if (r < 0) {
        return r;
    }
    if (t->proc->users.effective != 0) {
        return -EPERM;
    }
    int host = policy_to_host(policy);
    priority = host < 0 ? host : priority_to_host(host, priority);
    return priority < 0 ? priority : host_call3(__NR_sched_setscheduler, pid, host, &priority);
}

int64_t freebsd_sched_getscheduler(struct thread *t, int32_t pid)
{
    (void)t;
    int64_t host = check_pid(pid);
    if (host == 0) {
        host = host_call1(__NR_sched_getscheduler, pid);
    }
    if (host < 0) {
        return host;
    }
    return host == SCHED_FIFO ? FREEBSD_SCHED_FIFO : host == SCHED_RR ? FREEBSD_SCHED_RR : FREEBSD_SCHED_OTHER;
}

int64_t freebsd_sched_setparam(struct thread *t, int32_t pid, guest_ptr param)
{
    (void)t;
    int32_t priority;
    int64_t host = COPYIN(&priority, param);
    if (host == 0) {
        host = check_pid(pid);
    }
    if (host == 0) {
        host = host_call1(__NR_sched_getscheduler, pid);
    }
    if (host < 0) {
        return host;
    }
    priority = priority_to_host((int)host, priority);
    return priority < 0 ? priority : host_call2(__NR_sched_setparam, pid, &priority);
}

int64_t freebsd_sched_getparam(struct thread *t, int32_t pid, guest_ptr param)
{
    (void)t;
    int32_t priority;
    int64_t r = check_pid(pid);
    if (r == 0) {
        r = host_call2(__NR_sched_getparam, pid, &priority);
    }
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

/* The host's quantum of SCHED_RR in milliseconds; 0: not known. */
static int64_t rr_milliseconds(void)
{
    char text[16];
    int64_t n = host_file_read("/proc/sys/kernel/sched_rr_timeslice_ms", text, sizeof text), value = 0;
    for (int64_t i = 0; i < n && text[i] >= '0' && text[i] <= '9'; i++) {
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

/* FreeBSD has one quantum for all; the host tells a thread's own, and none of an ordinary one. */
int64_t freebsd_sched_rr_get_interval(struct thread *t, int32_t pid, guest_ptr interval)
{
    (void)t;
    struct __kernel_timespec time;
    int64_t r = check_pid(pid);
    if (r == 0) {
        r = host_call2(__NR_sched_rr_get_interval, pid, &time);
    }
    if (r < 0) {
        return r;
    }
    int64_t quantum = rr_milliseconds();
    if (quantum > 0) {
        time = (struct __kernel_timespec){.tv_sec = quantum / 1000, .tv_nsec = quantum % 1000 * 1000000};
    }
    return COPYOUT(interval, &time);
}

int64_t freebsd_sched_getcpu(struct thread *t)
{
    (void)t;
    uint32_t cpu;
    int64_t r = host_call3(__NR_getcpu, &cpu, 0, 0);
    return r < 0 ? r : cpu;
}

/* What a host thread has. 0 is FreeBSD's highest real-time priority. */
static int64_t rtprio_of(int32_t host_id, struct freebsd_rtprio *out)
{
    int32_t priority = 0;
    int64_t host = host_call1(__NR_sched_getscheduler, host_id);
    if (host < 0) {
        return host;
    }
    host_call2(__NR_sched_getparam, host_id, &priority);
    *out = (struct freebsd_rtprio){.type = FREEBSD_RTP_NORMAL};
    if (host == SCHED_FIFO || host == SCHED_RR) {
        out->type = host == SCHED_FIFO ? FREEBSD_RTP_FIFO : FREEBSD_RTP_REALTIME;
        out->prio = (uint16_t)(priority > RTP_PRIO_MAX ? 0 : RTP_PRIO_MAX + 1 - priority);
    } else if (host == SCHED_IDLE) {
        out->type = FREEBSD_RTP_IDLE;
    }
    return 0;
}

/* The less, the earlier it runs: real-time before ordinary before idle ones. */
static uint32_t rank(const struct freebsd_rtprio *rtp)
{
    return (uint32_t)(rtp->type & ~FREEBSD_RTP_FIFO_BIT) << 16 | rtp->prio;
}

static int64_t keep_highest(int32_t tid, void *arg)
{
    struct freebsd_rtprio one, *highest = arg;
    if (rtprio_of(tid, &one) == 0 && rank(&one) < rank(highest)) {
        *highest = one;
    }
    return 0;
}

int64_t freebsd_rtprio_check(const struct freebsd_rtprio *rtp)
{
    switch (rtp->type & ~FREEBSD_RTP_FIFO_BIT) {
    case FREEBSD_RTP_REALTIME:
    case FREEBSD_RTP_IDLE:
        return rtp->prio <= RTP_PRIO_MAX ? 0 : -EINVAL;
    case FREEBSD_RTP_NORMAL:
        return rtp->prio <= TIMESHARE_PRIO_MAX ? 0 : -EINVAL;
    default:
        return -EINVAL;
    }
}

int64_t freebsd_rtprio_apply(int32_t host_id, const struct freebsd_rtprio *rtp)
{
    int policy = SCHED_NORMAL;
    int32_t priority = 0;
    if (rtp->type == FREEBSD_RTP_REALTIME || rtp->type == FREEBSD_RTP_FIFO) {
        policy = rtp->type == FREEBSD_RTP_FIFO ? SCHED_FIFO : SCHED_RR;
        priority = RTP_PRIO_MAX + 1 - rtp->prio; /* 0 is FreeBSD's highest here */
    } else if ((rtp->type & ~FREEBSD_RTP_FIFO_BIT) == FREEBSD_RTP_IDLE) {
        policy = SCHED_IDLE;
    }
    return host_call3(__NR_sched_setscheduler, host_id, policy, &priority);
}

static int64_t apply_one(int32_t tid, void *rtp)
{
    return freebsd_rtprio_apply(tid, rtp);
}

/* To set is a privilege, but back to ordinary (sys_rtprio()); the process is there. `pid` 0: the one thread. */
static int64_t rtprio_set(struct thread *t, int32_t host_id, int32_t pid, struct freebsd_rtprio *rtp)
{
    bool ordinary = (rtp->type & ~FREEBSD_RTP_FIFO_BIT) == FREEBSD_RTP_NORMAL;
    int known = (rtp->type & ~FREEBSD_RTP_FIFO_BIT) == FREEBSD_RTP_REALTIME ||
                (rtp->type & ~FREEBSD_RTP_FIFO_BIT) == FREEBSD_RTP_IDLE;
    if (known && !ordinary && t->proc->users.effective != 0) {
        return -EPERM;
    }
    int64_t r = freebsd_rtprio_check(rtp);
    if (r < 0) {
        return r;
    }
    return pid == 0 ? freebsd_rtprio_apply(host_id, rtp) : tasks_each(pid, apply_one, rtp);
}

/* Who is meant is looked for before the function is, and what is copied in before either. */
static int64_t do_rtprio(struct thread *t, int32_t function, int32_t host_id, int32_t pid, guest_ptr at)
{
    struct freebsd_rtprio rtp = {.type = FREEBSD_RTP_IDLE, .prio = RTP_PRIO_MAX};
    int copied = function == RTP_SET ? COPYIN(&rtp, at) : 0;
    int64_t r = host_call1(__NR_sched_getscheduler, host_id);
    if (r < 0) {
        return r;
    }
    switch (function) {
    case RTP_LOOKUP:
        r = pid == 0 ? rtprio_of(host_id, &rtp) : tasks_each(pid, keep_highest, &rtp);
        return r < 0 ? r : COPYOUT(at, &rtp);
    case RTP_SET:
        return copied < 0 ? copied : rtprio_set(t, host_id, pid, &rtp);
    default:
        return -EINVAL;
    }
}

/* The own pid means all threads, 0 the calling one. */
int64_t freebsd_rtprio(struct thread *t, int32_t function, int32_t pid, guest_ptr rtp)
{
    return pid < 0 ? -ESRCH : do_rtprio(t, function, pid, pid, rtp);
}

int64_t freebsd_rtprio_thread(struct thread *t, int32_t function, int32_t lwpid, guest_ptr rtp)
{
    if (lwpid != 0 && lwpid <= FREEBSD_TID_OFFSET) {
        return -ESRCH;
    }
    return do_rtprio(t, function, lwpid == 0 ? 0 : lwpid - FREEBSD_TID_OFFSET, 0, rtp);
}

/* sys/sys/membarrier.h; the numbers are the host's. */
enum {
    MEMBARRIER_GLOBAL = 0x01,
    MEMBARRIER_GLOBAL_EXPEDITED = 0x02,
    MEMBARRIER_REGISTER_GLOBAL_EXPEDITED = 0x04,
    MEMBARRIER_PRIVATE_EXPEDITED = 0x08,
    MEMBARRIER_REGISTER_PRIVATE_EXPEDITED = 0x10,
    MEMBARRIER_PRIVATE_EXPEDITED_SYNC_CORE = 0x20,
    MEMBARRIER_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE = 0x40,
    MEMBARRIER_SUPPORTED = 0x7f,
};

/*
 * The engine registers at the host for its own use (rewriting), so what the guest has registered for is known here; a
 * registration's number is that of its command, doubled.
 */
int64_t freebsd_membarrier(struct thread *t, int32_t cmd, uint64_t flags, int32_t cpu_id)
{
    (void)cpu_id;
    uint32_t *registered = &freebsd_process(t)->membarriers;
    if ((uint32_t)flags != 0 || (cmd & ~MEMBARRIER_SUPPORTED) != 0) {
        return -EINVAL;
    }
    switch (cmd) {
    case 0:
        return MEMBARRIER_SUPPORTED;
    case MEMBARRIER_REGISTER_GLOBAL_EXPEDITED:
    case MEMBARRIER_REGISTER_PRIVATE_EXPEDITED:
    case MEMBARRIER_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE:
        __atomic_fetch_or(registered, (uint32_t)cmd, __ATOMIC_RELAXED);
        break;
    case MEMBARRIER_GLOBAL_EXPEDITED:
    case MEMBARRIER_PRIVATE_EXPEDITED:
    case MEMBARRIER_PRIVATE_EXPEDITED_SYNC_CORE:
        if ((__atomic_load_n(registered, __ATOMIC_RELAXED) & (uint32_t)cmd << 1) == 0) {
            return -EPERM;
        }
        break;
    case MEMBARRIER_GLOBAL:
        break;
    default:
        return -EINVAL; /* several at once */
    }
    return host_call3(__NR_membarrier, cmd, 0, 0);
}
