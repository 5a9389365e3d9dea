/*
 * How processes begin and end: fork, vfork, exit, abort2, and whether two are alike. Sources: fork(2), vfork(2), exit(2),
 * abort2(2), kcmp(2); sys/kern/kern_fork.c, kern_exit.c, sys_generic.c.
 */
#include "lib/process.h"

static volatile int copied;

/*
 * Rows: fork exit: fork(2), exit(2): copies of memory and descriptors, no pending signals and no timers of the parent's;
 * of an exit status the parent sees the low byte
 */
static void child_of_fork(void *unused)
{
    struct freebsd_sigset pending;
    struct freebsd_itimerval timer;

    (void)unused;
    copied = 2;
    CHECK_OK(SYS(sigpending, &pending));
    CHECK_EQ(pending.bits[0], 0);
    CHECK_OK(SYS(getitimer, 0, &timer));
    CHECK_EQ(timer.value.sec, 0);
    CHECK_EQ(timer.value.usec, 0);
    CHECK_OK(SYS(close, 1));
}

TEST(forking)
{
    struct freebsd_itimerval timer = {{0, 0}, {1000, 0}};

    copied = 1;
    guest_block(FREEBSD_SIGUSR1);
    CHECK_OK(SYS(kill, SYS(getpid), FREEBSD_SIGUSR1));
    CHECK_OK(SYS(setitimer, 0, &timer, 0));
    CHECK_EQ(guest_in_child(child_of_fork, NULL), 0);
    timer.value.sec = 0;
    CHECK_OK(SYS(setitimer, 0, &timer, 0));
    guest_ignore(FREEBSD_SIGUSR1);
    guest_unblock(FREEBSD_SIGUSR1);
    guest_default(FREEBSD_SIGUSR1);
    CHECK_EQ(copied, 1);
    CHECK(SYS(fcntl, 1, FREEBSD_F_GETFD) >= 0);
    struct guest_result r = guest_call_raw(FREEBSD_SYS_fork, 0, 0, 0, 0, 0, 0);
    if (r.rdx == 1) /* which tells the child from its parent */
        SYS(exit, 0x1203);
    CHECK_EQ(r.carry, 0);
    CHECK(EXITED(guest_wait((int)r.rax), 3));
    CHECK(EXITED(guest_wait(process_exiting(0)), 0));
    CHECK(EXITED(guest_wait(process_exiting(255)), 255));
}

/* Nobody waits for the children of those that say so (sigaction(2): SA_NOCLDWAIT) */
TEST(children_nobody_waits_for)
{
    int status;

    guest_handle(FREEBSD_SIGCHLD, FREEBSD_SIG_DFL, FREEBSD_SA_NOCLDWAIT);
    process_exiting(5);
    CHECK_ERR(SYS(wait4, -1, &status, 0, 0), FREEBSD_ECHILD);
    guest_default(FREEBSD_SIGCHLD);
}

static volatile int64_t vfork_order;

/*
 * Rows: vfork: vfork(2): the child runs in its parent's memory, while the parent sleeps; its descriptors and its mask are
 * its own
 */
static __attribute__((noinline)) int64_t vfork_child(void)
{
    struct guest_result r = guest_call_raw(FREEBSD_SYS_vfork, 0, 0, 0, 0, 0, 0);

    if (r.carry)
        return -(int64_t)r.rax;
    if (r.rdx == 1) {
        guest_sleep_ms(100);
        SYS(close, 1);
        SYS(umask, 077);
        guest_block(FREEBSD_SIGUSR2);
        vfork_order = SYS(getppid);
        guest_exit(3);
    }
    return (int64_t)r.rax;
}

TEST(vforking)
{
    struct freebsd_sigset mask;
    int64_t pid, old = SYS(umask, 022);

    vfork_order = 0;
    pid = vfork_child();
    CHECK(pid > 0);
    CHECK_EQ(vfork_order, SYS(getpid)); /* before the parent goes on */
    CHECK(EXITED(guest_wait((int)pid), 3));
    CHECK(SYS(fcntl, 1, FREEBSD_F_GETFD) >= 0);
    CHECK_EQ(SYS(umask, old), 022);
    SYS(sigprocmask, FREEBSD_SIG_BLOCK, 0, &mask);
    CHECK(!guest_set_has(&mask, FREEBSD_SIGUSR2));
}

static void never(int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *context)
{
    (void)signo;
    (void)info;
    (void)context;
    guest_exit(99);
}

static int abort2(const void *why, int count, const void *arguments)
{
    int pid = guest_fork();

    if (pid == 0) {
        guest_handle(6, never, 0);
        SYS(abort2, why, count, arguments);
        guest_exit(98);
    }
    return guest_wait(pid);
}

/* Rows: abort2: abort2(2): SIGABRT that nothing catches; SIGKILL where its own arguments are at fault */
TEST(aborting)
{
    uint64_t arguments[17] = {1, 2, 3};

    CHECK(KILLED(abort2("reason", 0, NULL), 6));
    CHECK(KILLED(abort2("reason", 16, arguments), 6));
    CHECK(KILLED(abort2(NULL, 1, arguments), 6));
    CHECK(KILLED(abort2("reason", 17, arguments), FREEBSD_SIGKILL));
    CHECK(KILLED(abort2("reason", -1, arguments), FREEBSD_SIGKILL));
    CHECK(KILLED(abort2("reason", 1, NULL), FREEBSD_SIGKILL));
    CHECK(KILLED(abort2("reason", 1, WILD), FREEBSD_SIGKILL));
    CHECK(KILLED(abort2(WILD, 0, NULL), FREEBSD_SIGKILL));
}

enum { KCMP_FILE = 100, KCMP_FILEOBJ, KCMP_FILES, KCMP_SIGHAND, KCMP_VM };

/* Rows: kcmp: kcmp(2) of release 14.1: 0 for the same, 1 and 2 for the order of others, 3 for what has none */
TEST(comparing)
{
    int self = (int)SYS(getpid), child = process_sleeping();
    int a = guest_file("a", "x"), b = (int)SYS(open, "a", FREEBSD_O_RDONLY), same = (int)SYS(dup, a);
    int c = guest_file("c", "x"), fds[2];
    int64_t r = SYS(kcmp, self, self, KCMP_VM, 0, 0);

    if (r == -FREEBSD_ENOSYS || r == -FREEBSD_EPERM) {
        process_kill(child);
        SKIP("the host has no kcmp, or forbids it");
    }
    CHECK_OK(SYS(pipe2, fds, 0));
    CHECK_EQ(SYS(kcmp, self, self, KCMP_FILE, a, same), 0);
    CHECK(SYS(kcmp, self, self, KCMP_FILE, a, b) == 1 || SYS(kcmp, self, self, KCMP_FILE, a, b) == 2);
    CHECK_EQ(SYS(kcmp, self, self, KCMP_FILE, a, b) + SYS(kcmp, self, self, KCMP_FILE, b, a), 3);
    CHECK_EQ(SYS(kcmp, self, self, KCMP_FILEOBJ, a, b), 0);
    CHECK(SYS(kcmp, self, self, KCMP_FILEOBJ, a, c) == 1 || SYS(kcmp, self, self, KCMP_FILEOBJ, a, c) == 2);
    CHECK_EQ(SYS(kcmp, self, self, KCMP_FILEOBJ, a, fds[0]), 3);
    CHECK_EQ(SYS(kcmp, self, self, KCMP_FILES, 0, 0), 0);
    CHECK_EQ(SYS(kcmp, self, self, KCMP_SIGHAND, 0, 0), 0);
    CHECK_EQ(r, 0);
    CHECK(SYS(kcmp, self, child, KCMP_FILES, 0, 0) > 0);
    CHECK(SYS(kcmp, self, child, KCMP_SIGHAND, 0, 0) > 0);
    CHECK(SYS(kcmp, self, child, KCMP_VM, 0, 0) > 0);
    CHECK_EQ(SYS(kcmp, self, child, KCMP_FILE, 1, 1), 0); /* inherited */
    CHECK_ERR(SYS(kcmp, self, self, KCMP_FILE, a, 999), FREEBSD_EBADF);
    CHECK_ERR(SYS(kcmp, self, self, KCMP_FILEOBJ, -1, a), FREEBSD_EBADF);
    CHECK_ERR(SYS(kcmp, self, self, 99, 0, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(kcmp, self, 999999, KCMP_VM, 0, 0), FREEBSD_ESRCH);
    CHECK_ERR(SYS(kcmp, -1, self, KCMP_VM, 0, 0), FREEBSD_ESRCH);
    process_kill(child);
    SYS(close, a);
    SYS(close, b);
    SYS(close, c);
    SYS(close, same);
    SYS(close, fds[0]);
    SYS(close, fds[1]);
}
