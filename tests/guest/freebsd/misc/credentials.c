/*
 * Credentials are the process's: a change reaches every thread, wherever it stands. And the errors, flags and limits
 * of the calls that change them. Sources: setuid(2), setreuid(2), setresuid(2), getgroups(2), setgroups(2),
 * setcred(2), issetugid(2), sys/kern/kern_prot.c. Whose a new file is tells which ids the kernel goes by (open(2)).
 */
#include "credentials.h"
#include "guest.h"

enum { KEEP = -1, SIX = 6 };

#define NEEDS_ROOT()                                                                                                   \
    do {                                                                                                               \
        if (SYS(geteuid) != 0)                                                                                         \
            SKIP("only root may take other ids");                                                                      \
    } while (0)

/* ---- in every thread ---- */

static volatile uint32_t stage, go, failed_calls, strangers;
static volatile uint32_t word;
static int32_t pipe_of_reader[2];

/* Whom the kernel takes the thread for; `name` is the thread's own file. */
static void check_self(const char *name, uint32_t user, uint32_t group)
{
    struct freebsd_stat st;
    int fd = guest_file(name, "x");

    if (fd < 0 || SYS(fstat, fd, &st) != 0 || st.uid != user || st.gid != group || SYS(geteuid) != user ||
        SYS(getegid) != group)
        __atomic_fetch_add(&strangers, 1, __ATOMIC_SEQ_CST);
    SYS(close, fd);
    SYS(unlink, name);
}

/* What each thread is at while the credentials change; the result of its call must not tell. */
static bool at_work(uint64_t which)
{
    struct freebsd_timespec nap = {0, 400000000};
    struct pollfd pollfd = {.fd = pipe_of_reader[0]};
    struct freebsd_sigset all = {{~0U, ~0U, ~0U, ~0U}};
    char byte;

    switch (which) {
    case 0:
        return SYS(nanosleep, &nap, 0) == 0;
    case 1:
        return SYS(poll, &pollfd, 1, 400) == 0;
    case 2:
        return SYS(read, pipe_of_reader[0], &byte, 1) == 1;
    case 3:
        return SYS(_umtx_op, &word, FREEBSD_UMTX_OP_WAIT_UINT_PRIVATE, 0, 0, 0) == 0;
    case 4:
        while (go == 0) {} /* makes no call */
        return true;
    default:
        SYS(sigprocmask, FREEBSD_SIG_SETMASK, &all, 0);
        return SYS(thr_suspend, &nap) == -FREEBSD_ETIMEDOUT;
    }
}

static void work_and_look(void *which)
{
    char name[] = "thread0";

    name[6] = (char)('0' + (uint64_t)which);
    __atomic_fetch_add(&stage, 1, __ATOMIC_SEQ_CST);
    if (!at_work((uint64_t)which))
        __atomic_fetch_add(&failed_calls, 1, __ATOMIC_SEQ_CST);
    guest_await(&go, 1);
    check_self(name, 1000, 1001);
}

static void change_among_threads(void *unused)
{
    struct guest_thread threads[SIX];
    uint32_t list[3] = {1001, 2002, 2003}, got[1024];

    (void)unused;
    CHECK_OK(SYS(pipe2, pipe_of_reader, 0));
    for (uint64_t i = 0; i < SIX; i++)
        REQUIRE(guest_thread_start(&threads[i], work_and_look, (void *)i) == 0);
    REQUIRE(guest_await(&stage, SIX));
    guest_sleep_ms(50);
    CHECK_OK(SYS(setgroups, 3, list));
    CHECK_OK(SYS(setresgid, 1001, 1001, 1001));
    CHECK_OK(SYS(setresuid, 1000, 1000, 1000));
    CHECK_EQ(SYS(getgroups, 1024, got), 3);
    __atomic_store_n(&word, 1, __ATOMIC_SEQ_CST);
    SYS(_umtx_op, &word, FREEBSD_UMTX_OP_WAKE_PRIVATE, 1, 0, 0);
    go = 1;
    guest_sleep_ms(2000); /* past the ends of poll's and nanosleep's time, which must not see the byte */
    CHECK_EQ(SYS(write, pipe_of_reader[1], "x", 1), 1);
    for (int i = 0; i < SIX; i++)
        guest_thread_join(&threads[i]);
    CHECK_EQ(strangers, 0);
    CHECK_EQ(failed_calls, 0);
    CHECK_ERR(SYS(setuid, 0), FREEBSD_EPERM);
}

/* Rows: setgroups setresgid setresuid: setresuid(2), sys/kern/kern_prot.c (one struct ucred for all threads) */
TEST(all_threads_change)
{
    NEEDS_ROOT();
    CHECK_OK(SYS(chmod, ".", 0777));
    CHECK_EQ(guest_in_child(change_among_threads, NULL), 0);
}

static void look_and_end(void *unused)
{
    (void)unused;
    SYS(geteuid);
}

/* Starts and ends threads, and forks, while another thread changes ids to and fro. */
static void bustle(void *which)
{
    while (go == 0) {
        struct guest_thread thread;

        if ((uint64_t)which == 0) {
            if (guest_thread_start(&thread, look_and_end, NULL) == 0)
                guest_thread_join(&thread);
        } else {
            int pid = guest_fork();

            if (pid == 0) {
                /* Its ids may be those before or after a change, but what it says of itself is true. */
                struct freebsd_stat st;
                int fd = guest_file("of-a-child", "x");
                bool same = fd >= 0 && SYS(fstat, fd, &st) == 0 && st.uid == (uint32_t)SYS(geteuid);

                SYS(unlink, "of-a-child");
                guest_exit(same ? 0 : 1);
            }
            if (guest_wait(pid) != 0)
                __atomic_fetch_add(&failed_calls, 1, __ATOMIC_SEQ_CST);
        }
    }
    check_self((uint64_t)which == 0 ? "first" : "second", 1000, 0);
}

static void change_in_bustle(void *unused)
{
    struct guest_thread threads[2];

    (void)unused;
    for (uint64_t i = 0; i < 2; i++)
        REQUIRE(guest_thread_start(&threads[i], bustle, (void *)i) == 0);
    for (int i = 0; i < 200; i++) {
        CHECK_OK(SYS(seteuid, 1000));
        CHECK_OK(SYS(seteuid, 0));
    }
    CHECK_OK(SYS(seteuid, 1000));
    go = 1;
    for (int i = 0; i < 2; i++)
        guest_thread_join(&threads[i]);
    CHECK_EQ(strangers, 0);
    CHECK_EQ(failed_calls, 0);
}

/* Rows: seteuid: setuid(2) */
TEST(threads_come_and_go_meanwhile)
{
    NEEDS_ROOT();
    CHECK_OK(SYS(chmod, ".", 0777));
    CHECK_EQ(guest_in_child(change_in_bustle, NULL), 0);
}

static void toggle(void *which)
{
    for (int i = 0; i < 100; i++)
        if ((uint64_t)which == 0 ? SYS(setegid, i % 2 ? 0 : 1001) : SYS(seteuid, 0))
            __atomic_fetch_add(&failed_calls, 1, __ATOMIC_SEQ_CST);
}

static void change_in_two(void *unused)
{
    struct guest_thread threads[2];

    (void)unused;
    for (uint64_t i = 0; i < 2; i++)
        REQUIRE(guest_thread_start(&threads[i], toggle, (void *)i) == 0);
    for (int i = 0; i < 100; i++)
        CHECK_OK(SYS(setresgid, KEEP, KEEP, i % 3 ? 1002 : 1003));
    for (int i = 0; i < 2; i++)
        guest_thread_join(&threads[i]);
    CHECK_EQ(failed_calls, 0);
    CHECK_EQ(SYS(getegid), 0);
}

/* Rows: setegid: setuid(2); two threads change at once, and neither waits for the other for ever */
TEST(two_change_at_once)
{
    NEEDS_ROOT();
    CHECK_EQ(guest_in_child(change_in_two, NULL), 0);
}

static void toggle_for_ever(void *unused)
{
    (void)unused;
    for (;;) {
        SYS(setegid, 1001);
        SYS(setegid, 0);
    }
}

static void execute_among_changes(void *program)
{
    struct guest_thread thread;
    char *argv[] = {"name", "--executed", NULL}, *none[] = {NULL};

    REQUIRE(guest_thread_start(&thread, toggle_for_ever, NULL) == 0);
    guest_sleep_ms(1);
    SYS(execve, program, argv, none);
    guest_exit(60);
}

/* A thread executes another program while a second one changes ids: execve(2), sys/kern/kern_exec.c */
TEST(execute_meanwhile)
{
    NEEDS_ROOT();
    for (int i = 0; i < 40; i++)
        CHECK_EQ(guest_in_child(execute_among_changes, (void *)guest_self), 0);
}

/* ---- who may, and what follows ---- */

static void check_users(uint32_t real, uint32_t effective, uint32_t saved)
{
    uint32_t r = 99, e = 99, s = 99;

    CHECK_OK(SYS(getresuid, &r, &e, &s));
    CHECK_EQ(r, real);
    CHECK_EQ(e, effective);
    CHECK_EQ(s, saved);
    CHECK_EQ(SYS(getuid), real);
    CHECK_EQ(SYS(geteuid), effective);
}

static void check_groups(uint32_t real, uint32_t effective, uint32_t saved)
{
    uint32_t r = 99, e = 99, s = 99;

    CHECK_OK(SYS(getresgid, &r, &e, &s));
    CHECK_EQ(r, real);
    CHECK_EQ(e, effective);
    CHECK_EQ(s, saved);
    CHECK_EQ(SYS(getgid), real);
    CHECK_EQ(SYS(getegid), effective);
}

static void user_without_privilege(void *unused)
{
    (void)unused;
    CHECK_OK(SYS(setresuid, 1000, 1001, 1002));
    CHECK_ERR(SYS(setuid, 1002), FREEBSD_EPERM); /* the saved id is none of setuid's (no _POSIX_SAVED_IDS) */
    CHECK_ERR(SYS(seteuid, 1003), FREEBSD_EPERM);
    CHECK_ERR(SYS(setreuid, 1001, KEEP), FREEBSD_EPERM); /* real: only to real or saved */
    CHECK_ERR(SYS(setreuid, KEEP, 1003), FREEBSD_EPERM);
    CHECK_ERR(SYS(setresuid, KEEP, KEEP, 1003), FREEBSD_EPERM);
    CHECK_ERR(SYS(setuid, KEEP), FREEBSD_EPERM);
    check_users(1000, 1001, 1002);
    CHECK_OK(SYS(setresuid, 1002, 1000, 1001)); /* any of the three to any */
    check_users(1002, 1000, 1001);
    CHECK_OK(SYS(seteuid, 1001));
    CHECK_OK(SYS(setreuid, 1001, 1002));
    check_users(1001, 1002, 1002);
    CHECK_OK(SYS(setuid, 1001));
    check_users(1001, 1001, 1001);
    CHECK_ERR(SYS(setgid, 1), FREEBSD_EPERM);
    CHECK_ERR(SYS(setegid, 1), FREEBSD_EPERM);
    CHECK_ERR(SYS(setregid, 1, KEEP), FREEBSD_EPERM);
    CHECK_ERR(SYS(setresgid, KEEP, KEEP, 1), FREEBSD_EPERM);
    CHECK_ERR(SYS(setgroups, 0, 0), FREEBSD_EPERM);
    CHECK_ERR(SYS(setgroups15, 0, 0), FREEBSD_EPERM);
}

/* Rows: setuid seteuid setreuid setresuid getuid geteuid getresuid: setuid(2), setreuid(2), setresuid(2) */
TEST(users_without_privilege)
{
    NEEDS_ROOT();
    CHECK_EQ(guest_in_child(user_without_privilege, NULL), 0);
}

static void group_without_privilege(void *unused)
{
    (void)unused;
    CHECK_OK(SYS(setresgid, 1000, 1001, 1002));
    CHECK_OK(SYS(setresuid, 5, 5, 5));
    CHECK_ERR(SYS(setgid, 1002), FREEBSD_EPERM);
    CHECK_ERR(SYS(setegid, 1003), FREEBSD_EPERM);
    CHECK_ERR(SYS(setregid, 1001, KEEP), FREEBSD_EPERM);
    CHECK_OK(SYS(setegid, 1002));
    check_groups(1000, 1002, 1002);
    CHECK_OK(SYS(setregid, 1002, 1000));
    check_groups(1002, 1000, 1000);
    CHECK_OK(SYS(setgid, 1000));
    check_groups(1000, 1000, 1000);
}

/* setegid(1002) above leaves the saved id, which is 1002 already.
   Rows: setgid setegid setregid setresgid getgid getegid getresgid: setuid(2), setregid(2), setresgid(2) */
TEST(groups_without_privilege)
{
    NEEDS_ROOT();
    CHECK_EQ(guest_in_child(group_without_privilege, NULL), 0);
}

static void lists(void *unused)
{
    uint32_t list[1024], got[1024];

    (void)unused;
    for (uint32_t i = 0; i < 1024; i++)
        list[i] = 3000 + i;
    CHECK_ERR(SYS(setgroups, -1, list), FREEBSD_EINVAL);
    CHECK_ERR(SYS(setgroups, 1025, list), FREEBSD_EINVAL);
    CHECK_ERR(SYS(setgroups, 2, 0x10), FREEBSD_EFAULT);
    CHECK_OK(SYS(setgroups, 1024, list)); /* NGROUPS_MAX, and the effective one */
    CHECK_EQ(SYS(getegid), 3000);
    CHECK_EQ(SYS(getgroups, 0, 0), 1024);
    CHECK_ERR(SYS(getgroups, 1023, got), FREEBSD_EINVAL);
    CHECK_ERR(SYS(getgroups, -1, got), FREEBSD_EINVAL);
    CHECK_ERR(SYS(getgroups, 1024, 0x10), FREEBSD_EFAULT);
    CHECK_EQ(SYS(getgroups, 1024, got), 1024);
    CHECK_EQ(got[1023], 4023);
    CHECK_OK(SYS(setgroups, 0, 0)); /* the effective one stays */
    CHECK_EQ(SYS(getgroups, 1024, got), 1);
    CHECK_EQ(got[0], 3000);

    CHECK_ERR(SYS(setgroups15, -1, list), FREEBSD_EINVAL);
    CHECK_ERR(SYS(setgroups15, 1024, list), FREEBSD_EINVAL);
    CHECK_ERR(SYS(setgroups15, 1, 0x10), FREEBSD_EFAULT);
    CHECK_OK(SYS(setgroups15, 2, list + 1));
    CHECK_EQ(SYS(getegid), 3000);
    CHECK_EQ(SYS(getgroups15, 0, 0), 2);
    CHECK_ERR(SYS(getgroups15, 1, got), FREEBSD_EINVAL);
    CHECK_ERR(SYS(getgroups15, 2, 0x10), FREEBSD_EFAULT);
    CHECK_EQ(SYS(getgroups15, 2, got), 2);
    CHECK_EQ(got[0], 3001);
    CHECK_EQ(got[1], 3002);
    CHECK_OK(SYS(setgroups15, 0, 0));
    CHECK_EQ(SYS(getgroups15, 0, 0), 0);
}

/* Rows: getgroups setgroups getgroups15 setgroups15: getgroups(2), setgroups(2) of releases 14 and 15 */
TEST(group_lists)
{
    NEEDS_ROOT();
    CHECK_EQ(guest_in_child(lists, NULL), 0);
}

/* Rows: getresuid getresgid: getresuid(2): each pointer may be null, and none may be wild */
TEST(pointers)
{
    uint32_t id = 99;

    CHECK_OK(SYS(getresuid, 0, 0, 0));
    CHECK_OK(SYS(getresgid, 0, 0, 0));
    CHECK_OK(SYS(getresuid, 0, &id, 0));
    CHECK_EQ(id, SYS(geteuid));
    CHECK_ERR(SYS(getresuid, 0x10, 0, 0), FREEBSD_EFAULT);
    CHECK_ERR(SYS(getresuid, 0, 0, 0x10), FREEBSD_EFAULT);
    CHECK_ERR(SYS(getresgid, 0, 0x10, 0), FREEBSD_EFAULT);
}

/* ---- setcred ---- */

static void all_at_once(void *unused)
{
    uint32_t list[2] = {2001, 2002}, got[4];
    struct freebsd_setcred c = {1000, 1001, 1002, 1100, 1101, 1102, 0, 2, list, NULL};

    (void)unused;
    CHECK_ERR(SYS(setcred, 0x100, &c, sizeof(c)), FREEBSD_EINVAL);
    CHECK_ERR(SYS(setcred, 0, &c, sizeof(c) - 8), FREEBSD_EINVAL);
    CHECK_ERR(SYS(setcred, 0, &c, sizeof(c) + 8), FREEBSD_EINVAL);
    CHECK_ERR(SYS(setcred, FREEBSD_SETCREDF_UID, 0x10, sizeof(c)), FREEBSD_EFAULT);
    CHECK_ERR(SYS(setcred, FREEBSD_SETCREDF_MAC_LABEL, &c, sizeof(c)), FREEBSD_EOPNOTSUPP);
    c.supp_groups_nb = 1024;
    CHECK_ERR(SYS(setcred, FREEBSD_SETCREDF_SUPP_GROUPS, &c, sizeof(c)), FREEBSD_EINVAL);
    c.supp_groups_nb = 2;
    c.supp_groups = (uint32_t *)0x10;
    CHECK_ERR(SYS(setcred, FREEBSD_SETCREDF_SUPP_GROUPS, &c, sizeof(c)), FREEBSD_EFAULT);
    CHECK_OK(SYS(setcred, FREEBSD_SETCREDF_SVGID, &c, sizeof(c))); /* the groups are not looked at */
    check_groups(0, 0, 1102);
    c.supp_groups = list;
    CHECK_OK(SYS(setcred, FREEBSD_SETCREDF_ALL, &c, sizeof(c)));
    check_users(1001, 1000, 1002);
    check_groups(1101, 1100, 1102);
    CHECK_EQ(SYS(getgroups15, 4, got), 2);
    CHECK_EQ(got[0], 2001);
    CHECK_EQ(SYS(issetugid), 1);
    CHECK_ERR(SYS(setcred, 0, &c, sizeof(c)), FREEBSD_EPERM); /* even to change nothing */
}

/* Rows: setcred: setcred(2), sys/kern/kern_prot.c (user_setcred, kern_setcred), a kernel without MAC modules */
TEST(set_all_credentials)
{
    NEEDS_ROOT();
    CHECK_EQ(guest_in_child(all_at_once, NULL), 0);
}

/* ---- issetugid ---- */

int guest_child(int argc, char **argv)
{
    (void)argc;
    if (guest_strcmp(argv[1], "--executed") == 0)
        return 0;
    return SYS(issetugid) == (guest_strcmp(argv[1], "--tainted") == 0) ? 0 : 1;
}

static void exec_self(const char *argument)
{
    char *arguments[] = {(char *)(uintptr_t)guest_self, (char *)(uintptr_t)argument, NULL};

    SYS(execve, guest_self, arguments, guest_envp);
    guest_fail(__FILE__, __LINE__, "execve came back");
}

static void is_tainted(void *unused)
{
    (void)unused;
    CHECK_EQ(SYS(issetugid), 1); /* a fork's child is as its parent */
}

static void taint(void *unused)
{
    (void)unused;
    CHECK_EQ(SYS(issetugid), 0);
    CHECK_OK(SYS(setuid, 0)); /* no change */
    CHECK_EQ(SYS(issetugid), 0);
    CHECK_OK(SYS(setuid, 1000));
    CHECK_EQ(SYS(issetugid), 1);
    CHECK_EQ(guest_in_child(is_tainted, NULL), 0);
    exec_self("--clean"); /* real and effective ids are the same */
}

static void stay_tainted(void *unused)
{
    (void)unused;
    CHECK_OK(SYS(setegid, 1000));
    exec_self("--tainted");
}

/* Rows: issetugid: issetugid(2), setsugid() in sys/kern/kern_prot.c, do_execve() */
TEST(tainted_by_a_change)
{
    NEEDS_ROOT();
    CHECK_EQ(guest_in_child(taint, NULL), 0);
    CHECK_EQ(guest_in_child(stay_tainted, NULL), 0);
}
