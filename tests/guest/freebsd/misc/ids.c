/*
 * User and group ids change when they are set and only then, for everybody who shares them. Sources: getuid(2),
 * setuid(2), setresuid(2), sys/kern/kern_prot.c. Whose a new file is tells which ids the kernel goes by (open(2)).
 */
#include "guest.h"

enum { KEEP = -1 };

struct ids {
    uint32_t real, effective, saved;
};

#define NEEDS_ROOT()                                                                                                   \
    do {                                                                                                               \
        if (SYS(geteuid) != 0)                                                                                         \
            SKIP("only root may take other ids");                                                                      \
    } while (0)

/* All that tells of the user ids. */
static void check_users(uint32_t real, uint32_t effective, uint32_t saved)
{
    struct ids got = {0, 0, 0};

    CHECK_EQ(SYS(getuid), real);
    CHECK_EQ(SYS(geteuid), effective);
    CHECK_OK(SYS(getresuid, &got.real, &got.effective, &got.saved));
    CHECK_EQ(got.real, real);
    CHECK_EQ(got.effective, effective);
    CHECK_EQ(got.saved, saved);
}

static void check_groups(uint32_t real, uint32_t effective, uint32_t saved)
{
    struct ids got = {0, 0, 0};
    uint32_t groups[1024];

    CHECK_EQ(SYS(getgid), real);
    CHECK_EQ(SYS(getegid), effective);
    CHECK_OK(SYS(getresgid, &got.real, &got.effective, &got.saved));
    CHECK_EQ(got.real, real);
    CHECK_EQ(got.effective, effective);
    CHECK_EQ(got.saved, saved);
    CHECK(SYS(getgroups, 1024, groups) >= 1);
    CHECK_EQ(groups[0], effective);
}

/* What the kernel itself takes us for. */
static void check_owner_of_new_file(const char *name, uint32_t user, uint32_t group)
{
    struct freebsd_stat st;

    SYS(unlink, name);
    int fd = guest_file(name, "x");
    REQUIRE(fd >= 0);
    CHECK_OK(SYS(fstat, fd, &st));
    CHECK_EQ(st.uid, user);
    CHECK_EQ(st.gid, group);
    SYS(close, fd);
    SYS(unlink, name);
}

static void set_users(void *unused)
{
    (void)unused;
    CHECK_OK(SYS(chmod, ".", 0777));
    CHECK_OK(SYS(setresuid, 1000, KEEP, KEEP));
    check_users(1000, 0, 0);
    CHECK_OK(SYS(setreuid, KEEP, 1001));
    check_users(1000, 1001, 1001); /* the saved id follows */
    check_owner_of_new_file("mine", 1001, (uint32_t)SYS(getegid));
    CHECK_ERR(SYS(setuid, 7), FREEBSD_EPERM);
    CHECK_ERR(SYS(setresuid, 7, 8, 9), FREEBSD_EPERM);
    check_users(1000, 1001, 1001);
    CHECK_OK(SYS(seteuid, 1000));
    check_users(1000, 1000, 1001);
    CHECK_OK(SYS(seteuid, 1001));
    check_users(1000, 1001, 1001);
    CHECK_OK(SYS(setuid, 1000));
    check_users(1000, 1000, 1000);
}

TEST(users)
{
    NEEDS_ROOT();
    CHECK_EQ(guest_in_child(set_users, NULL), 0);
    CHECK_EQ(SYS(getuid), 0);
}

static void set_groups(void *unused)
{
    uint32_t list[2] = {2002, 2003};

    (void)unused;
    CHECK_OK(SYS(chmod, ".", 0777));
    CHECK_OK(SYS(setresgid, 1000, KEEP, KEEP));
    CHECK_EQ(SYS(getgid), 1000);
    CHECK_OK(SYS(setegid, 1001));
    CHECK_EQ(SYS(getegid), 1001);
    check_owner_of_new_file("ours", 0, 1001);
    CHECK_OK(SYS(setregid, 1002, 1003));
    check_groups(1002, 1003, 1003);
    CHECK_OK(SYS(setgroups, 2, list)); /* up to release 14, the first is the effective one */
    check_groups(1002, 2002, 1003);
    check_owner_of_new_file("ours", 0, 2002);
    CHECK_OK(SYS(setgid, 1004));
    check_groups(1004, 1004, 1004);
}

TEST(groups)
{
    NEEDS_ROOT();
    CHECK_EQ(guest_in_child(set_groups, NULL), 0);
}

static volatile uint32_t ready, go;
static uint32_t seen_user, seen_after;

static void look_twice(void *unused)
{
    (void)unused;
    seen_user = (uint32_t)SYS(getuid);
    ready = 1;
    guest_await(&go, 1);
    seen_after = (uint32_t)SYS(geteuid);
}

/* A thread begins with what the process has; with a second thread, nothing half-way is ever seen. */
static void with_threads(void *unused)
{
    struct guest_thread thread;
    int64_t r;

    (void)unused;
    CHECK_OK(SYS(setresuid, 1000, 1000, 0));
    REQUIRE(guest_thread_start(&thread, look_twice, NULL) == 0);
    REQUIRE(guest_await(&ready, 1));
    r = SYS(seteuid, 0);
    go = 1;
    guest_thread_join(&thread);
    CHECK_EQ(seen_user, 1000);
    CHECK_EQ(seen_after, r == 0 ? 0 : 1000);
    CHECK_EQ(SYS(geteuid), seen_after);
    check_owner_of_new_file("whose", seen_after, (uint32_t)SYS(getegid));
}

TEST(threads)
{
    NEEDS_ROOT();
    CHECK_OK(SYS(chmod, ".", 0777));
    CHECK_EQ(guest_in_child(with_threads, NULL), 0);
}

static void child_of_a_change(void *expected)
{
    check_users(*(uint32_t *)expected, *(uint32_t *)expected, *(uint32_t *)expected);
    CHECK(SYS(getpid) != SYS(getppid));
}

static void fork_after_change(void *unused)
{
    static uint32_t user = 1000;

    (void)unused;
    CHECK_OK(SYS(setuid, user));
    CHECK_EQ(guest_in_child(child_of_a_change, &user), 0);
}

TEST(inherited_by_fork)
{
    NEEDS_ROOT();
    CHECK_EQ(guest_in_child(fork_after_change, NULL), 0);
}

static volatile int64_t child_pid, child_user, child_group, child_thread;

/* On the parent's stack until it ends: nothing but calls, and nothing that returns. */
static __attribute__((noinline)) int64_t vfork_and_change(void)
{
    struct guest_result r = guest_call_raw(FREEBSD_SYS_vfork, 0, 0, 0, 0, 0, 0);

    if (r.carry)
        return -(int64_t)r.rax;
    if (r.rdx == 1) {
        int64_t tid = 0;

        SYS(setgid, 1005);
        SYS(setuid, 1000);
        SYS(thr_self, &tid);
        child_pid = SYS(getpid);
        child_user = SYS(geteuid);
        child_group = SYS(getegid);
        child_thread = tid;
        guest_exit(0);
    }
    return (int64_t)r.rax;
}

/* A vfork child shares memory with its parent, and nothing of who it is (vfork(2)). */
TEST(vfork_child_is_another)
{
    int64_t self, pid, own = SYS(getpid), group = SYS(getegid), user = SYS(geteuid);

    CHECK_OK(SYS(thr_self, &self));
    pid = vfork_and_change();
    REQUIRE(pid > 0);
    CHECK_EQ(child_pid, pid);
    CHECK(child_thread != self);
    CHECK_EQ(child_user, user == 0 ? 1000 : user);
    CHECK_EQ(child_group, user == 0 ? 1005 : group);
    CHECK_EQ(guest_wait((int)pid), 0);
    CHECK_EQ(SYS(getpid), own);
    CHECK_EQ(SYS(geteuid), user);
    CHECK_EQ(SYS(getegid), group);
    CHECK_OK(SYS(thr_self, &child_thread));
    CHECK_EQ(child_thread, self);
}

/* What the new image finds; the saved ids are the effective ones from then on (execve(2)). */
int guest_child(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    check_users(1000, 1001, 1001);
    check_groups(1002, 1003, 1003);
    return guest_failed() ? 1 : 0;
}

static void exec_after_change(void *unused)
{
    char *arguments[] = {(char *)(uintptr_t)guest_self, "--ids", NULL};

    (void)unused;
    CHECK_OK(SYS(setresgid, 1002, 1003, 1004));
    CHECK_OK(SYS(setresuid, 1000, 1001, 1002));
    SYS(execve, guest_self, arguments, guest_envp);
    guest_fail(__FILE__, __LINE__, "execve came back");
}

TEST(kept_by_exec)
{
    NEEDS_ROOT();
    CHECK_EQ(guest_in_child(exec_after_change, NULL), 0);
}

/* In a child: its own id, its parent's, and a group that its parent moves it to without its doing. */
static void grandchild(void *parent)
{
    CHECK(SYS(getpid) != *(int64_t *)parent);
    CHECK_EQ(SYS(getppid), *(int64_t *)parent);
}

static volatile int64_t *shared_group;

static void child(void *parent)
{
    int64_t own = SYS(getpid);

    grandchild(parent);
    CHECK_EQ(SYS(getpgrp), *shared_group);
    CHECK_OK(SYS(setpgid, 0, 0));
    CHECK_EQ(SYS(getpgrp), own);
    CHECK_EQ(guest_in_child(grandchild, &own), 0);
    CHECK_EQ(SYS(getpid), own);
}

static void moved_by_parent(void *go_on)
{
    volatile int64_t *go_ahead = go_on;

    SYS(getpgrp);
    while (*go_ahead == 0)
        guest_sleep_ms(1);
    CHECK_EQ(SYS(getpgrp), SYS(getpid));
}

TEST(group_changed_by_parent)
{
    int64_t *go_ahead = (int64_t *)SYS(mmap, 0, 4096, FREEBSD_PROT_READ | FREEBSD_PROT_WRITE,
                                       FREEBSD_MAP_SHARED | FREEBSD_MAP_ANON, -1, 0);
    int pid = guest_fork();

    if (pid == 0) {
        moved_by_parent(go_ahead);
        guest_exit(guest_failed() ? 1 : 0);
    }
    CHECK_OK(SYS(setpgid, pid, pid));
    *(volatile int64_t *)go_ahead = 1;
    CHECK_EQ(guest_wait(pid), 0);
}

TEST(pids)
{
    int64_t own = SYS(getpid), group = SYS(getpgrp), self;

    shared_group = &group;
    CHECK_EQ(guest_in_child(child, &own), 0);
    CHECK_EQ(SYS(getpid), own);
    CHECK_OK(SYS(thr_self, &self));
    CHECK(self > 100000); /* a thread's id is no process's: sys/sys/proc.h, NO_PID */
}
