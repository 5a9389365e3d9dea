/*
 * Who gets a signal: threads, processes, groups. Sources: kill(2), thr_kill(2), pdfork(2), sys/kern/kern_sig.c
 * (kern_kill(), killpg1(), sigtd()), sys/kern/kern_thr.c, sys/kern/sys_procdesc.c.
 */
#include "guest.h"

enum { UNNAMED = 100, OTHER = 110, LOW = 40 };

static volatile uint32_t count, ready, stop, handled[129];
static volatile int64_t handler_tid;
static struct freebsd_siginfo last;

static void note(int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *context)
{
    int64_t self = 0;

    (void)context;
    SYS(thr_self, &self);
    handler_tid = self;
    last = *info;
    __atomic_fetch_add(&handled[signo], 1, __ATOMIC_SEQ_CST);
    __atomic_fetch_add(&count, 1, __ATOMIC_SEQ_CST);
}

static int64_t self_pid(void)
{
    return SYS(getpid);
}

static const int numbers[] = {FREEBSD_SIGUSR1, FREEBSD_SIGEMT, 34, LOW, 64, FREEBSD_SIGRTMIN, 91, 92, UNNAMED, 128};
#define NUMBERS (sizeof(numbers) / sizeof(numbers[0]))

static void spin_until_stop(void *argument)
{
    (void)argument;
    ready = 1;
    while (!stop)
        SYS(getpid);
}

static void sleep_until_stop(void *argument)
{
    struct freebsd_timespec long_time = {20, 0};

    (void)argument;
    ready = 1;
    while (!stop)
        SYS(nanosleep, &long_time, 0);
}

static void to_a_thread(void (*function)(void *))
{
    struct guest_thread thread;

    ready = stop = 0;
    REQUIRE(guest_thread_start(&thread, function, NULL) == 0);
    CHECK(guest_await(&ready, 1));
    for (size_t i = 0; i < NUMBERS; i++) {
        count = 0;
        CHECK_OK(guest_handle(numbers[i], note, 0));
        CHECK_OK(SYS(thr_kill, thread.tid, numbers[i]));
        CHECK(guest_await(&count, 1));
        CHECK_EQ(handler_tid, thread.tid);
        CHECK_EQ(last.signo, numbers[i]);
        CHECK_EQ(last.code, FREEBSD_SI_LWP);
        CHECK_EQ(last.pid, self_pid());
        CHECK_OK(SYS(thr_kill2, self_pid(), thread.tid, numbers[i]));
        CHECK(guest_await(&count, 2));
    }
    stop = 1;
    SYS(thr_kill, thread.tid, UNNAMED);
    guest_thread_join(&thread);
    for (size_t i = 0; i < NUMBERS; i++)
        guest_default(numbers[i]);
}

/* Rows: thr_kill thr_kill2: thr_kill(2), sys/kern/kern_thr.c sys_thr_kill(), sys_thr_kill2() */
TEST(thr_kill_every_sort)
{
    to_a_thread(spin_until_stop);
    to_a_thread(sleep_until_stop);
}

/* Threads that were joined may be a moment in leaving; a signal to them does nothing any more. */
static bool nobody_else(void)
{
    int64_t r = 0;

    for (unsigned i = 0; i < 5000 && (r = SYS(thr_kill, -1, 0)) != -FREEBSD_ESRCH; i++)
        guest_sleep_ms(1);
    return r == -FREEBSD_ESRCH && SYS(thr_kill, -1, UNNAMED) == -FREEBSD_ESRCH;
}

TEST(thr_kill_errors)
{
    int64_t self = 0;

    MUST(SYS(thr_self, &self));
    CHECK_OK(SYS(thr_kill, self, 0));
    CHECK_ERR(SYS(thr_kill, self, 129), FREEBSD_EINVAL);
    CHECK_ERR(SYS(thr_kill, self, -1), FREEBSD_EINVAL);
    CHECK_ERR(SYS(thr_kill, 5, UNNAMED), FREEBSD_ESRCH);
    CHECK_ERR(SYS(thr_kill, 5, 129), FREEBSD_ESRCH);
    CHECK_ERR(SYS(thr_kill, -1, 129), FREEBSD_EINVAL);
    CHECK(nobody_else());
    CHECK_ERR(SYS(thr_kill2, 999999, self, UNNAMED), FREEBSD_ESRCH);
    CHECK_ERR(SYS(thr_kill2, 999999, -1, UNNAMED), FREEBSD_ESRCH);
    CHECK_ERR(SYS(thr_kill2, self_pid(), -1, 129), FREEBSD_EINVAL);
    CHECK_ERR(SYS(thr_kill2, -1, self, FREEBSD_SIGUSR1), FREEBSD_ESRCH);
}

/* Id -1: every other thread, of this process or of another */
TEST(thr_kill_all)
{
    enum { THREADS = 3 };
    struct guest_thread threads[THREADS];
    volatile uint32_t *shared = guest_shared_pages(4096);
    int child;

    count = ready = stop = 0;
    CHECK_OK(guest_handle(UNNAMED, note, 0));
    for (int i = 0; i < THREADS; i++)
        REQUIRE(guest_thread_start(&threads[i], spin_until_stop, NULL) == 0);
    CHECK_OK(SYS(thr_kill, -1, UNNAMED));
    CHECK(guest_await(&count, THREADS));
    CHECK_OK(SYS(thr_kill2, self_pid(), -1, UNNAMED));
    CHECK(guest_await(&count, 2 * THREADS));
    stop = 1;
    for (int i = 0; i < THREADS; i++)
        guest_thread_join(&threads[i]);
    child = guest_fork();
    if (child == 0) {
        count = stop = 0;
        for (int i = 0; i < THREADS; i++)
            if (guest_thread_start(&threads[i], spin_until_stop, NULL) != 0)
                guest_exit(1);
        *shared = 1;
        guest_exit(guest_await(&count, THREADS + 1) ? 7 : 8);
    }
    CHECK(guest_await(shared, 1));
    CHECK_OK(SYS(thr_kill2, child, -1, UNNAMED));
    CHECK(EXITED(guest_wait(child), 7));
    guest_default(UNNAMED);
}

/* A signal to the process goes to a thread that lets it through, now or later (sigtd()) */
static void blocks_it_all(void *argument)
{
    guest_block(*(int *)argument);
    ready = 1;
    while (!stop)
        SYS(sched_yield);
    guest_unblock(*(int *)argument);
}

TEST(goes_to_a_thread_that_does_not_block)
{
    for (size_t i = 0; i < NUMBERS; i++) {
        struct guest_thread thread;
        int signo = numbers[i];
        int64_t self = 0;

        count = ready = stop = 0;
        MUST(SYS(thr_self, &self));
        CHECK_OK(guest_handle(signo, note, 0));
        REQUIRE(guest_thread_start(&thread, blocks_it_all, &signo) == 0);
        CHECK(guest_await(&ready, 1));
        CHECK_OK(SYS(kill, self_pid(), signo));
        CHECK_EQ(count, 1);
        CHECK_EQ(handler_tid, self);
        CHECK_OK(guest_block(signo));
        CHECK_OK(SYS(sigqueue, self_pid(), signo, 1));
        CHECK_EQ(count, 1);
        stop = 1; /* now the other lets it through */
        CHECK(guest_await(&count, 2));
        CHECK_EQ(handler_tid, thread.tid);
        guest_thread_join(&thread);
        CHECK_OK(guest_unblock(signo));
        guest_default(signo);
    }
}

/* Many threads wait for the same set: each signal is taken once, and none is left */
struct taking {
    volatile uint32_t taken, wrong;
};
static struct taking taking;

static struct freebsd_sigset taken_set(void)
{
    struct freebsd_sigset set = {{0}};

    guest_set_add(&set, FREEBSD_SIGUSR1);
    guest_set_add(&set, UNNAMED);
    guest_set_add(&set, OTHER);
    guest_set_add(&set, 80);
    return set;
}

static void take_some(void *argument)
{
    struct freebsd_sigset set = taken_set();
    struct freebsd_timespec patience = {0, 5000000};
    struct freebsd_siginfo info;

    (void)argument;
    while (!stop) {
        int64_t r = SYS(sigtimedwait, &set, &info, &patience);

        if (r > 0)
            __atomic_fetch_add(&taking.taken, 1, __ATOMIC_SEQ_CST);
        else if (r != -FREEBSD_EAGAIN)
            __atomic_fetch_add(&taking.wrong, 1, __ATOMIC_SEQ_CST);
    }
}

TEST(waiting_threads_share_what_comes)
{
    enum { THREADS = 4, TIMES = 200 };
    static const int sent[] = {UNNAMED, 80, OTHER, UNNAMED};
    struct guest_thread threads[THREADS];
    struct freebsd_sigset set = taken_set(), old;

    memset(&taking, 0, sizeof(taking));
    stop = 0;
    MUST(SYS(sigprocmask, FREEBSD_SIG_BLOCK, &set, &old));
    for (int i = 0; i < THREADS; i++)
        REQUIRE(guest_thread_start(&threads[i], take_some, NULL) == 0);
    for (uint32_t i = 0; i < TIMES; i++) {
        for (size_t n = 0; n < sizeof(sent) / sizeof(sent[0]); n++)
            MUST(SYS(sigqueue, self_pid(), sent[n], i));
        CHECK_OK(SYS(sigqueue, self_pid(), FREEBSD_SIGUSR1, i));
        if (!guest_await(&taking.taken, (i + 1) * 5)) {
            guest_fail(__FILE__, __LINE__, "%u of %u were taken", taking.taken, (i + 1) * 5);
            break;
        }
    }
    stop = 1;
    for (int i = 0; i < THREADS; i++)
        guest_thread_join(&threads[i]);
    CHECK_EQ(taking.wrong, 0);
    MUST(SYS(sigprocmask, FREEBSD_SIG_SETMASK, &old, 0));
}

/* Everybody sends everything to everybody, while masks change: all of it is handled */
enum { STORMERS = 4, ROUNDS = 150, KINDS = 4, PENDING = 60 };
static const int kinds[KINDS] = {LOW, 75, UNNAMED, 128};
static struct guest_thread stormers[STORMERS];
static volatile uint32_t sent_count;

static void storm(void *argument)
{
    struct freebsd_sigset set = {{0}};
    int me = (int)(int64_t)argument;

    for (int i = 0; i < KINDS; i++)
        guest_set_add(&set, kinds[i]);
    while (!ready)
        SYS(sched_yield);
    for (int i = 0; i < ROUNDS; i++) {
        while ((int32_t)(sent_count - count) > PENDING) { /* beyond 128 in all those of thr_kill would merge */
            SYS(sigprocmask, FREEBSD_SIG_UNBLOCK, &set, 0);
            SYS(sched_yield);
        }
        if (i % 3 == 0)
            SYS(sigprocmask, FREEBSD_SIG_BLOCK, &set, 0);
        if (SYS(thr_kill, stormers[(me + i) % STORMERS].tid, kinds[i % KINDS]) == 0)
            __atomic_fetch_add(&sent_count, 1, __ATOMIC_SEQ_CST);
        for (;;) {
            int64_t r = SYS(sigqueue, self_pid(), kinds[(i + 1) % KINDS], i);

            if (r == 0)
                __atomic_fetch_add(&sent_count, 1, __ATOMIC_SEQ_CST);
            if (r != -FREEBSD_EAGAIN)
                break;
            SYS(sigprocmask, FREEBSD_SIG_UNBLOCK, &set, 0);
        }
        if (i % 3 == 2)
            SYS(sigprocmask, FREEBSD_SIG_UNBLOCK, &set, 0);
    }
    SYS(sigprocmask, FREEBSD_SIG_UNBLOCK, &set, 0);
    while (!stop)
        SYS(sched_yield);
}

TEST(storm_between_threads)
{
    uint64_t patience;

    count = ready = stop = sent_count = 0;
    for (int i = 0; i < KINDS; i++)
        CHECK_OK(guest_handle(kinds[i], note, 0));
    for (int i = 0; i < STORMERS; i++)
        REQUIRE(guest_thread_start(&stormers[i], storm, (void *)(int64_t)i) == 0);
    ready = 1;
    patience = guest_now() + 30000000000U;
    while ((sent_count < 2 * STORMERS * ROUNDS || count < sent_count) && guest_now() < patience)
        SYS(sched_yield);
    CHECK_EQ(sent_count, 2 * STORMERS * ROUNDS);
    CHECK_EQ(count, sent_count);
    stop = 1;
    for (int i = 0; i < STORMERS; i++)
        guest_thread_join(&stormers[i]);
    for (int i = 0; i < KINDS; i++)
        guest_default(kinds[i]);
}

static int wait_for_one(int signo)
{
    struct freebsd_sigset set = {{0}};
    struct freebsd_timespec patience = {20, 0};
    struct freebsd_siginfo info;

    guest_set_add(&set, signo);
    return SYS(sigtimedwait, &set, &info, &patience) == signo ? 0 : 1;
}

/* Rows: kill: kill(2), sys/kern/kern_sig.c kern_kill(), killpg1() */
TEST(kill_reaches_groups)
{
    for (size_t i = 0; i < NUMBERS; i++) {
        int signo = numbers[i], leader, member, outsider;

        CHECK_OK(guest_block(signo));
        leader = guest_fork();
        if (leader == 0) {
            SYS(setpgid, 0, 0);
            guest_exit(wait_for_one(signo));
        }
        SYS(setpgid, leader, leader);
        member = guest_fork();
        if (member == 0) {
            SYS(setpgid, 0, leader);
            guest_exit(wait_for_one(signo));
        }
        SYS(setpgid, member, leader);
        outsider = guest_fork();
        if (outsider == 0)
            guest_exit(wait_for_one(signo));
        CHECK_OK(SYS(kill, -leader, 0));
        CHECK_OK(SYS(kill, -leader, signo));
        CHECK(EXITED(guest_wait(leader), 0));
        CHECK(EXITED(guest_wait(member), 0));
        CHECK_EQ(SYS(wait4, outsider, 0, FREEBSD_WNOHANG, 0), 0);
        CHECK_OK(SYS(kill, outsider, signo));
        CHECK(EXITED(guest_wait(outsider), 0));
        CHECK_ERR(SYS(kill, -leader, signo), FREEBSD_ESRCH);
        CHECK_OK(guest_unblock(signo));
    }
}

static void group_of_its_own(void *argument)
{
    static struct freebsd_sigset set;
    int signo = *(int *)argument, child;

    (void)set;
    CHECK_OK(SYS(setpgid, 0, 0));
    CHECK_OK(guest_block(signo));
    child = guest_fork();
    if (child == 0)
        guest_exit(wait_for_one(signo));
    CHECK_OK(SYS(kill, 0, signo));
    CHECK(EXITED(guest_wait(child), 0));
    CHECK_EQ(wait_for_one(signo), 0);
}

TEST(kill_reaches_the_own_group)
{
    for (size_t i = 0; i < NUMBERS; i++) {
        int signo = numbers[i];

        CHECK(EXITED(guest_in_child(group_of_its_own, &signo), 0));
    }
}

TEST(kill_errors)
{
    int child = guest_fork();

    if (child == 0)
        guest_exit(0);
    CHECK_ERR(SYS(kill, self_pid(), 129), FREEBSD_EINVAL);
    CHECK_ERR(SYS(kill, 999999, UNNAMED), FREEBSD_ESRCH);
    CHECK_ERR(SYS(kill, -999999, UNNAMED), FREEBSD_ESRCH);
    CHECK_ERR(SYS(kill, INT32_MIN, UNNAMED), FREEBSD_ESRCH);
    CHECK_EQ(SYS(wait6, FREEBSD_P_PID, child, 0, FREEBSD_WEXITED | FREEBSD_WNOWAIT, 0, 0), child);
    CHECK_OK(SYS(kill, child, UNNAMED)); /* it has ended, and waits to be waited for: no error */
    CHECK(EXITED(guest_wait(child), 0));
    if (SYS(geteuid) != 0)
        CHECK_ERR(SYS(kill, 1, UNNAMED), FREEBSD_EPERM);
}

/* Rows: pdkill: pdfork(2), sys/kern/sys_procdesc.c sys_pdkill() */
TEST(pdkill_every_sort)
{
    for (size_t i = 0; i < NUMBERS; i++) {
        int32_t fd = -1;
        int signo = numbers[i];
        int64_t child;

        CHECK_OK(guest_block(signo));
        child = SYS(pdfork, &fd, 0);
        if (child == 0)
            guest_exit(wait_for_one(signo));
        REQUIRE(child > 0);
        CHECK_OK(SYS(pdkill, fd, 0));
        CHECK_ERR(SYS(pdkill, fd, 129), FREEBSD_EINVAL);
        CHECK_OK(SYS(pdkill, fd, signo));
        CHECK(EXITED(guest_wait((int)child), 0));
        CHECK_OK(SYS(close, fd));
        CHECK_OK(guest_unblock(signo));
    }
    CHECK_ERR(SYS(pdkill, 999, UNNAMED), FREEBSD_EBADF);
    CHECK_ERR(SYS(pdkill, 0, UNNAMED), FREEBSD_EINVAL);
}
