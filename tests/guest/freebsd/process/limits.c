/*
 * Limits, priorities, use, masks and logins. Sources: getrlimit(2), getrlimitusage(2), getdtablesize(2), getrusage(2),
 * getpriority(2), umask(2), getlogin(2), getloginclass(2); sys/kern/kern_resource.c, kern_prot.c, kern_loginclass.c,
 * sys/sys/resource.h.
 */
#include "event.h"
#include "lib/process.h"

enum { CPU, FSIZE, DATA, STACK, CORE, RSS, MEMLOCK, NPROC, NOFILE, SBSIZE, VMEM, NPTS, SWAP, KQUEUES, UMTXP, PIPEBUF };
#define INFINITY INT64_MAX

static const struct freebsd_rlimit some = {1000, 2000};

/* Rows: getrlimit: each limit, those of release 14.2 included */
TEST(limits)
{
    struct freebsd_rlimit limit;

    for (int which = CPU; which <= PIPEBUF; which++) {
        limit.current = limit.maximum = -1;
        CHECK_OK(SYS(getrlimit, which, &limit));
        CHECK(limit.current >= 0 && limit.current <= limit.maximum);
    }
    CHECK_ERR(SYS(getrlimit, PIPEBUF + 1, &limit), FREEBSD_EINVAL);
    CHECK_ERR(SYS(getrlimit, -1, &limit), FREEBSD_EINVAL);
    CHECK_ERR(SYS(getrlimit, CPU, WILD), FREEBSD_EFAULT);
    CHECK_ERR(SYS(getrlimit, SWAP, WILD), FREEBSD_EFAULT);
    CHECK_ERR(SYS(setrlimit, PIPEBUF + 1, &some), FREEBSD_EINVAL);
    CHECK_ERR(SYS(setrlimit, CPU, WILD), FREEBSD_EFAULT);
}

static bool is(int which, int64_t current, int64_t maximum)
{
    struct freebsd_rlimit limit = {0, 0};

    return SYS(getrlimit, which, &limit) == 0 && limit.current == current && limit.maximum == maximum;
}

int guest_child(int argc, char **argv)
{
    char class[33] = "";

    (void)argc;
    if (guest_strcmp(argv[1], "--umask") == 0)
        return SYS(umask, 0) == 07022 ? 0 : 1;
    if (guest_strcmp(argv[1], "--class") == 0)
        return SYS(getloginclass, class, sizeof(class)) == 0 && guest_strcmp(class, "daemon") == 0 ? 0 : 1;
    return is(KQUEUES, 1000, 2000) && is(SBSIZE, 1000, 2000) && is(CORE, 1000, 2000) && is(SWAP, INFINITY, INFINITY)
               ? 0
               : 1;
}

static int run(const char *what)
{
    char *argv[] = {"name", (char *)(uintptr_t)what, NULL};
    char *none[] = {NULL};
    int pid = guest_fork();

    if (pid == 0) {
        SYS(execve, guest_self, argv, none);
        guest_exit(60);
    }
    return guest_wait(pid);
}

static void change(void *unused)
{
    struct freebsd_rlimit limit = {3000, 2000};

    (void)unused;
    CHECK_OK(SYS(setrlimit, KQUEUES, &some));
    CHECK_OK(SYS(setrlimit, SBSIZE, &some));
    CHECK_OK(SYS(setrlimit, CORE, &some));
    CHECK(is(KQUEUES, 1000, 2000));
    CHECK(is(CORE, 1000, 2000));
    CHECK_EQ(run("--limits"), 0);
    /* not below what there is without privilege; with it the maximum cuts the current */
    CHECK_EQ(SYS(setrlimit, KQUEUES, &limit), SYS(geteuid) == 0 ? 0 : -FREEBSD_EPERM);
    CHECK_EQ(SYS(setrlimit, CORE, &limit), SYS(geteuid) == 0 ? 0 : -FREEBSD_EPERM);
    if (SYS(geteuid) == 0) {
        CHECK(is(KQUEUES, 2000, 2000));
        CHECK(is(CORE, 2000, 2000));
        CHECK_OK(SYS(setresuid, 1000, 1000, 1000));
    }
    limit = (struct freebsd_rlimit){-1, -1}; /* no limit */
    CHECK_ERR(SYS(setrlimit, KQUEUES, &limit), FREEBSD_EPERM);
    CHECK_ERR(SYS(setrlimit, CORE, &limit), FREEBSD_EPERM);
    limit = (struct freebsd_rlimit){10, 20};
    CHECK_OK(SYS(setrlimit, KQUEUES, &limit));
    CHECK(is(KQUEUES, 10, 20));
}

TEST(changes)
{
    CHECK_EQ(guest_in_child(change, NULL), 0);
    CHECK(is(KQUEUES, INFINITY, INFINITY));
}

/* Rows: getdtablesize: getdtablesize(2): the soft limit of descriptors */
TEST(descriptors)
{
    struct freebsd_rlimit old, limit;

    CHECK_OK(SYS(getrlimit, NOFILE, &old));
    CHECK_EQ(SYS(getdtablesize), old.current);
    limit = old;
    limit.current = 100;
    CHECK_OK(SYS(setrlimit, NOFILE, &limit));
    CHECK_EQ(SYS(getdtablesize), 100);
    CHECK_OK(SYS(setrlimit, NOFILE, &old));
}

/* With the maximum lowered as well, what needs no descriptor of the program's own still works. */
static void few_descriptors(void *argument)
{
    struct freebsd_rlimit limit = {32, 32}, now;
    struct freebsd_kevent change = {.ident = 0, .filter = FREEBSD_EVFILT_USER, .flags = FREEBSD_EV_ADD};
    int kq, last;

    (void)argument;
    CHECK_OK(SYS(setrlimit, NOFILE, &limit));
    CHECK_OK(SYS(getrlimit, NOFILE, &now));
    CHECK_EQ(now.current, 32);
    CHECK_EQ(now.maximum, 32);
    kq = (int)SYS(kqueue);
    CHECK(kq > 0);
    CHECK_OK(SYS(kevent, kq, &change, 1, 0, 0, 0));
    while ((last = (int)SYS(dup, 0)) >= 0)
        CHECK(last < 32);
    CHECK_ERR(SYS(dup, 0), FREEBSD_EMFILE);
    CHECK_ERR(SYS(dup2, 0, 32), FREEBSD_EBADF);
    limit.maximum = limit.current = 31;
    CHECK_OK(SYS(setrlimit, NOFILE, &limit));
    if (SYS(geteuid) != 0) {
        limit.maximum = 32;
        CHECK_ERR(SYS(setrlimit, NOFILE, &limit), FREEBSD_EPERM);
    }
}

TEST(few)
{
    CHECK_EQ(guest_in_child(few_descriptors, NULL), 0);
}

/* getrlimitusage(2): of what can be counted; the others are ENXIO */
TEST(use_of_limits)
{
    uint64_t now = 0, more = 0;
    int fds[2];

    CHECK_OK(SYS(getrlimitusage, NOFILE, 0, &now));
    CHECK_OK(SYS(pipe2, fds, 0));
    CHECK_OK(SYS(getrlimitusage, NOFILE, 1, &more));
    CHECK_EQ(more, now + 2);
    SYS(close, fds[0]);
    SYS(close, fds[1]);
    CHECK_OK(SYS(getrlimitusage, NPROC, 0, &now));
    CHECK(now >= 1);
    CHECK_OK(SYS(getrlimitusage, RSS, 0, &now));
    CHECK_OK(SYS(getrlimitusage, VMEM, 0, &more));
    CHECK(now > 0 && more >= now);
    CHECK_ERR(SYS(getrlimitusage, FSIZE, 0, &now), FREEBSD_ENXIO);
    CHECK_ERR(SYS(getrlimitusage, CORE, 0, &now), FREEBSD_ENXIO);
    CHECK_ERR(SYS(getrlimitusage, PIPEBUF + 1, 0, &now), FREEBSD_EINVAL);
    CHECK_ERR(SYS(getrlimitusage, -1, 0, &now), FREEBSD_EINVAL);
    CHECK_ERR(SYS(getrlimitusage, RSS, 2, &now), FREEBSD_EINVAL);
    CHECK_ERR(SYS(getrlimitusage, RSS, 0, WILD), FREEBSD_EFAULT);
}

/* Rows: getrusage: of the process, its children that have been waited for, and the thread */
TEST(use)
{
    struct freebsd_rusage usage;
    int pid;

    CHECK_OK(SYS(getrusage, 0, &usage));
    CHECK(usage.maxrss > 0 && usage.utime.usec < 1000000);
    process_compute_ms(50);
    CHECK_OK(SYS(getrusage, 1, &usage));
    CHECK(usage.utime.sec * 1000000 + usage.utime.usec + usage.stime.sec * 1000000 + usage.stime.usec >= 40000);
    pid = guest_fork();
    if (pid == 0) {
        process_compute_ms(200);
        guest_exit(0);
    }
    guest_wait(pid);
    CHECK_OK(SYS(getrusage, -1, &usage));
    CHECK(usage.utime.sec * 1000000 + usage.utime.usec + usage.stime.sec * 1000000 + usage.stime.usec >= 180000);
    CHECK_ERR(SYS(getrusage, 2, &usage), FREEBSD_EINVAL);
    CHECK_ERR(SYS(getrusage, -2, &usage), FREEBSD_EINVAL);
    CHECK_ERR(SYS(getrusage, 0, WILD), FREEBSD_EFAULT);
}

/* Rows: getpriority: of processes, groups, users; what is beyond the range is cut; EACCES to raise */
static void priorities(void *unused)
{
    int64_t first = SYS(getpriority, 0, 0); /* whoever started the tests may have been nice already */

    (void)unused;
    if (first > 13)
        return;
    CHECK_OK(SYS(setpriority, 0, 0, first + 5));
    CHECK_EQ(SYS(getpriority, 0, SYS(getpid)), first + 5);
    CHECK_OK(SYS(setpgid, 0, 0));
    CHECK_OK(SYS(setpriority, 1, 0, first + 6));
    CHECK_EQ(SYS(getpriority, 1, SYS(getpgrp)), first + 6);
    CHECK(SYS(getpriority, 2, 0) <= first + 6);
    CHECK_OK(SYS(setpriority, 0, 0, 100));
    CHECK(SYS(getpriority, 0, 0) >= 19);
    CHECK_ERR(SYS(getpriority, 3, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(setpriority, -1, 0, 0), FREEBSD_EINVAL);
    CHECK_ERR(SYS(getpriority, 0, 999999), FREEBSD_ESRCH);
    CHECK_ERR(SYS(setpriority, 0, 999999, 0), FREEBSD_ESRCH);
    CHECK_ERR(SYS(getpriority, 1, 999999), FREEBSD_ESRCH);
    bool root = SYS(geteuid) == 0;
    if (root)
        CHECK_OK(SYS(setresuid, 1000, 1000, 1000));
    CHECK_ERR(SYS(setpriority, 0, 0, 10), FREEBSD_EACCES);
    if (root)
        CHECK_ERR(SYS(setpriority, 0, SYS(getppid), 10), FREEBSD_EPERM);
}

TEST(nice)
{
    CHECK_EQ(guest_in_child(priorities, NULL), 0);
}

/* Rows: umask: umask(2), sys/kern/vfs_syscalls.c: all twelve bits are kept, inherited and handed over */
static void masks(void *unused)
{
    struct freebsd_stat st;

    (void)unused;
    SYS(umask, 07022);
    CHECK_EQ(SYS(umask, 0), 07022);
    CHECK_EQ(SYS(umask, 0107777), 0);
    CHECK_EQ(SYS(umask, 02), 07777);
    SYS(close, SYS(open, "set-id", FREEBSD_O_CREAT | FREEBSD_O_WRONLY, 06775));
    CHECK_OK(SYS(fstatat, FREEBSD_AT_FDCWD, "set-id", &st, 0));
    CHECK_EQ(st.mode & 07777, 06775);
    CHECK_EQ(SYS(umask, 04000), 02);
    SYS(close, SYS(open, "no-set-id", FREEBSD_O_CREAT | FREEBSD_O_WRONLY, 06775));
    CHECK_OK(SYS(fstatat, FREEBSD_AT_FDCWD, "no-set-id", &st, 0));
    CHECK_EQ(st.mode & 07777, 02775);
    CHECK_OK(SYS(mkfifo, "fifo", 06666));
    CHECK_OK(SYS(fstatat, FREEBSD_AT_FDCWD, "fifo", &st, 0));
    CHECK_EQ(st.mode & 07777, 02666);
    SYS(umask, 07022);
    CHECK_EQ(run("--umask"), 0);
}

TEST(mask)
{
    CHECK_EQ(guest_in_child(masks, NULL), 0);
}

/* Rows: getlogin: getlogin(2): a name of less than 33 bytes; ERANGE where it does not fit */
TEST(login)
{
    char name[64];

    memset(name, '#', sizeof(name));
    CHECK_OK(SYS(getlogin, name, sizeof(name)));
    CHECK(guest_strlen(name) < 33);
    CHECK_ERR(SYS(getlogin, name, guest_strlen(name)), FREEBSD_ERANGE);
    CHECK_OK(SYS(getlogin, name, guest_strlen(name) + 1));
    CHECK_ERR(SYS(getlogin, WILD, 64), FREEBSD_EFAULT);
}

static void set_login(void *unused)
{
    char name[64];

    (void)unused;
    if (SYS(geteuid) != 0) {
        CHECK_ERR(SYS(setlogin, "somebody"), FREEBSD_EPERM);
        return;
    }
    CHECK_OK(SYS(setlogin, "somebody"));
    CHECK_OK(SYS(getlogin, name, sizeof(name)));
    CHECK_EQ(guest_strcmp(name, "somebody"), 0);
    CHECK_ERR(SYS(setlogin, "a_name_of_no_less_than_33_characters"), FREEBSD_EINVAL);
    CHECK_ERR(SYS(setlogin, WILD), FREEBSD_EFAULT);
    CHECK_OK(SYS(setresuid, 1000, 1000, 1000));
    CHECK_ERR(SYS(setlogin, WILD), FREEBSD_EPERM);
    CHECK_OK(SYS(getlogin, name, sizeof(name)));
    CHECK_EQ(guest_strcmp(name, "somebody"), 0);
}

TEST(another_login)
{
    CHECK_EQ(guest_in_child(set_login, NULL), 0);
}

/* Rows: getloginclass setloginclass: getloginclass(2), sys/kern/kern_loginclass.c: a jail's root may set it */
static void login_class(void *unused)
{
    char name[64];

    (void)unused;
    CHECK_OK(SYS(getloginclass, name, sizeof(name)));
    CHECK_EQ(guest_strcmp(name, "default"), 0);
    CHECK_OK(SYS(getloginclass, name, 8));
    CHECK_ERR(SYS(getloginclass, name, 7), FREEBSD_ENAMETOOLONG);
    CHECK_ERR(SYS(getloginclass, WILD, 64), FREEBSD_EFAULT);
    if (SYS(geteuid) == 0) {
        CHECK_OK(SYS(setloginclass, "daemon"));
        CHECK_EQ(run("--class"), 0);
        CHECK_ERR(SYS(setloginclass, ""), FREEBSD_EINVAL);
        CHECK_ERR(SYS(setloginclass, "a_name_of_no_less_than_33_characters"), FREEBSD_ENAMETOOLONG);
        CHECK_ERR(SYS(setloginclass, WILD), FREEBSD_EFAULT);
        CHECK_OK(SYS(setresuid, 1000, 1000, 1000));
    }
    CHECK_ERR(SYS(setloginclass, "daemon"), FREEBSD_EPERM);
    CHECK_ERR(SYS(setloginclass, WILD), FREEBSD_EPERM);
}

TEST(class)
{
    CHECK_EQ(guest_in_child(login_class, NULL), 0);
}
