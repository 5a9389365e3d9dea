/* rfork: its flags, one by one. Sources: rfork(2), fork1() and fork_norfproc() in sys/kern/kern_fork.c, sys/sys/unistd.h. */
#include "lib/process.h"

enum {
    RFNOWAIT = 0x40,
    RFTHREAD = 0x2000,
    RFLINUXTHPN = 0x10000,
    RFSTOPPED = 0x20000,
    RFHIGHPID = 0x40000,
    RFTSIGZMB = 0x80000,
    RFPROCDESC = 1 << 28
};
#define RFTSIG(signo) ((signo) << 20)
#define RFSPAWN       0x80000000u
#define WLINUXCLONE   0x80000000u

static int rfork(uint64_t flags)
{
    struct guest_result r = guest_call_raw(FREEBSD_SYS_rfork, flags, 0, 0, 0, 0, 0);

    if (r.carry)
        return -(int)r.rax;
    return r.rdx == 1 ? 0 : (int)r.rax;
}

TEST(wrong_flags)
{
    CHECK_ERR(rfork(1), FREEBSD_EINVAL); /* RFNAMEG */
    CHECK_ERR(rfork(1 << 29), FREEBSD_EINVAL);
    CHECK_ERR(rfork(1 << 30), FREEBSD_EINVAL);
    CHECK_ERR(rfork(FREEBSD_RFPROC | FREEBSD_RFFDG | RFSTOPPED), FREEBSD_EINVAL);
    CHECK_ERR(rfork(FREEBSD_RFPROC | FREEBSD_RFFDG | RFHIGHPID), FREEBSD_EINVAL);
    CHECK_ERR(rfork(FREEBSD_RFPROC | FREEBSD_RFFDG | RFPROCDESC), FREEBSD_EINVAL);
    CHECK_ERR(rfork(FREEBSD_RFPROC | FREEBSD_RFFDG | FREEBSD_RFCFDG), FREEBSD_EINVAL);
    CHECK_ERR(rfork(FREEBSD_RFFDG | FREEBSD_RFCFDG), FREEBSD_EINVAL);
    CHECK_ERR(rfork(RFSPAWN | FREEBSD_RFPROC), FREEBSD_EINVAL);
    CHECK_ERR(rfork(FREEBSD_RFPROC | FREEBSD_RFFDG | RFTSIG(3)), FREEBSD_EINVAL); /* without RFTSIGZMB */
    CHECK_ERR(rfork(FREEBSD_RFPROC | FREEBSD_RFFDG | RFTSIGZMB | RFTSIG(129)), FREEBSD_EINVAL);
}

static void without_process(void *unused)
{
    int fd = (int)SYS(dup, 1);

    (void)unused;
    CHECK_EQ(rfork(0), 0);
    CHECK_EQ(rfork(FREEBSD_RFFDG), 0);
    CHECK_EQ(SYS(fcntl, fd, FREEBSD_F_GETFD), 0);
    CHECK_EQ(rfork(FREEBSD_RFCFDG), 0);
    guest_exit(
        SYS(fcntl, fd, FREEBSD_F_GETFD) == -FREEBSD_EBADF && SYS(fcntl, 1, FREEBSD_F_GETFD) == -FREEBSD_EBADF ? 0 : 1);
}

/* Without RFPROC it is the caller that changes */
TEST(itself)
{
    CHECK_EQ(guest_in_child(without_process, NULL), 0);
}

TEST(child_without_descriptors)
{
    int pid = rfork(FREEBSD_RFPROC | FREEBSD_RFCFDG);

    if (pid == 0)
        guest_exit(SYS(fcntl, 1, FREEBSD_F_GETFD) == -FREEBSD_EBADF ? 4 : 1);
    CHECK(EXITED(guest_wait(pid), 4));
    CHECK(SYS(fcntl, 1, FREEBSD_F_GETFD) >= 0);
}

/* RFNOWAIT: the child is nobody's to wait for */
TEST(child_of_another)
{
    int self = (int)SYS(getpid), fds[2], pid;
    int64_t from[2] = {0, 0};

    CHECK_OK(SYS(pipe2, fds, 0));
    pid = rfork(FREEBSD_RFPROC | FREEBSD_RFFDG | RFNOWAIT);
    if (pid == 0) {
        from[0] = SYS(getpid);
        for (int i = 0; i < 10000 && SYS(getppid) == self; i++)
            guest_sleep_ms(2);
        from[1] = SYS(getppid);
        SYS(write, fds[1], from, sizeof(from));
        guest_exit(0);
    }
    CHECK(pid > 0);
    CHECK_ERR(SYS(wait4, -1, 0, 0, 0), FREEBSD_ECHILD);
    CHECK_ERR(SYS(wait4, pid, 0, 0, 0), FREEBSD_ECHILD);
    CHECK_EQ(SYS(read, fds[0], from, sizeof(from)), (int)sizeof(from));
    CHECK_EQ(from[0], pid);
    CHECK(from[1] != self && from[1] > 0);
    SYS(close, fds[0]);
    SYS(close, fds[1]);
}

static volatile uint32_t told;

static void tell(int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *context)
{
    (void)info;
    (void)context;
    told = (uint32_t)signo;
}

/* RFTSIGZMB, RFLINUXTHPN: another signal at its end, or none; such a child is waited for with WLINUXCLONE only */
TEST(other_signals_at_the_end)
{
    static const struct {
        int flags, signo;
    } cases[] = {
        {RFTSIGZMB | RFTSIG(FREEBSD_SIGUSR2), FREEBSD_SIGUSR2}, {RFLINUXTHPN, FREEBSD_SIGUSR1}, {RFTSIGZMB, 0}};

    guest_handle(FREEBSD_SIGUSR1, tell, FREEBSD_SA_RESTART);
    guest_handle(FREEBSD_SIGUSR2, tell, FREEBSD_SA_RESTART);
    guest_handle(FREEBSD_SIGCHLD, tell, FREEBSD_SA_RESTART);
    for (int i = 0; i < 3; i++) {
        int status = 0, pid;

        told = 0;
        pid = rfork((uint64_t)(FREEBSD_RFPROC | FREEBSD_RFFDG | cases[i].flags));
        if (pid == 0)
            guest_exit(6);
        CHECK_ERR(SYS(wait4, pid, &status, 0, 0), FREEBSD_ECHILD);
        CHECK_EQ(SYS(wait4, pid, &status, WLINUXCLONE, 0), pid);
        CHECK(EXITED(status, 6));
        for (int k = 0; k < 2000 && told != (uint32_t)cases[i].signo; k++)
            guest_sleep_ms(10);
        CHECK_EQ(told, cases[i].signo);
    }
    guest_default(FREEBSD_SIGUSR1);
    guest_default(FREEBSD_SIGUSR2);
    guest_default(FREEBSD_SIGCHLD);
}
