/*
 * wait4 and wait6, by every kind of id. Sources: wait(2), wait6(2); kern_wait6() and proc_to_reap() in
 * sys/kern/kern_exit.c.
 */
#include "lib/process.h"

static int64_t wait6(int type, int64_t id, int options)
{
    int status = -1;
    int64_t pid = SYS(wait6, type, id, &status, options, 0, 0);

    if (pid > 0 && !EXITED(status, 5))
        guest_fail(__FILE__, __LINE__, "the status is %x", status);
    return pid;
}

/* Rows: wait4: any child, one, a group, the own group; what is reported, and what wrong arguments are answered */
TEST(by_wait4)
{
    struct freebsd_rusage usage;
    int status = 0;
    int pid = process_exiting(5);

    CHECK_EQ(SYS(wait4, -1, &status, 0, &usage), pid);
    CHECK(EXITED(status, 5));
    CHECK(usage.maxrss > 0);
    pid = process_exiting(6);
    CHECK_EQ(SYS(wait4, 0, &status, 0, 0), pid); /* the own group */
    CHECK(EXITED(status, 6));
    pid = process_exiting(7);
    CHECK_EQ(SYS(wait4, -SYS(getpgrp), 0, 0, 0), pid);
    CHECK_ERR(SYS(wait4, -1, &status, 0, 0), FREEBSD_ECHILD);
    CHECK_ERR(SYS(wait4, 0, &status, FREEBSD_WNOHANG, 0), FREEBSD_ECHILD);
    CHECK_ERR(SYS(wait4, SYS(getppid), &status, 0, 0), FREEBSD_ECHILD);
    CHECK_ERR(SYS(wait4, -999999, &status, 0, 0), FREEBSD_ECHILD);
    CHECK_ERR(SYS(wait4, -1, &status, 64, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(wait4, -1, &status, 1 << 30, 0), FREEBSD_EINVAL);
    pid = process_exiting(8);
    CHECK_ERR(SYS(wait4, pid, WILD, 0, 0), FREEBSD_EFAULT); /* the child is gone all the same */
    CHECK_ERR(SYS(wait4, pid, &status, 0, 0), FREEBSD_ECHILD);
    pid = process_exiting(9);
    CHECK_ERR(SYS(wait4, pid, &status, 0, WILD), FREEBSD_EFAULT);
}

static volatile uint32_t handled;

static void handler(int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *context)
{
    (void)info;
    (void)context;
    handled = (uint32_t)signo;
}

static void signal_parent(void *parent)
{
    guest_await_asleep(*(int *)parent, 0);
    SYS(kill, *(int *)parent, FREEBSD_SIGUSR1);
    guest_sleep_ms(500);
}

/* EINTR, and begun anew under SA_RESTART */
TEST(interrupted)
{
    int self = (int)SYS(getpid), status = 0, pid;

    for (int restart = 0; restart < 2; restart++) {
        handled = 0;
        guest_handle(FREEBSD_SIGUSR1, handler, restart ? FREEBSD_SA_RESTART : 0);
        pid = guest_fork();
        if (pid == 0) {
            signal_parent(&self);
            guest_exit(5);
        }
        if (restart) {
            CHECK_EQ(SYS(wait4, pid, &status, 0, 0), pid);
        } else {
            CHECK_ERR(SYS(wait4, pid, &status, 0, 0), FREEBSD_EINTR);
            CHECK_EQ(SYS(wait6, FREEBSD_P_UID, SYS(geteuid), &status, FREEBSD_WEXITED, 0, 0), pid);
        }
        CHECK_EQ(handled, FREEBSD_SIGUSR1);
        CHECK(EXITED(status, 5));
    }
    guest_default(FREEBSD_SIGUSR1);
}

/*
 * Rows: wait6: P_PID, P_PGID, P_SID, P_UID, P_GID, P_ALL; no process is ever found by the other kinds. P_PID and P_PGID
 * of 0 are the own group
 */
TEST(by_kind_of_id)
{
    int64_t session = SYS(getsid, 0), user = SYS(geteuid), group = SYS(getegid);
    int pid = process_exiting(5);

    CHECK_ERR(wait6(FREEBSD_P_PPID, SYS(getpid), FREEBSD_WEXITED), FREEBSD_ECHILD);
    CHECK_ERR(wait6(FREEBSD_P_CID, 0, FREEBSD_WEXITED), FREEBSD_ECHILD);
    CHECK_ERR(wait6(99, 0, FREEBSD_WEXITED), FREEBSD_ECHILD);
    CHECK_ERR(wait6(-1, 0, FREEBSD_WEXITED), FREEBSD_ECHILD);
    CHECK_ERR(wait6(FREEBSD_P_SID, 999999, FREEBSD_WEXITED), FREEBSD_ECHILD);
    CHECK_ERR(wait6(FREEBSD_P_UID, user + 1, FREEBSD_WEXITED), FREEBSD_ECHILD);
    CHECK_ERR(wait6(FREEBSD_P_GID, group + 1, FREEBSD_WEXITED), FREEBSD_ECHILD);
    CHECK_ERR(wait6(FREEBSD_P_PGID, 999999, FREEBSD_WEXITED), FREEBSD_ECHILD);
    CHECK_ERR(wait6(FREEBSD_P_PID, -1, FREEBSD_WEXITED), FREEBSD_ECHILD);
    CHECK_EQ(wait6(FREEBSD_P_SID, session, FREEBSD_WEXITED | FREEBSD_WNOWAIT), pid);
    CHECK_EQ(wait6(FREEBSD_P_UID, user, FREEBSD_WEXITED | FREEBSD_WNOWAIT), pid);
    CHECK_EQ(wait6(FREEBSD_P_GID, group, FREEBSD_WEXITED | FREEBSD_WNOWAIT), pid);
    CHECK_EQ(wait6(FREEBSD_P_PGID, SYS(getpgrp), FREEBSD_WEXITED | FREEBSD_WNOWAIT), pid);
    CHECK_EQ(wait6(FREEBSD_P_PGID, 0, FREEBSD_WEXITED | FREEBSD_WNOWAIT), pid);
    CHECK_EQ(wait6(FREEBSD_P_PID, 0, FREEBSD_WEXITED | FREEBSD_WNOWAIT), pid);
    CHECK_EQ(wait6(FREEBSD_P_PID, pid, FREEBSD_WEXITED | FREEBSD_WNOWAIT), pid);
    CHECK_EQ(wait6(FREEBSD_P_ALL, -77, FREEBSD_WEXITED | FREEBSD_WNOWAIT), pid);
    /* What stands above the bits of a pid or user is not looked at: some programs leave it to chance. */
    CHECK_EQ(wait6(FREEBSD_P_PID, 0x7fff00000000 | pid, FREEBSD_WEXITED | FREEBSD_WNOWAIT), pid);
    CHECK_EQ(wait6(FREEBSD_P_UID, 0x7fff00000000 | user, FREEBSD_WEXITED | FREEBSD_WNOWAIT), pid);
    CHECK_EQ(wait6(FREEBSD_P_SID, session, FREEBSD_WEXITED), pid);
    CHECK_ERR(wait6(FREEBSD_P_SID, session, FREEBSD_WEXITED), FREEBSD_ECHILD);
}

/* One that is still there is waited for, whatever the kind */
TEST(later)
{
    int64_t session = SYS(getsid, 0);
    int ends[2], pid;
    char byte = 0;

    CHECK_OK(SYS(pipe2, ends, 0));
    pid = guest_fork();
    if (pid == 0) {
        SYS(read, ends[0], &byte, 1);
        guest_sleep_ms(200);
        guest_exit(5);
    }
    CHECK_EQ(wait6(FREEBSD_P_SID, session, FREEBSD_WEXITED | FREEBSD_WNOHANG), 0);
    CHECK_EQ(SYS(write, ends[1], &byte, 1), 1);
    SYS(close, ends[0]);
    SYS(close, ends[1]);
    CHECK_EQ(wait6(FREEBSD_P_SID, session, FREEBSD_WEXITED), pid);
}

/* At least one event must be asked for, and none that there is not; WTRAPPED alone is never met here */
TEST(events)
{
    struct freebsd_siginfo info;
    int status = 0;
    int pid = process_sleeping();

    CHECK_ERR(wait6(FREEBSD_P_PID, pid, 0), FREEBSD_EINVAL);
    CHECK_ERR(wait6(FREEBSD_P_PID, pid, FREEBSD_WNOHANG | FREEBSD_WNOWAIT), FREEBSD_EINVAL);
    CHECK_ERR(wait6(FREEBSD_P_PID, pid, FREEBSD_WEXITED | 64), FREEBSD_EINVAL);
    CHECK_EQ(wait6(FREEBSD_P_PID, pid, FREEBSD_WTRAPPED | FREEBSD_WNOHANG), 0);
    CHECK_ERR(wait6(FREEBSD_P_PID, 999999, FREEBSD_WTRAPPED), FREEBSD_ECHILD);
    CHECK_OK(SYS(kill, pid, FREEBSD_SIGSTOP));
    CHECK_EQ(SYS(wait6, FREEBSD_P_PID, pid, &status, FREEBSD_WSTOPPED, 0, &info), pid);
    CHECK_EQ(status, FREEBSD_SIGSTOP << 8 | 0x7f);
    CHECK_EQ(info.code, FREEBSD_CLD_STOPPED);
    CHECK_EQ(info.status, FREEBSD_SIGSTOP);
    CHECK_OK(SYS(kill, pid, FREEBSD_SIGCONT));
    CHECK_EQ(SYS(wait6, FREEBSD_P_PID, pid, &status, FREEBSD_WCONTINUED, 0, &info), pid);
    CHECK_EQ(status, FREEBSD_SIGCONT);
    CHECK_EQ(info.code, FREEBSD_CLD_CONTINUED);
    memset(&info, 0x55, sizeof(info));
    CHECK_EQ(SYS(wait6, FREEBSD_P_PID, pid, &status, FREEBSD_WEXITED | FREEBSD_WNOHANG, 0, &info), 0);
    CHECK_EQ(info.pid, 0); /* of nothing */
    process_kill(pid);
}

/* The child's own use, and apart from it that of its children */
TEST(usage)
{
    struct freebsd_wrusage usage;
    int status = 0;
    int pid = guest_fork();

    if (pid == 0) {
        int grandchild = guest_fork();

        if (grandchild == 0) {
            process_compute_ms(300);
            guest_exit(0);
        }
        guest_wait(grandchild);
        process_compute_ms(100);
        guest_exit(5);
    }
    memset(&usage, 0x55, sizeof(usage));
    CHECK_EQ(SYS(wait6, FREEBSD_P_PID, pid, &status, FREEBSD_WEXITED, &usage, 0), pid);
    CHECK(EXITED(status, 5));
    int64_t own =
        (usage.self.utime.sec + usage.self.stime.sec) * 1000000 + usage.self.utime.usec + usage.self.stime.usec;
    int64_t children = (usage.children.utime.sec + usage.children.stime.sec) * 1000000 + usage.children.utime.usec +
                       usage.children.stime.usec;
    CHECK(own >= 60000 && own < 250000);
    CHECK(children >= 250000);
    pid = process_exiting(5);
    CHECK_ERR(SYS(wait6, FREEBSD_P_PID, pid, &status, FREEBSD_WEXITED, WILD, 0), FREEBSD_EFAULT);
    pid = process_exiting(5);
    CHECK_ERR(SYS(wait6, FREEBSD_P_PID, pid, &status, FREEBSD_WEXITED, 0, WILD), FREEBSD_EFAULT);
    pid = process_exiting(5);
    CHECK_ERR(SYS(wait6, FREEBSD_P_PID, pid, WILD, FREEBSD_WEXITED, 0, 0), FREEBSD_EFAULT);
}
