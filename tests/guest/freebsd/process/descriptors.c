/*
 * Processes known by descriptors. Sources: pdfork(2), sys/kern/sys_procdesc.c; proc_to_reap() and exit1() in
 * sys/kern/kern_exit.c.
 */
#include "lib/process.h"

enum { PD_DAEMON = 1, PD_CLOEXEC = 2 };

struct pollfd {
    int32_t fd;
    int16_t events, revents;
};
enum { POLLIN = 1, POLLHUP = 0x10 };

static int pdfork(int32_t *fd, int flags)
{
    struct guest_result r = guest_call_raw(FREEBSD_SYS_pdfork, (uint64_t)fd, (uint64_t)flags, 0, 0, 0, 0);

    if (r.carry)
        return -(int)r.rax;
    return r.rdx == 1 ? 0 : (int)r.rax;
}

static int sleeping(int32_t *fd, int flags)
{
    int pid = pdfork(fd, flags);

    if (pid == 0) {
        for (;;)
            guest_sleep_ms(60000);
    }
    return pid;
}

static bool gone(int pid)
{
    for (int i = 0; i < 1000 && SYS(kill, pid, 0) == 0; i++)
        guest_sleep_ms(10);
    return SYS(kill, pid, 0) == -FREEBSD_ESRCH;
}

static bool hangs_up(int fd)
{
    struct pollfd p = {fd, POLLIN, 0};

    return SYS(poll, &p, 1, 10000) == 1 && p.revents == POLLHUP;
}

/* Rows: pdgetpid: the process's number, by its own descriptor only */
TEST(numbers)
{
    int32_t fd = -1, pid = -1;
    int child = sleeping(&fd, 0);

    REQUIRE(child > 0);
    CHECK_OK(SYS(pdgetpid, fd, &pid));
    CHECK_EQ(pid, child);
    CHECK_ERR(SYS(pdgetpid, fd, WILD), FREEBSD_EFAULT);
    CHECK_ERR(SYS(pdgetpid, 1, &pid), FREEBSD_EINVAL);
    CHECK_ERR(SYS(pdgetpid, 999, &pid), FREEBSD_EBADF);
    CHECK_OK(SYS(close, fd));
    CHECK(gone(child));
}

/* Rows: pdkill: signals of any kind, 0 to look; what is no signal and what is no process descriptor */
TEST(signals)
{
    int32_t fd = -1;
    int child = sleeping(&fd, 0), status;

    CHECK_OK(SYS(pdkill, fd, 0));
    CHECK_ERR(SYS(pdkill, fd, 129), FREEBSD_EINVAL);
    CHECK_ERR(SYS(pdkill, fd, -1), FREEBSD_EINVAL);
    CHECK_ERR(SYS(pdkill, 1, FREEBSD_SIGTERM), FREEBSD_EINVAL);
    CHECK_ERR(SYS(pdkill, 999, FREEBSD_SIGTERM), FREEBSD_EBADF);
    CHECK_OK(SYS(pdkill, fd, FREEBSD_SIGTERM));
    CHECK(hangs_up(fd));
    CHECK_EQ(SYS(wait4, child, &status, 0, 0), child); /* by its number it can be waited for */
    CHECK(KILLED(status, FREEBSD_SIGTERM));
    CHECK_ERR(SYS(pdkill, fd, FREEBSD_SIGTERM), FREEBSD_ESRCH);
    CHECK_OK(SYS(close, fd));
}

static volatile uint32_t told;

static void tell(int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *context)
{
    (void)signo;
    (void)context;
    told = (uint32_t)info->pid;
}

/* Rows: pdfork: nobody but the descriptor tells of its end: no SIGCHLD, and no wait for any child */
TEST(quiet_end)
{
    int32_t fd = -1;
    int status, child, other;

    guest_handle(FREEBSD_SIGCHLD, tell, FREEBSD_SA_RESTART);
    told = 0;
    child = pdfork(&fd, 0);
    if (child == 0) {
        guest_sleep_ms(100);
        guest_exit(7);
    }
    CHECK_ERR(SYS(wait4, -1, &status, FREEBSD_WNOHANG, 0), FREEBSD_ECHILD);
    CHECK(hangs_up(fd));
    guest_sleep_ms(50);
    CHECK_EQ(told, 0);
    CHECK_ERR(SYS(wait4, -1, &status, 0, 0), FREEBSD_ECHILD);
    other = process_exiting(3);
    CHECK_EQ(SYS(wait4, -1, &status, 0, 0), other);
    CHECK(EXITED(status, 3));
    for (int i = 0; i < 1000 && told != (uint32_t)other; i++)
        guest_sleep_ms(10);
    CHECK_EQ(told, other);
    CHECK_ERR(SYS(wait4, -1, &status, 0, 0), FREEBSD_ECHILD);
    CHECK_OK(SYS(close, fd));
    CHECK(gone(child));
    CHECK_EQ(told, other);
    guest_default(FREEBSD_SIGCHLD);
    CHECK_ERR(pdfork(&fd, 4), FREEBSD_EINVAL);
    CHECK_ERR(pdfork(&fd, -1), FREEBSD_EINVAL);
}

/* What a parent waits for meanwhile goes on, though nothing restarts poll(2): the end is no signal */
TEST(end_interrupts_nothing)
{
    int32_t fd = -1, ends[2];
    int self = (int)SYS(getpid), child;
    struct pollfd p = {0, POLLIN, 0};

    CHECK_OK(SYS(pipe2, ends, 0));
    p.fd = ends[0];
    guest_handle(FREEBSD_SIGCHLD, tell, 0);
    told = 0;
    child = pdfork(&fd, 0);
    if (child == 0) {
        guest_await_asleep(self, 0);
        guest_exit(7);
    }
    REQUIRE(child > 0);
    CHECK_EQ(SYS(poll, &p, 1, 300), 0);
    CHECK(hangs_up(fd));
    CHECK_EQ(SYS(poll, &p, 1, 50), 0);
    CHECK_EQ(told, 0);
    CHECK_OK(SYS(close, fd));
    guest_default(FREEBSD_SIGCHLD);
    SYS(close, ends[0]);
    SYS(close, ends[1]);
}

/* The last descriptor's end kills, unless the process is to be a daemon */
TEST(last_close)
{
    int32_t fd = -1;
    int child = sleeping(&fd, 0), second;

    second = (int)MUST(SYS(dup, fd));
    CHECK_OK(SYS(close, fd));
    CHECK_OK(SYS(kill, child, 0));
    CHECK_OK(SYS(pdkill, second, 0));
    CHECK_OK(SYS(close, second));
    CHECK(gone(child));
    child = sleeping(&fd, PD_DAEMON);
    CHECK_OK(SYS(close, fd));
    guest_sleep_ms(50);
    CHECK_OK(SYS(kill, child, 0));
    CHECK_ERR(SYS(wait4, -1, 0, FREEBSD_WNOHANG, 0), FREEBSD_ECHILD);
    CHECK_OK(SYS(kill, child, FREEBSD_SIGKILL));
    CHECK(gone(child)); /* it is nobody's to wait for */
    CHECK_ERR(SYS(wait4, -1, 0, 0, 0), FREEBSD_ECHILD);
}

/* PD_CLOEXEC, and what a fork's child may do with its copy */
TEST(copies)
{
    int32_t fd = -1;
    int child, copy;

    child = sleeping(&fd, PD_CLOEXEC);
    CHECK_EQ(SYS(fcntl, fd, FREEBSD_F_GETFD), FREEBSD_FD_CLOEXEC);
    copy = guest_fork();
    if (copy == 0) {
        int32_t pid = -1;

        SYS(pdgetpid, fd, &pid);
        SYS(close, fd);
        guest_exit(pid == child && SYS(kill, child, 0) == 0 ? 0 : 1);
    }
    CHECK_EQ(guest_wait(copy), 0);
    CHECK_OK(SYS(kill, child, 0));
    CHECK_OK(SYS(close, fd));
    CHECK(gone(child));
    child = sleeping(&fd, 0);
    CHECK_EQ(SYS(fcntl, fd, FREEBSD_F_GETFD), 0);
    CHECK_OK(SYS(close, fd));
}

/* Nor is it there for who waits for the signal */
TEST(not_waited_for)
{
    struct freebsd_sigset set = {{0}};
    struct freebsd_timespec limit = {0, 400000000}, longer = {10, 0};
    struct freebsd_siginfo info;
    int32_t fd = -1;
    int pid, other;

    guest_set_add(&set, FREEBSD_SIGCHLD);
    guest_handle(FREEBSD_SIGCHLD, tell, 0);
    guest_block(FREEBSD_SIGCHLD);
    pid = pdfork(&fd, 0);
    if (pid == 0)
        guest_exit(0);
    CHECK_ERR(SYS(sigtimedwait, &set, &info, &limit), FREEBSD_EAGAIN);
    CHECK(hangs_up(fd));
    other = process_exiting(0);
    CHECK_EQ(SYS(sigtimedwait, &set, &info, &longer), FREEBSD_SIGCHLD);
    CHECK_EQ(info.pid, other);
    guest_wait(other);
    guest_default(FREEBSD_SIGCHLD);
    guest_unblock(FREEBSD_SIGCHLD);
    CHECK_OK(SYS(close, fd));
}

int guest_child(int argc, char **argv)
{
    int32_t pid = 0;
    int fd = 40;

    (void)argc;
    (void)argv;
    return SYS(pdgetpid, fd, &pid) == 0 && SYS(kill, pid, 0) == 0 && SYS(pdkill, fd, FREEBSD_SIGTERM) == 0 ? 0 : 1;
}

/* A program that gets the descriptor by exec can use it */
TEST(across_exec)
{
    char *argv[] = {"name", "--child", NULL};
    char *none[] = {NULL};
    int32_t fd = -1;
    int child = sleeping(&fd, 0), pid = guest_fork(), status;

    if (pid == 0) {
        SYS(dup2, fd, 40);
        SYS(execve, guest_self, argv, none);
        guest_exit(60);
    }
    CHECK_EQ(guest_wait(pid), 0);
    CHECK(hangs_up(fd));
    CHECK_EQ(SYS(wait4, child, &status, 0, 0), child);
    CHECK(KILLED(status, FREEBSD_SIGTERM));
    CHECK_OK(SYS(close, fd));
}

TEST(no_room)
{
    struct freebsd_rlimit old, limit;
    int32_t fd = -1;

    CHECK_OK(SYS(getrlimit, 8, &old));
    limit = old;
    limit.current = 3;
    CHECK_OK(SYS(setrlimit, 8, &limit));
    for (int i = 0; i < 3; i++)
        SYS(dup, 1);
    CHECK_ERR(pdfork(&fd, 0), FREEBSD_EMFILE);
    CHECK_OK(SYS(setrlimit, 8, &old));
    CHECK_ERR(SYS(wait4, -1, 0, 0, 0), FREEBSD_ECHILD);
}
