/*
 * Pending signals: of every number, to threads and processes, queued with their values. Sources: sigqueue(2),
 * sigwaitinfo(2), kill(2), thr_kill(2), pdfork(2), sys/kern/kern_sig.c (tdsendsignal(), sigqueue_add(), sigqueue_get(),
 * kern_sigqueue()), sys/kern/kern_thr.c.
 */
#include "guest.h"

enum { PENDING_MAX = 128 /* kern.sigqueue.max_pending_per_proc */, UNNAMED = 100, LOW = 40, REALTIME = 70 };

/* What handlers and waits have seen. */
static struct freebsd_siginfo seen[256];
static volatile uint32_t count;

static void note(int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *context)
{
    (void)signo;
    (void)context;
    seen[__atomic_fetch_add(&count, 1, __ATOMIC_SEQ_CST) % 256] = *info;
}

static int64_t self_pid(void)
{
    return SYS(getpid);
}

static int64_t handle_all_blocking(int signo)
{
    struct freebsd_sigaction action = {note, FREEBSD_SA_SIGINFO, {{~0U, ~0U, ~0U, ~0U}}};

    return SYS(sigaction, signo, &action, 0);
}

static struct freebsd_sigset set_of(int a, int b)
{
    struct freebsd_sigset set = {{0}};

    guest_set_add(&set, a);
    guest_set_add(&set, b);
    return set;
}

static bool is_pending(int signo)
{
    struct freebsd_sigset pending = {{0}};

    MUST(SYS(sigpending, &pending));
    return guest_set_has(&pending, signo);
}

/* Rows: sigpending: sigpending(2), sys/kern/kern_sig.c sys_sigpending() */
TEST(every_number_stays_pending)
{
    CHECK_ERR(SYS(sigpending, 8), FREEBSD_EFAULT);
    for (int signo = 1; signo <= 128; signo++) {
        if (signo == FREEBSD_SIGKILL || signo == FREEBSD_SIGSTOP || signo == FREEBSD_SIGSYS)
            continue;
        count = 0;
        CHECK_OK(guest_handle(signo, note, 0));
        CHECK_OK(guest_block(signo));
        CHECK(!is_pending(signo));
        CHECK_OK(SYS(kill, self_pid(), signo));
        if (count != 0 || !is_pending(signo))
            guest_fail(__FILE__, __LINE__, "signal %d is not pending", signo);
        CHECK_OK(guest_unblock(signo));
        if (count != 1 || seen[0].signo != signo || seen[0].code != FREEBSD_SI_USER || seen[0].pid != self_pid() ||
            is_pending(signo))
            guest_fail(__FILE__, __LINE__, "signal %d: %d deliveries, signal %d, code 0x%x", signo, (int)count,
                       seen[0].signo, (unsigned)seen[0].code);
        CHECK_OK(guest_default(signo));
    }
}

static void queued_in_order(int signo, int64_t pid_of_sender)
{
    enum { TIMES = 6 };

    if (count != TIMES)
        guest_fail(__FILE__, __LINE__, "signal %d: %d of %d came", signo, (int)count, TIMES);
    for (int i = 0; i < TIMES; i++)
        if ((int)seen[i].value != 1000 * signo + i || seen[i].code != FREEBSD_SI_QUEUE ||
            seen[i].pid != pid_of_sender || seen[i].signo != signo)
            guest_fail(__FILE__, __LINE__, "signal %d, number %d: value %ld, code 0x%x", signo, i, (long)seen[i].value,
                       (unsigned)seen[i].code);
}

static const int queued_numbers[] = {FREEBSD_SIGUSR1,
                                     FREEBSD_SIGTERM,
                                     FREEBSD_SIGALRM,
                                     FREEBSD_SIGINFO,
                                     7,
                                     34,
                                     LOW,
                                     64,
                                     FREEBSD_SIGRTMIN,
                                     91,
                                     92,
                                     UNNAMED,
                                     126,
                                     128};
#define QUEUED_NUMBERS (sizeof(queued_numbers) / sizeof(queued_numbers[0]))

/* Rows: sigqueue: sigqueue(2), sys/kern/kern_sig.c kern_sigqueue(), sigqueue_add() */
TEST(values_queue_whatever_the_number)
{
    for (size_t i = 0; i < QUEUED_NUMBERS; i++) {
        int signo = queued_numbers[i];

        count = 0;
        CHECK_OK(handle_all_blocking(signo));
        CHECK_OK(guest_block(signo));
        for (int n = 0; n < 6; n++)
            CHECK_OK(SYS(sigqueue, self_pid(), signo, 1000 * signo + n));
        CHECK_EQ(count, 0);
        CHECK_OK(guest_unblock(signo));
        queued_in_order(signo, self_pid());
        CHECK_OK(guest_default(signo));
    }
}

/* Sent to a process that blocks them, by another */
TEST(values_queue_from_another_process)
{
    int64_t parent = self_pid();

    for (size_t i = 0; i < QUEUED_NUMBERS; i++) {
        int signo = queued_numbers[i], child;

        count = 0;
        CHECK_OK(handle_all_blocking(signo));
        CHECK_OK(guest_block(signo));
        child = guest_fork();
        if (child == 0) {
            for (int n = 0; n < 6; n++)
                if (SYS(sigqueue, parent, signo, 1000 * signo + n) != 0)
                    guest_exit(1);
            guest_exit(0);
        }
        CHECK(EXITED(guest_wait(child), 0));
        CHECK(is_pending(signo));
        CHECK_OK(guest_unblock(signo));
        queued_in_order(signo, child);
        CHECK_OK(guest_default(signo));
    }
}

TEST(sigqueue_errors)
{
    CHECK_ERR(SYS(sigqueue, self_pid(), 129, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(sigqueue, self_pid(), -1, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(sigqueue, 0, UNNAMED, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(sigqueue, -5, FREEBSD_SIGUSR1, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(sigqueue, 999999, UNNAMED, 0), FREEBSD_ESRCH);
    CHECK_ERR(SYS(sigqueue, 999999, 0, 0), FREEBSD_ESRCH);
    CHECK_OK(SYS(sigqueue, self_pid(), 0, 0));
}

/* __SIGQUEUE_TID of 15: the id is of a thread of the process */
TEST(sigqueue_to_a_thread)
{
    int64_t self = 0;

    count = 0;
    MUST(SYS(thr_self, &self));
    CHECK_OK(guest_handle(UNNAMED, note, 0));
    CHECK_OK(guest_block(UNNAMED));
    CHECK_OK(SYS(sigqueue, self, UNNAMED | 0x80000000U, 77));
    CHECK_ERR(SYS(sigqueue, 999999, UNNAMED | 0x80000000U, 77), FREEBSD_ESRCH);
    CHECK_ERR(SYS(sigqueue, self_pid(), UNNAMED | 0x80000000U, 77), FREEBSD_ESRCH);
    CHECK_OK(guest_unblock(UNNAMED));
    CHECK_EQ(count, 1);
    CHECK_EQ(seen[0].value, 77);
    guest_default(UNNAMED);
}

/* So many may be pending; then sigqueue(2) is refused, while kill(2) is merged and loses what it would have told */
TEST(limit_of_pending_signals)
{
    struct freebsd_sigset set = set_of(UNNAMED, UNNAMED);
    struct freebsd_timespec none = {0, 0};
    struct freebsd_siginfo info;
    int got = 0;

    CHECK_OK(guest_block(UNNAMED));
    CHECK_OK(guest_block(UNNAMED + 1));
    for (int i = 0; i < PENDING_MAX; i++)
        CHECK_OK(SYS(sigqueue, self_pid(), UNNAMED, i));
    CHECK_ERR(SYS(sigqueue, self_pid(), UNNAMED, 0), FREEBSD_EAGAIN);
    CHECK_OK(SYS(kill, self_pid(), UNNAMED + 1));
    CHECK_OK(SYS(kill, self_pid(), UNNAMED + 1));
    CHECK(is_pending(UNNAMED + 1));
    while (SYS(sigtimedwait, &set, &info, &none) == UNNAMED) {
        CHECK_EQ(info.value, got);
        got++;
    }
    CHECK_EQ(got, PENDING_MAX);
    set = set_of(UNNAMED + 1, UNNAMED + 1);
    CHECK_EQ(SYS(sigtimedwait, &set, &info, &none), UNNAMED + 1);
    CHECK_EQ(info.pid, 0);
    CHECK_ERR(SYS(sigtimedwait, &set, &info, &none), FREEBSD_EAGAIN);
    CHECK_OK(SYS(sigqueue, self_pid(), UNNAMED, 1));
    set = set_of(UNNAMED, UNNAMED);
    CHECK_EQ(SYS(sigtimedwait, &set, &info, &none), UNNAMED);
    CHECK_OK(guest_unblock(UNNAMED));
    CHECK_OK(guest_unblock(UNNAMED + 1));
}

static const int mixed[] = {UNNAMED, REALTIME, LOW, FREEBSD_SIGUSR1, 128, FREEBSD_SIGTERM, REALTIME + 1, 35};
static const int mixed_sorted[] = {FREEBSD_SIGTERM, FREEBSD_SIGUSR1, 35, LOW, REALTIME, REALTIME + 1, UNNAMED, 128};
#define MIXED (sizeof(mixed) / sizeof(mixed[0]))

static void send_mixed(int64_t pid)
{
    for (size_t i = 0; i < MIXED; i++)
        MUST(SYS(sigqueue, pid, mixed[i], mixed[i]));
}

static struct freebsd_sigset block_mixed(void)
{
    struct freebsd_sigset set = {{0}};

    for (size_t i = 0; i < MIXED; i++)
        guest_set_add(&set, mixed[i]);
    MUST(SYS(sigprocmask, FREEBSD_SIG_BLOCK, &set, 0));
    return set;
}

/* Rows: sigwaitinfo sigtimedwait: sigwaitinfo(2), sys/kern/kern_sig.c kern_sigtimedwait() */
TEST(waits_take_the_lowest_number)
{
    struct freebsd_sigset set = block_mixed();
    struct freebsd_timespec none = {0, 0};
    struct freebsd_siginfo info;

    send_mixed(self_pid());
    for (size_t i = 0; i < MIXED; i++) {
        CHECK_EQ(i % 2 != 0 ? SYS(sigtimedwait, &set, &info, &none) : SYS(sigwaitinfo, &set, &info), mixed_sorted[i]);
        CHECK_EQ(info.signo, mixed_sorted[i]);
        CHECK_EQ(info.value, mixed_sorted[i]);
        CHECK_EQ(info.code, FREEBSD_SI_QUEUE);
    }
    CHECK_ERR(SYS(sigtimedwait, &set, &info, &none), FREEBSD_EAGAIN);
    CHECK_ERR(SYS(sigtimedwait, 8, &info, &none), FREEBSD_EFAULT);
    CHECK_ERR(SYS(sigtimedwait, &set, &info, 8), FREEBSD_EFAULT);
    CHECK_ERR(SYS(sigwaitinfo, 8, &info), FREEBSD_EFAULT);
    none.nsec = -1;
    CHECK_ERR(SYS(sigtimedwait, &set, &info, &none), FREEBSD_EINVAL);
    MUST(SYS(kill, self_pid(), LOW));
    CHECK_EQ(SYS(sigtimedwait, &set, &info, &none), LOW); /* the timeout is looked at after what is pending */
    MUST(SYS(kill, self_pid(), LOW));
    CHECK_ERR(SYS(sigwaitinfo, &set, 8), FREEBSD_EFAULT);
    CHECK(!is_pending(LOW));
    MUST(SYS(sigprocmask, FREEBSD_SIG_UNBLOCK, &set, 0));
}

/* Handlers that block everything: the lowest number is handled first */
TEST(delivery_takes_the_lowest_number)
{
    struct freebsd_sigset set = block_mixed();
    int parent = (int)self_pid(), child;

    count = 0;
    for (size_t i = 0; i < MIXED; i++)
        CHECK_OK(handle_all_blocking(mixed[i]));
    child = guest_fork();
    if (child == 0) {
        send_mixed(parent);
        guest_exit(guest_failed());
    }
    CHECK(EXITED(guest_wait(child), 0));
    MUST(SYS(sigprocmask, FREEBSD_SIG_UNBLOCK, &set, 0));
    CHECK_EQ(count, MIXED);
    for (size_t i = 0; i < MIXED; i++)
        if (seen[i].signo != mixed_sorted[i])
            guest_fail(__FILE__, __LINE__, "number %d was %d, not %d", (int)i, seen[i].signo, mixed_sorted[i]);
    for (size_t i = 0; i < MIXED; i++)
        guest_default(mixed[i]);
}

/* Rows: sigwait: sigwait(2), sys/kern/kern_sig.c sys_sigwait() */
TEST(faults_that_are_sent_can_be_waited_for)
{
    static const int faults[] = {FREEBSD_SIGSEGV, FREEBSD_SIGBUS, FREEBSD_SIGFPE, FREEBSD_SIGILL, FREEBSD_SIGTRAP};
    struct freebsd_siginfo info;
    int32_t signo = 0;

    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        struct freebsd_sigset set = set_of(faults[i], UNNAMED);
        int64_t parent = self_pid();
        int child;

        CHECK_OK(guest_block(faults[i]));
        CHECK_OK(SYS(kill, parent, faults[i]));
        CHECK_OK(SYS(sigqueue, parent, faults[i], 5));
        CHECK(is_pending(faults[i]));
        CHECK_EQ(SYS(sigwait, &set, &signo), 0);
        CHECK_EQ(signo, faults[i]);
        CHECK_EQ(SYS(sigwaitinfo, &set, &info), faults[i]);
        CHECK_EQ(info.value, 5);
        CHECK(!is_pending(faults[i]));
        child = guest_fork();
        if (child == 0) {
            guest_sleep_ms(20);
            SYS(kill, parent, faults[i]);
            guest_exit(0);
        }
        CHECK_EQ(SYS(sigwaitinfo, &set, &info), faults[i]);
        CHECK_EQ(info.pid, child);
        CHECK(EXITED(guest_wait(child), 0));
        CHECK_OK(guest_unblock(faults[i]));
    }
    CHECK_EQ(SYS(sigwait, 8, &signo), FREEBSD_EFAULT); /* the error is the result, not the carry flag's */
}

/* A fork's child begins with nothing pending (fork(2)); the parent keeps what it has */
TEST(fork_leaves_pending_signals)
{
    int child;

    count = 0;
    CHECK_OK(guest_handle(UNNAMED, note, 0));
    CHECK_OK(guest_block(UNNAMED));
    CHECK_OK(SYS(sigqueue, self_pid(), UNNAMED, 1));
    child = guest_fork();
    if (child == 0) {
        CHECK(!is_pending(UNNAMED));
        CHECK_OK(guest_unblock(UNNAMED));
        CHECK_EQ(count, 0);
        guest_exit(guest_failed());
    }
    CHECK(EXITED(guest_wait(child), 0));
    CHECK(is_pending(UNNAMED));
    CHECK_OK(guest_unblock(UNNAMED));
    CHECK_EQ(count, 1);
    guest_default(UNNAMED);
}

int guest_child(int argc, char **argv)
{
    struct freebsd_sigset set = set_of(UNNAMED, FREEBSD_SIGUSR1);
    struct freebsd_timespec none = {0, 0};
    struct freebsd_siginfo info;

    (void)argc;
    (void)argv;
    for (int i = 0; i < 3; i++)
        if (SYS(sigtimedwait, &set, &info, &none) != FREEBSD_SIGUSR1 || (int)info.value != i)
            return 1 + i;
    if (SYS(sigtimedwait, &set, &info, &none) != UNNAMED || info.value != 9)
        return 9;
    return SYS(sigtimedwait, &set, &info, &none) == -FREEBSD_EAGAIN ? 0 : 10;
}

/* What is pending stays through exec (execve(2)) */
TEST(exec_keeps_pending_signals)
{
    char name[] = "queue", option[] = "--pending";
    char *argv[] = {name, option, NULL};
    int child = guest_fork();

    if (child == 0) {
        guest_block(UNNAMED);
        guest_block(FREEBSD_SIGUSR1);
        for (int i = 0; i < 3; i++)
            SYS(sigqueue, self_pid(), FREEBSD_SIGUSR1, i);
        SYS(sigqueue, self_pid(), UNNAMED, 9);
        SYS(execve, guest_self, argv, guest_envp);
        guest_exit(20);
    }
    CHECK_EQ(guest_wait(child), 0);
}

/* Ignoring drops what is pending, and what comes later, blocked or not (sigaction(2)) */
TEST(ignoring_discards)
{
    count = 0;
    CHECK_OK(guest_handle(UNNAMED, note, 0));
    CHECK_OK(guest_block(UNNAMED));
    CHECK_OK(SYS(sigqueue, self_pid(), UNNAMED, 1));
    CHECK_OK(guest_ignore(UNNAMED));
    CHECK(!is_pending(UNNAMED));
    CHECK_OK(SYS(sigqueue, self_pid(), UNNAMED, 2));
    CHECK(!is_pending(UNNAMED));
    CHECK_OK(guest_handle(UNNAMED, note, 0));
    CHECK_OK(guest_unblock(UNNAMED));
    CHECK_EQ(count, 0);
    guest_default(UNNAMED);
}
