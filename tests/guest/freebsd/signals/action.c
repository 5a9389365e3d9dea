/*
 * sigaction(2): flags, masks, what a handler is told, where it runs, what it may change. Sources: sigaction(2),
 * sys/kern/kern_sig.c, sys/amd64/amd64/exec_machdep.c sendsig.
 */
#include "guest.h"

static volatile int count;
static volatile int last_signo;
static struct freebsd_siginfo last_info;
static struct freebsd_sigset mask_inside;
static volatile uint64_t stack_inside;

static void note(int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *context)
{
    char here;

    (void)context;
    count++;
    last_signo = signo;
    last_info = *info;
    stack_inside = (uint64_t)&here;
    SYS(sigprocmask, FREEBSD_SIG_BLOCK, 0, &mask_inside);
}

static int64_t send_self(int signo)
{
    return SYS(kill, SYS(getpid), signo);
}

static void reset(void)
{
    count = 0;
    last_signo = 0;
    memset(&last_info, 0, sizeof(last_info));
}

/* kill(2): a signal to oneself is delivered before the call returns */
TEST(handler_runs)
{
    reset();
    CHECK_OK(guest_handle(FREEBSD_SIGUSR1, note, 0));
    CHECK_OK(send_self(FREEBSD_SIGUSR1));
    CHECK_EQ(count, 1);
    CHECK_EQ(last_signo, FREEBSD_SIGUSR1);
    CHECK_EQ(last_info.signo, FREEBSD_SIGUSR1);
    CHECK_EQ(last_info.code, FREEBSD_SI_USER);
    CHECK_EQ(last_info.pid, SYS(getpid));
    CHECK_EQ(last_info.uid, SYS(getuid));
}

static void deliver_each(int from, int to)
{
    for (int signo = from; signo <= to; signo++) {
        int64_t sent;

        if (signo == FREEBSD_SIGKILL || signo == FREEBSD_SIGSTOP)
            continue;
        reset();
        CHECK_OK(guest_handle(signo, note, 0));
        sent = send_self(signo);
        if (sent != 0 || count != 1 || last_signo != signo)
            guest_fail(__FILE__, __LINE__, "signal %d: kill gives %ld, %d handler runs, of signal %d", signo,
                       (long)sent, count, last_signo);
        CHECK_OK(guest_default(signo));
    }
}

/* Every number below the real-time ones, whether the host has it or not */
TEST(every_named_signal)
{
    deliver_each(1, 33);
}

TEST(first_realtime_signals)
{
    deliver_each(FREEBSD_SIGRTMIN, 91);
}

/* sys/sys/_sigset.h: 128 signals, of which a program may use any */
TEST(every_other_number)
{
    deliver_each(34, 64);
    deliver_each(92, 128);
}

TEST(invalid_numbers)
{
    struct freebsd_sigaction action = {note, 0, {{0}}};

    CHECK_ERR(SYS(sigaction, 0, &action, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(sigaction, 129, &action, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(sigaction, FREEBSD_SIGKILL, &action, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(sigaction, FREEBSD_SIGSTOP, &action, 0), FREEBSD_EINVAL);
    CHECK_ERR(send_self(129), FREEBSD_EINVAL);
    CHECK_ERR(send_self(-1), FREEBSD_EINVAL);
    CHECK_OK(send_self(0));
}

TEST(old_action_comes_back)
{
    struct freebsd_sigaction set = {note, FREEBSD_SA_RESTART | FREEBSD_SA_SIGINFO, {{0}}};
    struct freebsd_sigaction old;

    guest_set_add(&set.mask, FREEBSD_SIGUSR2);
    guest_set_add(&set.mask, 100);
    CHECK_OK(SYS(sigaction, FREEBSD_SIGUSR1, &set, 0));
    memset(&old, 0x55, sizeof(old));
    CHECK_OK(SYS(sigaction, FREEBSD_SIGUSR1, 0, &old));
    CHECK(old.handler == note);
    CHECK_EQ(old.flags, FREEBSD_SA_RESTART | FREEBSD_SA_SIGINFO);
    CHECK(guest_set_has(&old.mask, FREEBSD_SIGUSR2) && guest_set_has(&old.mask, 100));
    CHECK_OK(guest_default(FREEBSD_SIGUSR1));
    CHECK_OK(SYS(sigaction, FREEBSD_SIGUSR1, 0, &old));
    CHECK(old.handler == FREEBSD_SIG_DFL);
}

/* The signal itself and sa_mask are blocked inside; afterwards the mask is as before */
TEST(mask_inside_handler)
{
    struct freebsd_sigaction set = {note, FREEBSD_SA_SIGINFO, {{0}}};
    struct freebsd_sigset after;

    guest_set_add(&set.mask, FREEBSD_SIGUSR2);
    guest_set_add(&set.mask, 77);
    CHECK_OK(SYS(sigaction, FREEBSD_SIGUSR1, &set, 0));
    CHECK_OK(send_self(FREEBSD_SIGUSR1));
    CHECK(guest_set_has(&mask_inside, FREEBSD_SIGUSR1));
    CHECK(guest_set_has(&mask_inside, FREEBSD_SIGUSR2));
    CHECK(guest_set_has(&mask_inside, 77));
    CHECK(!guest_set_has(&mask_inside, FREEBSD_SIGTERM));
    CHECK_OK(SYS(sigprocmask, FREEBSD_SIG_BLOCK, 0, &after));
    CHECK(!guest_set_has(&after, FREEBSD_SIGUSR1) && !guest_set_has(&after, 77));
}

static volatile int depth;
static volatile int deepest;

static void again(int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *context)
{
    (void)info;
    (void)context;
    depth++;
    if (depth > deepest)
        deepest = depth;
    if (++count < 4)
        SYS(kill, SYS(getpid), signo);
    depth--;
}

TEST(deferred_by_default)
{
    reset();
    depth = deepest = 0;
    CHECK_OK(guest_handle(FREEBSD_SIGUSR1, again, 0));
    CHECK_OK(send_self(FREEBSD_SIGUSR1));
    CHECK_EQ(count, 4);
    CHECK_EQ(deepest, 1);
}

TEST(nodefer_nests)
{
    reset();
    depth = deepest = 0;
    CHECK_OK(guest_handle(FREEBSD_SIGUSR1, again, FREEBSD_SA_NODEFER));
    CHECK_OK(send_self(FREEBSD_SIGUSR1));
    CHECK_EQ(count, 4);
    CHECK_EQ(deepest, 4);
}

static void second_inside_first(int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *context)
{
    (void)signo;
    (void)info;
    (void)context;
    SYS(kill, SYS(getpid), FREEBSD_SIGUSR2);
    CHECK_EQ(count, 1);
    CHECK_EQ(last_signo, FREEBSD_SIGUSR2);
}

TEST(another_signal_nests)
{
    reset();
    CHECK_OK(guest_handle(FREEBSD_SIGUSR2, note, 0));
    CHECK_OK(guest_handle(FREEBSD_SIGUSR1, second_inside_first, 0));
    CHECK_OK(send_self(FREEBSD_SIGUSR1));
    CHECK_EQ(count, 1);
}

TEST(resethand)
{
    struct freebsd_sigaction old;

    reset();
    CHECK_OK(guest_handle(FREEBSD_SIGUSR1, note, FREEBSD_SA_RESETHAND));
    CHECK_OK(send_self(FREEBSD_SIGUSR1));
    CHECK_EQ(count, 1);
    CHECK_OK(SYS(sigaction, FREEBSD_SIGUSR1, 0, &old));
    CHECK(old.handler == FREEBSD_SIG_DFL);
}

TEST(ignored)
{
    CHECK_OK(guest_ignore(FREEBSD_SIGTERM));
    CHECK_OK(send_self(FREEBSD_SIGTERM));
    CHECK_OK(guest_default(FREEBSD_SIGTERM));
    /* signal(3): these do nothing by default */
    CHECK_OK(send_self(FREEBSD_SIGURG));
    CHECK_OK(send_self(FREEBSD_SIGWINCH));
    CHECK_OK(send_self(FREEBSD_SIGCHLD));
    CHECK_OK(send_self(FREEBSD_SIGINFO));
    CHECK_OK(send_self(FREEBSD_SIGCONT));
}

static void send_default(void *signo)
{
    SYS(kill, SYS(getpid), *(int *)signo);
}

/* sys/kern/kern_sig.c sigproptbl: what ends a process by default, seen by a guest parent */
TEST(default_deaths)
{
    static const int deadly[] = {FREEBSD_SIGHUP,
                                 FREEBSD_SIGINT,
                                 FREEBSD_SIGTERM,
                                 FREEBSD_SIGKILL,
                                 FREEBSD_SIGALRM,
                                 FREEBSD_SIGUSR1,
                                 FREEBSD_SIGUSR2,
                                 FREEBSD_SIGEMT,
                                 FREEBSD_SIGBUS,
                                 FREEBSD_SIGSYS,
                                 FREEBSD_SIGPROF,
                                 FREEBSD_SIGTHR,
                                 FREEBSD_SIGRTMIN,
                                 34,
                                 64,
                                 91,
                                 92,
                                 100,
                                 126};

    for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++) {
        int signo = deadly[i];

        guest_default(signo);
        int status = guest_in_child(send_default, &signo);

        if (!KILLED(status, signo))
            guest_fail(__FILE__, __LINE__, "signal %d: status 0x%x", signo, (unsigned)status);
    }
}

static char alternate[32768] __attribute__((aligned(16)));

static bool on_alternate(void)
{
    return stack_inside >= (uint64_t)alternate && stack_inside < (uint64_t)alternate + sizeof(alternate);
}

/* sigaltstack(2) */
TEST(alternate_stack)
{
    struct freebsd_stack set = {alternate, sizeof(alternate), 0};
    struct freebsd_stack off = {0, 0, FREEBSD_SS_DISABLE};
    struct freebsd_stack old;

    CHECK_OK(SYS(sigaltstack, &set, 0));
    CHECK_OK(guest_handle(FREEBSD_SIGUSR1, note, FREEBSD_SA_ONSTACK));
    CHECK_OK(send_self(FREEBSD_SIGUSR1));
    CHECK(on_alternate());
    CHECK_OK(guest_handle(FREEBSD_SIGUSR1, note, 0));
    CHECK_OK(send_self(FREEBSD_SIGUSR1));
    CHECK(!on_alternate());
    CHECK_OK(SYS(sigaltstack, &off, &old));
    CHECK_EQ((uint64_t)old.sp, (uint64_t)alternate);
    CHECK_EQ(old.size, sizeof(alternate));
    CHECK_EQ(old.flags, 0);
    CHECK_OK(SYS(sigaltstack, 0, &old));
    CHECK_EQ(old.flags, FREEBSD_SS_DISABLE);
}

static void change_stack_inside(int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *context)
{
    struct freebsd_stack off = {0, 0, FREEBSD_SS_DISABLE};
    struct freebsd_stack old;

    (void)signo;
    (void)info;
    (void)context;
    CHECK_OK(SYS(sigaltstack, 0, &old));
    CHECK_EQ(old.flags & FREEBSD_SS_ONSTACK, FREEBSD_SS_ONSTACK);
    CHECK_ERR(SYS(sigaltstack, &off, 0), FREEBSD_EPERM);
    count++;
}

TEST(alternate_stack_errors)
{
    struct freebsd_stack set = {alternate, sizeof(alternate), 0};
    struct freebsd_stack small = {alternate, FREEBSD_MINSIGSTKSZ - 1, 0};
    struct freebsd_stack odd = {alternate, sizeof(alternate), 0x80};
    struct freebsd_stack off = {0, 0, FREEBSD_SS_DISABLE};

    CHECK_ERR(SYS(sigaltstack, &small, 0), FREEBSD_ENOMEM);
    CHECK_ERR(SYS(sigaltstack, &odd, 0), FREEBSD_EINVAL);
    CHECK_OK(SYS(sigaltstack, &set, 0));
    reset();
    CHECK_OK(guest_handle(FREEBSD_SIGUSR1, change_stack_inside, FREEBSD_SA_ONSTACK));
    CHECK_OK(send_self(FREEBSD_SIGUSR1));
    CHECK_EQ(count, 1);
    CHECK_OK(SYS(sigaltstack, &off, 0));
}

static void exit_with(void *status)
{
    guest_exit(*(int *)status);
}

/* SIGCHLD's siginfo: who and how (sys/kern/kern_exit.c) */
TEST(sigchld_info)
{
    int seven = 7;

    reset();
    CHECK_OK(guest_handle(FREEBSD_SIGCHLD, note, 0));
    CHECK_EQ(guest_in_child(exit_with, &seven), 7 << 8);
    CHECK_EQ(count, 1);
    CHECK_EQ(last_info.code, FREEBSD_CLD_EXITED);
    CHECK_EQ(last_info.status, 7);
    CHECK(last_info.pid > 0 && last_info.pid != SYS(getpid));
    CHECK_OK(guest_default(FREEBSD_SIGCHLD));
}

/* SA_NOCLDWAIT, and ignoring SIGCHLD: no zombies; wait says ECHILD at the end */
TEST(no_zombies)
{
    int pid;

    CHECK_OK(guest_ignore(FREEBSD_SIGCHLD));
    pid = guest_fork();
    if (pid == 0)
        guest_exit(3);
    CHECK_ERR(SYS(wait4, pid, 0, 0, 0), FREEBSD_ECHILD);
    CHECK_OK(guest_handle(FREEBSD_SIGCHLD, note, FREEBSD_SA_NOCLDWAIT));
    pid = guest_fork();
    if (pid == 0)
        guest_exit(3);
    for (;;) {
        int64_t r = SYS(wait4, pid, 0, 0, 0);

        if (r == -FREEBSD_EINTR)
            continue;
        CHECK_EQ(r, -FREEBSD_ECHILD);
        break;
    }
    CHECK_OK(guest_default(FREEBSD_SIGCHLD));
}

/* kill(2): a process that is not there, and that is not ours */
TEST(kill_errors)
{
    CHECK_ERR(SYS(kill, 999999, 0), FREEBSD_ESRCH);
    CHECK_ERR(SYS(kill, -999999, FREEBSD_SIGTERM), FREEBSD_ESRCH);
}

/* A handler without SA_SIGINFO is told the code in its second argument and the address in its fourth */
static volatile uint64_t plain_code;

static void plain(int signo, struct freebsd_siginfo *code, struct freebsd_ucontext *context)
{
    (void)context;
    count++;
    last_signo = signo;
    plain_code = (uint64_t)code;
}

TEST(plain_handler)
{
    struct freebsd_sigaction set = {plain, 0, {{0}}};

    reset();
    CHECK_OK(SYS(sigaction, FREEBSD_SIGUSR1, &set, 0));
    CHECK_OK(send_self(FREEBSD_SIGUSR1));
    CHECK_EQ(count, 1);
    CHECK_EQ(last_signo, FREEBSD_SIGUSR1);
    CHECK_EQ(plain_code, FREEBSD_SI_USER);
}
