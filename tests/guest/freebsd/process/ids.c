/*
 * Which process it is, whose, and in which group and session. Sources: getpid(2), getuid(2), getgid(2), getgroups(2),
 * getresuid(2), getpgrp(2), setpgid(2), setsid(2), getsid(2), issetugid(2); sys/kern/kern_prot.c.
 */
#include "lib/process.h"

/* Rows: getpid getppid getpgrp getpgid getsid: sys/kern/kern_prot.c */
static void child(void *parent)
{
    int64_t self = SYS(getpid);

    CHECK_EQ(SYS(getppid), *(int64_t *)parent);
    CHECK(self != *(int64_t *)parent);
    CHECK_EQ(SYS(getpgid, 0), SYS(getpgrp));
    CHECK_EQ(SYS(getpgid, self), SYS(getpgrp));
    CHECK_EQ(SYS(getsid, 0), SYS(getsid, *(int64_t *)parent));
    CHECK_EQ(SYS(setsid), self);
    CHECK_EQ(SYS(getpgrp), self);
    CHECK_EQ(SYS(getsid, 0), self);
    CHECK_EQ(SYS(getsid, self), self);
}

TEST(numbers)
{
    int64_t self = SYS(getpid);
    struct guest_result r = guest_call_raw(FREEBSD_SYS_getpid, 0, 0, 0, 0, 0, 0);

    CHECK_EQ(guest_in_child(child, &self), 0);
    CHECK_EQ((int64_t)r.rax, self);
    CHECK_ERR(SYS(getpgid, 999999), FREEBSD_ESRCH);
    CHECK_ERR(SYS(getpgid, -1), FREEBSD_ESRCH);
    CHECK_ERR(SYS(getsid, 999999), FREEBSD_ESRCH);
}

/* Rows: setpgid setsid: setpgid(2), setsid(2): sys/kern/kern_proc.c enterpgrp(), kern_prot.c sys_setpgid() */
static void leader(void *unused)
{
    int64_t self = SYS(getpid);

    (void)unused;
    CHECK_OK(SYS(setpgid, 0, 0));
    CHECK_EQ(SYS(getpgrp), self);
    CHECK_OK(SYS(setpgid, 0, 0));          /* once more changes nothing */
    CHECK_ERR(SYS(setsid), FREEBSD_EPERM); /* the leader of a group */
}

static void session_leader(void *unused)
{
    (void)unused;
    CHECK_EQ(SYS(setsid), SYS(getpid));
    CHECK_ERR(SYS(setpgid, 0, 0), FREEBSD_EPERM);
    CHECK_ERR(SYS(setsid), FREEBSD_EPERM);
}

TEST(groups_and_sessions)
{
    char *argv[] = {"name", "--sleep", NULL};
    char *none[] = {NULL};
    int pid;

    CHECK_EQ(guest_in_child(leader, NULL), 0);
    CHECK_EQ(guest_in_child(session_leader, NULL), 0);
    CHECK_ERR(SYS(setpgid, 0, -1), FREEBSD_EINVAL);
    CHECK_ERR(SYS(setpgid, 999999, 0), FREEBSD_ESRCH);
    CHECK_ERR(SYS(setpgid, SYS(getppid), 0), FREEBSD_ESRCH); /* neither the caller nor a child */
    pid = process_sleeping();
    CHECK_ERR(SYS(setpgid, pid, 999999), FREEBSD_EPERM); /* no such group */
    CHECK_OK(SYS(setpgid, pid, pid));
    CHECK_EQ(SYS(getpgid, pid), pid);
    CHECK_OK(SYS(setpgid, pid, SYS(getpgrp)));
    process_kill(pid);
    pid = guest_fork();
    if (pid == 0) {
        SYS(execve, guest_self, argv, none);
        guest_exit(60);
    }
    for (int i = 0; i < 1000 && SYS(setpgid, pid, pid) == 0; i++)
        guest_sleep_ms(10);
    CHECK_ERR(SYS(setpgid, pid, pid), FREEBSD_EACCES); /* it has executed a program */
    process_kill(pid);
}

int guest_child(int argc, char **argv)
{
    (void)argc;
    if (guest_strcmp(argv[1], "--tainted") == 0)
        return (int)SYS(issetugid);
    for (;;)
        guest_sleep_ms(60000);
}

/* Rows: getuid geteuid getgid getegid getresuid getresgid: getuid(2), getresuid(2); a NULL is left out */
TEST(users)
{
    uint32_t real = 77, effective = 77, saved = 77;

    CHECK_OK(SYS(getresuid, &real, &effective, &saved));
    CHECK_EQ(SYS(getuid), real);
    CHECK_EQ(SYS(geteuid), effective);
    CHECK_EQ(saved, effective);
    CHECK_OK(SYS(getresgid, &real, &effective, &saved));
    CHECK_EQ(SYS(getgid), real);
    CHECK_EQ(SYS(getegid), effective);
    CHECK_EQ(saved, effective);
    CHECK_OK(SYS(getresuid, 0, 0, 0));
    CHECK_OK(SYS(getresgid, 0, 0, &saved));
    CHECK_ERR(SYS(getresuid, WILD, 0, 0), FREEBSD_EFAULT);
    CHECK_ERR(SYS(getresuid, 0, WILD, 0), FREEBSD_EFAULT);
    CHECK_ERR(SYS(getresgid, 0, 0, WILD), FREEBSD_EFAULT);
}

/* Rows: getgroups getgroups15: getgroups(2): too small a list is EINVAL, none asks how many; of release 15 without the effective group */
TEST(groups)
{
    uint32_t old[1100], new[1100];
    int64_t count = SYS(getgroups, 0, 0), more = SYS(getgroups15, 0, 0);

    CHECK(count >= 1);
    CHECK_EQ(SYS(getgroups, 1100, old), count);
    CHECK_EQ(old[0], SYS(getegid));
    CHECK_EQ(SYS(getgroups, count, old), count);
    CHECK_ERR(SYS(getgroups, count == 1 ? -1 : count - 1, old), FREEBSD_EINVAL);
    CHECK_ERR(SYS(getgroups, -1, old), FREEBSD_EINVAL);
    CHECK_ERR(SYS(getgroups, count, WILD), FREEBSD_EFAULT);
    CHECK(more == count || more == count - 1);
    CHECK_EQ(SYS(getgroups15, 1100, new), more);
    for (int64_t i = 0; i < more; i++) {
        bool found = false;

        for (int64_t k = 0; k < count; k++)
            found = found || old[k] == new[i];
        CHECK(found);
    }
    CHECK_ERR(SYS(getgroups15, -1, new), FREEBSD_EINVAL);
}

/* Rows: issetugid: issetugid(2), setsugid() in sys/kern/kern_prot.c: tainted by a change of ids, until the next program */
static void taint(void *unused)
{
    uint32_t user = (uint32_t)SYS(geteuid);
    char *argv[] = {"name", "--tainted", NULL};
    char *none[] = {NULL};
    int pid;

    (void)unused;
    CHECK_EQ(SYS(issetugid), 0);
    CHECK_OK(SYS(setuid, user)); /* no change */
    CHECK_EQ(SYS(issetugid), 0);
    if (user != 0)
        return;
    CHECK_OK(SYS(setresuid, 1000, 1000, 1000));
    CHECK_EQ(SYS(issetugid), 1);
    pid = guest_fork();
    if (pid == 0)
        guest_exit(SYS(issetugid) == 1 ? 0 : 1);
    CHECK_EQ(guest_wait(pid), 0);
    pid = guest_fork();
    if (pid == 0) {
        SYS(execve, guest_self, argv, none);
        guest_exit(60);
    }
    CHECK_EQ(guest_wait(pid), 0);
}

TEST(tainted)
{
    CHECK_EQ(guest_in_child(taint, NULL), 0);
}
