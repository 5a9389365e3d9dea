/*
 * thr_new and thr_create, thr_suspend and thr_wake, names, and the locks of FreeBSD 5. Sources: thr_new(2),
 * thr_suspend(2), thr_wake(2), thr_set_name(2), sys/kern/kern_thr.c, kern_umtx.c (do_lock_umtx), exec_machdep.c
 * (set_mcontext).
 */
#include "guest.h"
#include "threads.h"

static volatile uint32_t flag, stage;
static volatile int64_t result;

static void end(void)
{
    SYS(thr_exit, 0);
    __builtin_trap();
}

/* ---- thr_new ---- */

static volatile struct freebsd_rtprio seen_rtp;

static void look_at_priority(void *unused)
{
    struct freebsd_rtprio rtp = {0, 0};

    (void)unused;
    SYS(rtprio_thread, FREEBSD_RTP_LOOKUP, 0, &rtp);
    seen_rtp = rtp;
    flag = 1;
    end();
}

static int64_t start_with(void *rtp)
{
    struct freebsd_thr_param param = {0};

    flag = 0;
    param.start_func = look_at_priority;
    param.stack_base = guest_pages(65536);
    param.stack_size = 65536;
    param.rtp = rtp;
    return SYS(thr_new, &param, sizeof(param));
}

/* Rows: thr_new: thr_new(2), thread_create() in sys/kern/kern_thr.c */
TEST(new_with_priority)
{
    struct freebsd_rtprio rtp = {FREEBSD_RTP_PRIO_REALTIME, 7};

    CHECK_ERR(start_with((void *)0x10), FREEBSD_EFAULT);
    rtp.type = FREEBSD_RTP_PRIO_IDLE; /* rtprio_thread may give it, thr_new not */
    CHECK_ERR(start_with(&rtp), FREEBSD_EINVAL);
    rtp.type = 99;
    CHECK_ERR(start_with(&rtp), FREEBSD_EINVAL);
    rtp = (struct freebsd_rtprio){FREEBSD_RTP_PRIO_NORMAL, 99}; /* the number is not looked at */
    CHECK_OK(start_with(&rtp));
    REQUIRE(guest_await(&flag, 1));
    CHECK_EQ(seen_rtp.type, FREEBSD_RTP_PRIO_NORMAL);
    if (SYS(geteuid) != 0)
        SKIP("only root may have real-time priorities");
    rtp = (struct freebsd_rtprio){FREEBSD_RTP_PRIO_REALTIME, 32};
    CHECK_ERR(start_with(&rtp), FREEBSD_EINVAL);
    rtp.prio = 7;
    CHECK_OK(start_with(&rtp));
    REQUIRE(guest_await(&flag, 1));
    CHECK_EQ(seen_rtp.type, FREEBSD_RTP_PRIO_REALTIME);
    CHECK_EQ(seen_rtp.prio, 7);
    rtp.type = FREEBSD_RTP_PRIO_FIFO;
    CHECK_OK(start_with(&rtp));
    REQUIRE(guest_await(&flag, 1));
    CHECK_EQ(seen_rtp.type, FREEBSD_RTP_PRIO_FIFO);
}

static void without_privilege(void *unused)
{
    struct freebsd_rtprio rtp = {FREEBSD_RTP_PRIO_REALTIME, 7};

    (void)unused;
    CHECK_OK(SYS(setuid, 1000));
    flag = 0;
    CHECK_ERR(start_with(&rtp), FREEBSD_EPERM);
    guest_sleep_ms(20);
    CHECK_EQ(flag, 0); /* nothing of it has run */
}

TEST(new_with_priority_refused)
{
    if (SYS(geteuid) != 0)
        SKIP("needs a user that is not root");
    CHECK_EQ(guest_in_child(without_privilege, NULL), 0);
}

/* Wild pointers for the ids: EFAULT, and no thread; a wild thread pointer: EINVAL (cpu_set_user_tls) */
TEST(new_with_wild_pointers)
{
    struct freebsd_thr_param param = {0};
    int64_t tid = 0;

    flag = 0;
    param.start_func = look_at_priority;
    param.stack_base = guest_pages(65536);
    param.stack_size = 65536;
    param.child_tid = (int64_t *)0x10;
    CHECK_ERR(SYS(thr_new, &param, sizeof(param)), FREEBSD_EFAULT);
    param.child_tid = NULL;
    param.parent_tid = (int64_t *)0x10;
    CHECK_ERR(SYS(thr_new, &param, sizeof(param)), FREEBSD_EFAULT);
    param.parent_tid = &tid;
    param.tls_base = (char *)0xffff800000000000UL;
    CHECK_ERR(SYS(thr_new, &param, sizeof(param)), FREEBSD_EINVAL);
    CHECK_ERR(SYS(thr_new, 0x10, sizeof(param)), FREEBSD_EFAULT);
    CHECK_ERR(SYS(thr_new, &param, sizeof(param) + 1), FREEBSD_EINVAL);
    guest_sleep_ms(20);
    CHECK_EQ(flag, 0);
    param.tls_base = NULL;
    param.flags = FREEBSD_THR_SUSPENDED | FREEBSD_THR_SYSTEM_SCOPE; /* the kernel looks at none */
    param.child_tid = &tid;
    CHECK_OK(SYS(thr_new, &param, sizeof(param)));
    CHECK(guest_await(&flag, 1));
    CHECK(tid >= 100000);
}

static void start_nowhere(void *where)
{
    struct freebsd_thr_param param = {0};

    param.start_func = (void (*)(void *))where;
    param.stack_base = guest_pages(65536);
    param.stack_size = 65536;
    CHECK_OK(SYS(thr_new, &param, sizeof(param)));
    guest_sleep_ms(5000);
}

/* Nobody looks where a thread is to begin; it dies there, and the process with it */
TEST(new_at_wild_places)
{
    static const uint64_t places[] = {0x10, 0xdeadbeef00000000UL, 0xffffffff80000000UL, 0x800000000000UL};

    for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        int status = guest_in_child(start_nowhere, (void *)places[i]);

        CHECK(KILLED(status, FREEBSD_SIGSEGV) || KILLED(status, FREEBSD_SIGBUS));
    }
}

/* A parameter block that ends early: the rest is zero. */
TEST(new_with_short_parameters)
{
    struct freebsd_thr_param param = {0};

    flag = 0;
    param.start_func = look_at_priority;
    param.stack_base = guest_pages(65536);
    param.stack_size = 65536;
    param.rtp = (void *)0x10;
    param.child_tid = (int64_t *)0x10;
    CHECK_OK(SYS(thr_new, &param, offsetof(struct freebsd_thr_param, child_tid)));
    CHECK(guest_await(&flag, 1));
}

/* ---- thr_create ---- */

static volatile uint64_t seen[4];
static volatile uint32_t seen_mxcsr;

void begin_by_context(void);
__asm__("begin_by_context:\n\t"
        "movq %rdi, seen(%rip)\n\t"
        "movq %r15, seen+8(%rip)\n\t"
        "movq %xmm9, seen+16(%rip)\n\t"
        "rdfsbase %rax\n\t"
        "movq %rax, seen+24(%rip)\n\t"
        "stmxcsr seen_mxcsr(%rip)\n\t"
        "movl $1, flag(%rip)\n\t"
        "xorl %edi, %edi\n\t"
        "movl $431, %eax\n\t"
        "syscall\n\t"
        "ud2");

/* Rows: thr_create: sys/kern/kern_thr.c (sys_thr_create), set_mcontext() */
TEST(create_by_context)
{
    struct freebsd_ucontext uc;
    uint64_t xmm9 = 0x1122334455667788UL, place = 0;
    uint32_t mxcsr = 0x1f80 | 3 << 13;
    int64_t tid = 0;

    CHECK_ERR(SYS(thr_create, 0x10, &tid, 0), FREEBSD_EFAULT);
    CHECK_OK(SYS(getcontext, &uc));
    uc.mc.len--;
    CHECK_ERR(SYS(thr_create, &uc, &tid, 0), FREEBSD_EINVAL);
    uc.mc.len++;
    flag = 0;
    uc.mc.rip = (uint64_t)(uintptr_t)begin_by_context;
    uc.mc.rsp = (uint64_t)guest_pages(65536) + 65536 - 8;
    uc.mc.rdi = 0xabc;
    uc.mc.r15 = 0xdef;
    memcpy((char *)uc.mc.fpstate + 160 + 9 * 16, &xmm9, sizeof(xmm9)); /* the FXSAVE image (Intel SDM 1, 10.5.1) */
    memcpy((char *)uc.mc.fpstate + 24, &mxcsr, sizeof(mxcsr));
    uc.mc.fsbase = (uint64_t)&place;
    uc.mc.flags |= 0x2; /* _MC_HASBASES */
    CHECK_ERR(SYS(thr_create, &uc, 0x10, 0), FREEBSD_EFAULT);
    guest_sleep_ms(20);
    CHECK_EQ(flag, 0);
    CHECK_OK(SYS(thr_create, &uc, &tid, 0));
    REQUIRE(guest_await(&flag, 1));
    CHECK(tid >= 100000);
    CHECK_EQ(seen[0], 0xabc);
    CHECK_EQ(seen[1], 0xdef);
    CHECK_EQ(seen[2], xmm9);
    CHECK_EQ(seen[3], (uint64_t)&place);
    CHECK_EQ(seen_mxcsr, mxcsr);
}

static void create_nowhere(void *where)
{
    struct freebsd_ucontext uc;
    int64_t tid = 0;

    CHECK_OK(SYS(getcontext, &uc));
    uc.mc.rip = (uint64_t)where;
    uc.mc.rsp = 0xdeadbeef00000000UL;
    uc.mc.rflags = ~0UL;
    memset(uc.mc.fpstate, 0xff, sizeof(uc.mc.fpstate));
    CHECK_OK(SYS(thr_create, &uc, &tid, 0));
    guest_sleep_ms(5000);
}

TEST(create_with_wild_registers)
{
    static const uint64_t places[] = {0x10, 0xdeadbeef00000000UL, 0xffffffff80000000UL};

    for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        int status = guest_in_child(create_nowhere, (void *)places[i]);

        CHECK(KILLED(status, FREEBSD_SIGSEGV) || KILLED(status, FREEBSD_SIGBUS) || KILLED(status, FREEBSD_SIGTRAP));
    }
}

/* ---- thr_suspend, thr_wake ---- */

static void suspend(void *timeout)
{
    stage = 1;
    result = SYS(thr_suspend, timeout);
    stage = 2;
}

/* Rows: thr_suspend thr_wake: thr_suspend(2), thr_wake(2), sys/kern/kern_thr.c */
TEST(suspend_and_wake)
{
    struct guest_thread thread;
    struct freebsd_timespec ts = {0, 0};
    int64_t me = 0;

    CHECK_OK(SYS(thr_self, &me));
    CHECK_ERR(SYS(thr_suspend, &ts), FREEBSD_ETIMEDOUT);
    ts.nsec = 20000000;
    CHECK_ERR(SYS(thr_suspend, &ts), FREEBSD_ETIMEDOUT);
    ts.nsec = 1000000000;
    CHECK_ERR(SYS(thr_suspend, &ts), FREEBSD_EINVAL);
    ts = (struct freebsd_timespec){-1, 0};
    CHECK_ERR(SYS(thr_suspend, &ts), FREEBSD_EINVAL);
    CHECK_ERR(SYS(thr_suspend, 0x10), FREEBSD_EFAULT);
    CHECK_OK(SYS(thr_wake, me)); /* kept for the next wait */
    CHECK_OK(SYS(thr_suspend, 0));
    CHECK_ERR(SYS(thr_wake, 99), FREEBSD_ESRCH);
    stage = 0;
    REQUIRE(guest_thread_start(&thread, suspend, NULL) == 0);
    REQUIRE(guest_await(&stage, 1));
    guest_sleep_ms(30);
    CHECK_EQ(stage, 1);
    CHECK_OK(SYS(thr_wake, thread.tid));
    CHECK(guest_await(&stage, 2));
    CHECK_EQ(result, 0);
    guest_thread_join(&thread);
}

static void note(int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *context)
{
    (void)signo;
    (void)info;
    (void)context;
    flag = 1;
}

static void interrupt_suspended(struct guest_thread *thread, int flags, void *timeout)
{
    stage = flag = 0;
    CHECK_OK(guest_handle(FREEBSD_SIGUSR1, note, flags));
    REQUIRE(guest_thread_start(thread, suspend, timeout) == 0);
    REQUIRE(guest_await(&stage, 1));
    guest_await_asleep((int)SYS(getpid), thread->tid);
    CHECK_OK(SYS(thr_kill, thread->tid, FREEBSD_SIGUSR1));
    CHECK(guest_await(&flag, 1));
}

/* kern_thr_suspend(): a wait without end is restarted as the action says, one with an end never */
TEST(suspend_interrupted)
{
    struct guest_thread thread;
    struct freebsd_timespec ts = {20, 0};

    interrupt_suspended(&thread, 0, NULL);
    CHECK(guest_await(&stage, 2));
    CHECK_EQ(result, -FREEBSD_EINTR);
    guest_thread_join(&thread);
    interrupt_suspended(&thread, FREEBSD_SA_RESTART, &ts);
    CHECK(guest_await(&stage, 2));
    CHECK_EQ(result, -FREEBSD_EINTR);
    guest_thread_join(&thread);
    interrupt_suspended(&thread, FREEBSD_SA_RESTART, NULL);
    guest_sleep_ms(30);
    CHECK_EQ(stage, 1);
    CHECK_OK(SYS(thr_wake, thread.tid));
    CHECK(guest_await(&stage, 2));
    CHECK_EQ(result, 0);
    guest_thread_join(&thread);
}

/* Rows: thr_set_name thr_self: thr_set_name(2), thr_self(2) */
TEST(names_and_ids)
{
    int64_t me = 0;

    CHECK_ERR(SYS(thr_self, 0x10), FREEBSD_EFAULT);
    CHECK_OK(SYS(thr_self, &me));
    CHECK_OK(SYS(thr_set_name, me, "guest"));
    CHECK_OK(SYS(thr_set_name, me, "longer than the nineteen characters that are kept")); /* cut */
    CHECK_OK(SYS(thr_set_name, me, 0));
    CHECK_ERR(SYS(thr_set_name, me, 0x10), FREEBSD_EFAULT);
    CHECK_ERR(SYS(thr_set_name, 99, "guest"), FREEBSD_ESRCH);
    CHECK_ERR(SYS(thr_set_name, -1, "guest"), FREEBSD_ESRCH);
}

static volatile int64_t ended;

static void exit_with_word(void *unused)
{
    (void)unused;
    SYS(thr_exit, &ended);
}

/* Rows: thr_exit: thr_exit(2): the word becomes 1 and who waits on it is woken; a wild one is not looked at */
TEST(exit_tells)
{
    struct guest_thread thread;

    ended = 0;
    REQUIRE(guest_thread_start(&thread, exit_with_word, NULL) == 0);
    while (ended == 0)
        CHECK_OK(SYS(_umtx_op, &ended, FREEBSD_UMTX_OP_WAIT, 0, 0, 0));
    CHECK_EQ(ended, 1);
}

static void last_with_wild_word(void *unused)
{
    (void)unused;
    CHECK_EQ(SYS(thr_exit, 0x10), 0); /* the last thread returns, to end the process itself */
    guest_exit(guest_failed() ? 1 : 7);
}

TEST(exit_of_the_last)
{
    CHECK_EQ(guest_in_child(last_with_wild_word, NULL), 7 << 8);
}

/* ---- FreeBSD 5's locks ---- */

static volatile uint64_t old_lock;
static volatile uint32_t inside, total;

static uint64_t self(void)
{
    int64_t tid = 0;

    SYS(thr_self, &tid);
    return (uint64_t)tid;
}

static void contend(void *unused)
{
    uint64_t me = self();

    (void)unused;
    for (int i = 0; i < 300; i++) {
        uint64_t expected = 0;

        if (!__atomic_compare_exchange_n(&old_lock, &expected, me, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
            CHECK_OK(SYS(freebsd10__umtx_lock, &old_lock));
        if (__atomic_fetch_add(&inside, 1, __ATOMIC_SEQ_CST) != 0)
            guest_fail(__FILE__, __LINE__, "two threads inside");
        total = total + 1;
        if (i % 20 == 0)
            SYS(sched_yield);
        __atomic_fetch_sub(&inside, 1, __ATOMIC_SEQ_CST);
        expected = me;
        if (!__atomic_compare_exchange_n(&old_lock, &expected, 0, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
            CHECK_OK(SYS(freebsd10__umtx_unlock, &old_lock));
    }
}

/* Rows: freebsd10__umtx_lock freebsd10__umtx_unlock: sys/kern/kern_umtx.c (do_lock_umtx, do_unlock_umtx) */
TEST(locks_of_old)
{
    struct guest_thread threads[4];

    old_lock = 0;
    CHECK_OK(SYS(freebsd10__umtx_lock, &old_lock));
    CHECK_EQ(old_lock, self());
    CHECK_OK(SYS(freebsd10__umtx_unlock, &old_lock));
    CHECK_EQ(old_lock, 0);
    CHECK_ERR(SYS(freebsd10__umtx_unlock, &old_lock), FREEBSD_EPERM);
    old_lock = FREEBSD_UMTX_CONTESTED;
    CHECK_OK(SYS(freebsd10__umtx_lock, &old_lock));
    CHECK_EQ(old_lock, self() | FREEBSD_UMTX_CONTESTED); /* whoever waits must be told */
    CHECK_OK(SYS(freebsd10__umtx_unlock, &old_lock));
    CHECK_ERR(SYS(freebsd10__umtx_lock, 0x10), FREEBSD_EFAULT);
    CHECK_ERR(SYS(freebsd10__umtx_unlock, 0x10), FREEBSD_EFAULT);
    old_lock = 0;
    inside = total = 0;
    for (int i = 0; i < 4; i++)
        REQUIRE(guest_thread_start(&threads[i], contend, NULL) == 0);
    for (int i = 0; i < 4; i++)
        guest_thread_join(&threads[i]);
    CHECK_EQ(total, 1200);
    CHECK_EQ(old_lock & ~FREEBSD_UMTX_CONTESTED, 0);
}

static void lock_held(void *unused)
{
    (void)unused;
    stage = 1;
    result = SYS(freebsd10__umtx_lock, &old_lock);
    stage = 2;
}

TEST(locks_of_old_interrupted)
{
    struct guest_thread thread;

    old_lock = 0;
    stage = flag = 0;
    CHECK_OK(SYS(freebsd10__umtx_lock, &old_lock));
    CHECK_OK(guest_handle(FREEBSD_SIGUSR1, note, 0));
    REQUIRE(guest_thread_start(&thread, lock_held, NULL) == 0);
    REQUIRE(guest_await(&stage, 1));
    guest_await_asleep((int)SYS(getpid), thread.tid);
    CHECK_EQ(old_lock, self() | FREEBSD_UMTX_CONTESTED);
    CHECK_OK(SYS(thr_kill, thread.tid, FREEBSD_SIGUSR1));
    CHECK(guest_await(&stage, 2));
    CHECK_EQ(result, -FREEBSD_EINTR);
    guest_thread_join(&thread);
}

/* _umtx_op(2): no timed wait is shorter than the process's least; the default is none */
TEST(least_timeout)
{
    struct freebsd_timespec ts = {0, 1000000};
    uint64_t begin, least = 99, word = 0;

    CHECK_OK(SYS(_umtx_op, 0, FREEBSD_UMTX_OP_GET_MIN_TIMEOUT, 0, &least, 0));
    CHECK_EQ(least, 0);
    CHECK_ERR(SYS(_umtx_op, 0, FREEBSD_UMTX_OP_GET_MIN_TIMEOUT, 0, 0x10, 0), FREEBSD_EFAULT);
    CHECK_ERR(SYS(_umtx_op, 0, FREEBSD_UMTX_OP_SET_MIN_TIMEOUT, -1, 0, 0), FREEBSD_EINVAL);
    CHECK_OK(SYS(_umtx_op, 0, FREEBSD_UMTX_OP_SET_MIN_TIMEOUT, 60000000, 0, 0));
    CHECK_OK(SYS(_umtx_op, 0, FREEBSD_UMTX_OP_GET_MIN_TIMEOUT, 0, &least, 0));
    CHECK_EQ(least, 60000000);
    begin = guest_now();
    CHECK_ERR(SYS(_umtx_op, &word, FREEBSD_UMTX_OP_WAIT, 0, sizeof(ts), &ts), FREEBSD_ETIMEDOUT);
    CHECK(guest_now() - begin >= 60000000);
    CHECK_OK(SYS(_umtx_op, 0, FREEBSD_UMTX_OP_SET_MIN_TIMEOUT, 0, 0, 0));
}
