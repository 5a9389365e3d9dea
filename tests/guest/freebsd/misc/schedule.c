/*
 * Priorities, policies, barriers. Sources: rtprio(2), sched_setscheduler(2), sched_setparam(2),
 * sched_get_priority_max(2), sched_yield(2), membarrier(2), sys/kern/kern_resource.c, p1003_1b.c, ksched.c,
 * kern_membarrier.c.
 */
#include "schedule.h"
#include "guest.h"

static void lookup(int type, int prio)
{
    struct freebsd_rtprio rtp = {99, 99};

    CHECK_OK(SYS(rtprio, RTP_LOOKUP, 0, &rtp));
    CHECK_EQ(rtp.type, type);
    if (prio >= 0)
        CHECK_EQ(rtp.prio, prio);
}

static int64_t set(int type, int prio)
{
    struct freebsd_rtprio rtp = {(uint16_t)type, (uint16_t)prio};

    return SYS(rtprio, RTP_SET, 0, &rtp);
}

static void privileged(void *unused)
{
    struct freebsd_rtprio rtp = {RTP_PRIO_REALTIME, 3};
    int32_t param = 99;

    (void)unused;
    lookup(RTP_PRIO_NORMAL, -1);
    CHECK_OK(set(RTP_PRIO_REALTIME, 7));
    lookup(RTP_PRIO_REALTIME, 7);
    CHECK_EQ(SYS(sched_getscheduler, 0), SCHED_RR);
    CHECK_OK(SYS(sched_getparam, 0, &param));
    CHECK_EQ(param, 24); /* POSIX counts the other way: 31 - 7 */
    CHECK_OK(set(RTP_PRIO_FIFO, 0));
    lookup(RTP_PRIO_FIFO, 0);
    CHECK_EQ(SYS(sched_getscheduler, SYS(getpid)), SCHED_FIFO);
    CHECK_OK(set(RTP_PRIO_IDLE, 31));
    lookup(RTP_PRIO_IDLE, -1);
    CHECK_EQ(SYS(sched_getscheduler, 0), SCHED_OTHER);
    CHECK_OK(set(RTP_PRIO_NORMAL, 0));
    lookup(RTP_PRIO_NORMAL, -1);
    CHECK_ERR(set(RTP_PRIO_REALTIME, 32), FREEBSD_EINVAL);
    CHECK_ERR(set(RTP_PRIO_FIFO, 32), FREEBSD_EINVAL);
    CHECK_ERR(set(RTP_PRIO_IDLE, 32), FREEBSD_EINVAL);
    CHECK_OK(set(RTP_PRIO_NORMAL, 103)); /* PRI_MAX_TIMESHARE - PRI_MIN_TIMESHARE */
    CHECK_ERR(set(RTP_PRIO_NORMAL, 104), FREEBSD_EINVAL);
    CHECK_ERR(set(1, 0), FREEBSD_EINVAL);
    CHECK_ERR(set(5, 0), FREEBSD_EINVAL);
    CHECK_OK(SYS(rtprio, RTP_SET, SYS(getpid), &rtp)); /* of all threads */
    lookup(RTP_PRIO_REALTIME, 3);
    rtp.type = 99;
    CHECK_OK(SYS(rtprio, RTP_LOOKUP, SYS(getpid), &rtp)); /* the highest of all threads */
    CHECK_EQ(rtp.type, RTP_PRIO_REALTIME);
    CHECK_EQ(rtp.prio, 3);
    CHECK_OK(set(RTP_PRIO_NORMAL, 0));
}

/* Rows: rtprio: rtprio(2), sys/kern/kern_resource.c (sys_rtprio, rtp_to_pri) */
TEST(real_time)
{
    if (SYS(geteuid) != 0)
        SKIP("only root may have real-time priorities");
    CHECK_EQ(guest_in_child(privileged, NULL), 0);
}

static void unprivileged(void *unused)
{
    int32_t param = 0;

    (void)unused;
    if (SYS(geteuid) == 0)
        CHECK_OK(SYS(setuid, 1000));
    CHECK_ERR(set(RTP_PRIO_REALTIME, 7), FREEBSD_EPERM);
    CHECK_ERR(set(RTP_PRIO_FIFO, 99), FREEBSD_EPERM); /* before the number is looked at */
    CHECK_ERR(set(RTP_PRIO_IDLE, 7), FREEBSD_EPERM);
    CHECK_OK(set(RTP_PRIO_NORMAL, 0));
    CHECK_ERR(SYS(sched_setscheduler, 0, SCHED_FIFO, &param), FREEBSD_EPERM);
    CHECK_ERR(SYS(sched_setscheduler, 0, SCHED_OTHER, &param), FREEBSD_EPERM); /* even what it is */
    CHECK_OK(SYS(sched_setparam, 0, &param));
}

TEST(without_privilege)
{
    CHECK_EQ(guest_in_child(unprivileged, NULL), 0);
}

TEST(rtprio_errors)
{
    struct freebsd_rtprio rtp = {RTP_PRIO_NORMAL, 0};

    CHECK_ERR(SYS(rtprio, 2, 0, &rtp), FREEBSD_EINVAL);
    CHECK_ERR(SYS(rtprio, -1, 0, &rtp), FREEBSD_EINVAL);
    CHECK_ERR(SYS(rtprio, RTP_LOOKUP, 99998, &rtp), FREEBSD_ESRCH);
    CHECK_ERR(SYS(rtprio, RTP_SET, 99998, 0x10), FREEBSD_ESRCH); /* before the fault */
    CHECK_ERR(SYS(rtprio, 77, 99998, &rtp), FREEBSD_ESRCH);
    CHECK_ERR(SYS(rtprio, RTP_LOOKUP, -5, &rtp), FREEBSD_ESRCH);
    CHECK_ERR(SYS(rtprio, RTP_LOOKUP, 0, 0x10), FREEBSD_EFAULT);
    CHECK_ERR(SYS(rtprio, RTP_SET, 0, 0x10), FREEBSD_EFAULT);
}

static volatile uint32_t stage, go;

static void wait_to_be_looked_at(void *unused)
{
    (void)unused;
    stage = 1;
    guest_await(&go, 1);
}

/* Rows: rtprio_thread: rtprio_thread(2): of one thread, the others stay */
TEST(of_one_thread)
{
    struct guest_thread thread;
    struct freebsd_rtprio rtp = {RTP_PRIO_REALTIME, 11};
    int64_t me = 0;

    CHECK_OK(SYS(thr_self, &me));
    stage = go = 0;
    REQUIRE(guest_thread_start(&thread, wait_to_be_looked_at, NULL) == 0);
    REQUIRE(guest_await(&stage, 1));
    if (SYS(geteuid) == 0) {
        CHECK_OK(SYS(rtprio_thread, RTP_SET, thread.tid, &rtp));
        lookup(RTP_PRIO_NORMAL, -1);
        rtp.type = 99;
        CHECK_OK(SYS(rtprio_thread, RTP_LOOKUP, thread.tid, &rtp));
        CHECK_EQ(rtp.type, RTP_PRIO_REALTIME);
        CHECK_EQ(rtp.prio, 11);
        CHECK_OK(SYS(rtprio, RTP_LOOKUP, SYS(getpid), &rtp));
        CHECK_EQ(rtp.prio, 11);
        rtp.type = RTP_PRIO_NORMAL;
        CHECK_OK(SYS(rtprio_thread, RTP_SET, thread.tid, &rtp));
    }
    CHECK_OK(SYS(rtprio_thread, RTP_LOOKUP, me, &rtp));
    CHECK_EQ(rtp.type, RTP_PRIO_NORMAL);
    CHECK_ERR(SYS(rtprio_thread, RTP_LOOKUP, 99, &rtp), FREEBSD_ESRCH);
    CHECK_ERR(SYS(rtprio_thread, RTP_LOOKUP, -1, &rtp), FREEBSD_ESRCH);
    CHECK_ERR(SYS(rtprio_thread, RTP_SET, 99, 0x10), FREEBSD_ESRCH);
    CHECK_ERR(SYS(rtprio_thread, 7, 0, &rtp), FREEBSD_EINVAL);
    CHECK_ERR(SYS(rtprio_thread, RTP_LOOKUP, 0, 0x10), FREEBSD_EFAULT);
    CHECK_ERR(SYS(rtprio_thread, RTP_SET, 0, 0x10), FREEBSD_EFAULT);
    go = 1;
    guest_thread_join(&thread);
}

static void policies(void *unused)
{
    int32_t param = 5;

    (void)unused;
    CHECK_OK(SYS(sched_setscheduler, 0, SCHED_FIFO, &param));
    CHECK_EQ(SYS(sched_getscheduler, 0), SCHED_FIFO);
    param = 99;
    CHECK_OK(SYS(sched_getparam, 0, &param));
    CHECK_EQ(param, 5);
    param = 31;
    CHECK_OK(SYS(sched_setparam, SYS(getpid), &param));
    param = 32;
    CHECK_ERR(SYS(sched_setparam, 0, &param), FREEBSD_EINVAL);
    CHECK_ERR(SYS(sched_setscheduler, 0, SCHED_RR, &param), FREEBSD_EINVAL);
    param = -1;
    CHECK_ERR(SYS(sched_setscheduler, 0, SCHED_RR, &param), FREEBSD_EINVAL);
    param = 0;
    CHECK_OK(SYS(sched_setscheduler, 0, SCHED_RR, &param));
    CHECK_EQ(SYS(sched_getscheduler, 0), SCHED_RR);
    CHECK_ERR(SYS(sched_setscheduler, 0, 0, &param), FREEBSD_EINVAL);
    CHECK_ERR(SYS(sched_setscheduler, 0, 4, &param), FREEBSD_EINVAL);
    CHECK_OK(SYS(sched_setscheduler, 0, SCHED_OTHER, &param));
    param = 103;
    CHECK_OK(SYS(sched_setparam, 0, &param));
    param = 104;
    CHECK_ERR(SYS(sched_setparam, 0, &param), FREEBSD_EINVAL);
}

/* Rows: sched_setscheduler sched_getscheduler sched_setparam sched_getparam: sched_setscheduler(2), sched_setparam(2) */
TEST(scheduling_policies)
{
    int32_t param = 0;
    struct freebsd_timespec interval = {-1, -1};

    CHECK_EQ(SYS(sched_getscheduler, 0), SCHED_OTHER);
    if (SYS(geteuid) == 0)
        CHECK_EQ(guest_in_child(policies, NULL), 0);
    CHECK_ERR(SYS(sched_setscheduler, 0, SCHED_OTHER, 0x10), FREEBSD_EFAULT);
    CHECK_ERR(SYS(sched_setscheduler, 99998, SCHED_OTHER, &param), FREEBSD_ESRCH);
    CHECK_ERR(SYS(sched_setparam, 0, 0x10), FREEBSD_EFAULT);
    CHECK_ERR(SYS(sched_setparam, 99998, &param), FREEBSD_ESRCH);
    CHECK_ERR(SYS(sched_setparam, -1, &param), FREEBSD_ESRCH);
    CHECK_ERR(SYS(sched_getparam, 0, 0x10), FREEBSD_EFAULT);
    CHECK_ERR(SYS(sched_getparam, 99998, &param), FREEBSD_ESRCH);
    CHECK_ERR(SYS(sched_getparam, -1, &param), FREEBSD_ESRCH);
    CHECK_ERR(SYS(sched_getscheduler, 99998), FREEBSD_ESRCH);
    CHECK_ERR(SYS(sched_getscheduler, -1), FREEBSD_ESRCH);
    CHECK_OK(SYS(sched_rr_get_interval, 0, &interval));
    CHECK(interval.sec == 0 && interval.nsec > 0 && interval.nsec < 1000000000);
    CHECK_ERR(SYS(sched_rr_get_interval, 0, 0x10), FREEBSD_EFAULT);
    CHECK_ERR(SYS(sched_rr_get_interval, 99998, &interval), FREEBSD_ESRCH);
    CHECK_ERR(SYS(sched_rr_get_interval, -1, &interval), FREEBSD_ESRCH);
}

/* Rows: sched_get_priority_max sched_get_priority_min sched_rr_get_interval: sched_get_priority_max(2), ksched.c */
TEST(ranges)
{
    CHECK_EQ(SYS(sched_get_priority_min, SCHED_FIFO), 0);
    CHECK_EQ(SYS(sched_get_priority_max, SCHED_FIFO), 31);
    CHECK_EQ(SYS(sched_get_priority_min, SCHED_RR), 0);
    CHECK_EQ(SYS(sched_get_priority_max, SCHED_RR), 31);
    CHECK_EQ(SYS(sched_get_priority_min, SCHED_OTHER), 0);
    CHECK_EQ(SYS(sched_get_priority_max, SCHED_OTHER), 103);
    for (int policy = -1; policy < 8; policy++)
        if (policy < SCHED_FIFO || policy > SCHED_RR) {
            CHECK_ERR(SYS(sched_get_priority_min, policy), FREEBSD_EINVAL);
            CHECK_ERR(SYS(sched_get_priority_max, policy), FREEBSD_EINVAL);
        }
}

static volatile uint32_t turns;

static void take_turns(void *unused)
{
    (void)unused;
    for (int i = 0; i < 100; i++) {
        __atomic_fetch_add(&turns, 1, __ATOMIC_SEQ_CST);
        CHECK_OK(SYS(sched_yield));
    }
}

/* Rows: yield sched_yield sched_getcpu: sched_yield(2), sched_getcpu(2) */
TEST(yielding)
{
    struct guest_thread thread;
    bool found;
    int64_t processor = SYS(sched_getcpu);

    turns = 0;
    REQUIRE(guest_thread_start(&thread, take_turns, NULL) == 0);
    for (int i = 0; i < 100; i++)
        CHECK_OK(SYS(yield));
    guest_thread_join(&thread);
    CHECK_EQ(turns, 100);
    CHECK(processor >= 0 && processor < 1024);
    CHECK(guest_aux(FREEBSD_AT_NCPUS, &found) >= 1);
}

static void ask(void *unused)
{
    (void)unused;
    CHECK_EQ(SYS(membarrier, 0, 0, 0), 0x7f);
    CHECK_OK(SYS(membarrier, 1, 0, 0)); /* GLOBAL needs no registration */
    for (int cmd = 0x02; cmd <= 0x20; cmd <<= 2) {
        CHECK_ERR(SYS(membarrier, cmd, 0, 0), FREEBSD_EPERM);
        CHECK_OK(SYS(membarrier, cmd << 1, 0, 0));
        CHECK_OK(SYS(membarrier, cmd, 0, 0));
        CHECK_OK(SYS(membarrier, cmd << 1, 0, 0)); /* again: nothing */
    }
    CHECK_ERR(SYS(membarrier, 3, 0, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(membarrier, 0x80, 0, 0), FREEBSD_EINVAL); /* RSEQ has a number, and no support */
    CHECK_ERR(SYS(membarrier, 0x100, 0, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(membarrier, -1, 0, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(membarrier, 0, 1, 0), FREEBSD_EINVAL);
}

/* Rows: membarrier: membarrier(2), sys/kern/kern_membarrier.c */
TEST(barriers)
{
    CHECK_EQ(guest_in_child(ask, NULL), 0);
}
