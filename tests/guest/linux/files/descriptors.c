/*
 * Descriptors: dup(2), fcntl(2) with its locks, flock(2), pipe(2), close_range(2), poll of files, leases, inotify.
 */
#include "conf.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

TEST(duplicates)
{
    int fd = conf_file("file", "0123456789");

    CALL(dup(fd));
    CALL(dup2(fd, 20));
    CALL(dup2(fd, fd));
    CALL(dup2(-1, 20));
    CALL(dup2(999, 999));
    CALL(dup2(fd, -1));
    CALL(dup3(fd, 21, O_CLOEXEC));
    CALL(fcntl(21, F_GETFD));
    CALL(dup3(fd, fd, 0));
    CALL(dup3(fd, 22, O_NONBLOCK));
    CALL(dup(-1));
    CALL(fcntl(fd, F_DUPFD, 30));
    CALL(fcntl(fd, F_DUPFD_CLOEXEC, 30));
    CALL(fcntl(31, F_GETFD));
    CALL(fcntl(fd, F_DUPFD, -1));
    CALL(fcntl(fd, F_DUPFD, 10000000));
    CALL(lseek(20, 5, SEEK_SET));
    CALL(lseek(fd, 0, SEEK_CUR));
    CALL(close(20));
    CALL(close(20));
    CALL(close(-1));
    struct rlimit limit;

    CALL(getrlimit(RLIMIT_NOFILE, &limit));
    limit.rlim_cur = 40;
    CALL(setrlimit(RLIMIT_NOFILE, &limit));
    CALL(dup2(fd, 40));
    CALL(dup2(fd, 39));
    CALL(fcntl(fd, F_DUPFD, 39));
    int got = 0;

    while (dup(fd) >= 0)
        got++;
    say("full: %s", conf_errno(errno));
    DEC(got);
    CALL(open("file", O_RDONLY));
}

TEST(ranges)
{
    for (int i = 10; i < 20; i++)
        dup2(STDOUT_FILENO, i);
    CALL(close_range(12, 14, 0));
    CALL(fcntl(12, F_GETFD));
    CALL(fcntl(15, F_GETFD));
    CALL(close_range(15, 16, CLOSE_RANGE_CLOEXEC));
    CALL(fcntl(15, F_GETFD));
    CALL(close_range(20, 10, 0));
    CALL(close_range(10, 20, 0x100));
    CALL(close_range(17, ~0U, CLOSE_RANGE_UNSHARE));
    CALL(fcntl(18, F_GETFD));
    CALL(fcntl(16, F_GETFD));
}

TEST(control)
{
    int fd = conf_file("file", "x");
    int pipes[2];

    CALL(fcntl(fd, F_SETFD, FD_CLOEXEC));
    CALL(fcntl(fd, F_GETFD));
    CALL(fcntl(fd, F_SETFD, 0xff00));
    CALL(fcntl(fd, F_GETFD));
    CALL(fcntl(fd, F_SETFL, O_APPEND | O_NONBLOCK | O_CREAT));
    say("%#o", fcntl(fd, F_GETFL) & ~0100000);
    CALL(fcntl(fd, 9999));
    CALL(fcntl(-1, F_GETFL));
    CALL(pipe2(pipes, O_NONBLOCK | O_CLOEXEC));
    CALL(fcntl(pipes[0], F_GETPIPE_SZ));
    CALL(fcntl(pipes[0], F_SETPIPE_SZ, 8192));
    CALL(fcntl(pipes[0], F_SETPIPE_SZ, 0x7fffffff));
    CALL(fcntl(fd, F_GETPIPE_SZ));
    CALL(pipe2(pipes, 0x100));
    CALL(pipe(WILD));
    CALL(fcntl(fd, F_SETOWN, getpid()));
    DEC(fcntl(fd, F_GETOWN) == getpid());
    CALL(fcntl(fd, F_SETOWN, -getpgrp()));
    DEC(fcntl(fd, F_GETOWN) == -getpgrp());
    struct f_owner_ex owner = {F_OWNER_TID, getpid()};

    CALL(fcntl(fd, F_SETOWN_EX, &owner));
    owner = (struct f_owner_ex){9, 9};
    CALL(fcntl(fd, F_GETOWN_EX, &owner));
    DEC(owner.type == F_OWNER_TID && owner.pid == getpid());
    owner.type = (__typeof__(owner.type))9;
    CALL(fcntl(fd, F_SETOWN_EX, &owner));
    CALL(fcntl(fd, F_SETOWN_EX, WILD));
    CALL(fcntl(fd, F_SETSIG, SIGUSR1));
    CALL(fcntl(fd, F_GETSIG));
    CALL(fcntl(fd, F_SETSIG, 100));
    uint64_t hint = 1;

    CALL(fcntl(fd, F_SET_RW_HINT, &hint));
    hint = 9;
    CALL(fcntl(fd, F_GET_RW_HINT, &hint));
    DEC(hint);
    CALL(fcntl(fd, F_SETLEASE, F_WRLCK));
    CALL(fcntl(fd, F_GETLEASE));
    CALL(fcntl(fd, F_SETLEASE, F_UNLCK));
    CALL(fcntl(open(".", O_RDONLY), F_NOTIFY, DN_CREATE));
}

static void print_lock(const char *what, int result, const struct flock *lock)
{
    if (result < 0)
        say("%s: %s", what, conf_errno(errno));
    else
        say("%s: type %d whence %d start %lld len %lld pid %s", what, lock->l_type, lock->l_whence,
            (long long)lock->l_start, (long long)lock->l_len,
            lock->l_pid == 0           ? "0"
            : lock->l_pid == -1        ? "-1"
            : lock->l_pid == getppid() ? "parent"
                                       : "other");
}

static void ring(int signal)
{
    (void)signal;
}

TEST(record_locks)
{
    int fd = conf_file("file", "0123456789");
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 2, .l_len = 4};

    CALL(fcntl(fd, F_SETLK, &lock));
    pid_t child = fork();

    if (child == 0) {
        lock = (struct flock){.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 0};
        print_lock("asked", fcntl(fd, F_GETLK, &lock), &lock);
        lock = (struct flock){.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 5, .l_len = 1};
        CALL(fcntl(fd, F_SETLK, &lock));
        lock.l_start = 6;
        CALL(fcntl(fd, F_SETLK, &lock));
        print_lock("asked for what is free", fcntl(fd, F_GETLK, &lock), &lock);
        lock.l_start = 0;
        conf_handle(SIGALRM, ring, 0);
        alarm(1);
        lock.l_len = 10;
        CALL(fcntl(fd, F_SETLKW, &lock));
        _exit(0);
    }
    ended("child", child);
    lock.l_type = F_UNLCK;
    CALL(fcntl(fd, F_SETLK, &lock));
    lock.l_type = 9;
    CALL(fcntl(fd, F_SETLK, &lock));
    lock = (struct flock){.l_type = F_WRLCK, .l_whence = 9};
    CALL(fcntl(fd, F_SETLK, &lock));
    lock = (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = -5, .l_len = 2};
    CALL(fcntl(fd, F_SETLK, &lock));
    lock = (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 5, .l_len = -3};
    CALL(fcntl(fd, F_SETLK, &lock));
    CALL(fcntl(fd, F_SETLK, WILD));
    CALL(fcntl(fd, F_GETLK, WILD));
    CALL(fcntl(-1, F_SETLK, &lock));
    struct flock64 large = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0x200000000LL, .l_len = 0x300000000LL};

    CALL(fcntl64(fd, F_SETLK64, &large));
    child = fork();
    if (child == 0) {
        large.l_start = 0;
        large.l_len = 0;
        CALL(fcntl64(fd, F_GETLK64, &large));
        say("%lld %lld", (long long)large.l_start, (long long)large.l_len);
        struct flock small = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

        errno = 0;
        int result = fcntl(fd, F_GETLK, &small);

        say("~asked in 32 bits: %d %s", result, result < 0 ? conf_errno(errno) : "");
        _exit(0);
    }
    ended("child", child);
}

TEST(open_file_locks)
{
    int fd = conf_file("file", "0123456789");
    int other = open("file", O_RDWR);
    struct flock64 lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 5};

    CALL(fcntl64(fd, F_OFD_SETLK, &lock));
    CALL(fcntl64(other, F_OFD_SETLK, &lock));
    CALL(fcntl64(other, F_OFD_GETLK, &lock));
    say("type %d pid %d", lock.l_type, (int)lock.l_pid);
    lock.l_pid = 5;
    CALL(fcntl64(other, F_OFD_SETLK, &lock));
    CALL(flock(fd, LOCK_EX));
    CALL(flock(other, LOCK_SH | LOCK_NB));
    CALL(flock(fd, LOCK_UN));
    CALL(flock(other, LOCK_SH | LOCK_NB));
    CALL(flock(fd, 99));
    CALL(flock(-1, LOCK_SH));
    CALL(lockf(fd, F_TEST, 3));
}

static volatile sig_atomic_t io_signal;
static volatile sig_atomic_t io_code;
static volatile sig_atomic_t io_fd;
static volatile sig_atomic_t io_band;

static void on_io(int signal, siginfo_t *info, void *context)
{
    (void)context;
    io_signal = signal;
    io_code = info->si_code;
    io_fd = info->si_fd;
    io_band = (sig_atomic_t)info->si_band;
}

TEST(asynchronous)
{
    int pipes[2];
    struct sigaction action = {.sa_sigaction = on_io, .sa_flags = SA_SIGINFO};

    pipe(pipes);
    sigaction(SIGIO, &action, NULL);
    sigaction(SIGRTMIN + 3, &action, NULL);
    fcntl(pipes[0], F_SETOWN, getpid());
    CALL(fcntl(pipes[0], F_SETFL, O_ASYNC));
    write(pipes[1], "x", 1);
    conf_sleep(20);
    say("signal %d", io_signal);
    int on = 0;

    CALL(ioctl(pipes[0], FIOASYNC, &on));
    on = 1;
    CALL(ioctl(pipes[0], FIOASYNC, &on));
    CALL(fcntl(pipes[0], F_SETSIG, SIGRTMIN + 3));
    write(pipes[1], "x", 1);
    conf_sleep(20);
    say("signal %d code %d fd of the pipe %d band %#x", io_signal - SIGRTMIN, io_code, io_fd == pipes[0], io_band);
}

TEST(watching)
{
    int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    char buffer[1024];

    mkdir("folder", 0755);
    CALL(inotify_add_watch(fd, "folder", IN_CREATE | IN_MOVE | IN_DELETE));
    CALL(inotify_add_watch(fd, "missing", IN_CREATE));
    CALL(inotify_add_watch(fd, "folder", 0));
    CALL(inotify_add_watch(-1, "folder", IN_CREATE));
    CALL(inotify_add_watch(fd, WILD, IN_CREATE));
    CALL(inotify_init1(0x10));
    close(conf_file("folder/a", ""));
    rename("folder/a", "folder/bb");
    unlink("folder/bb");
    int waiting = 0;

    CALL(ioctl(fd, FIONREAD, &waiting));
    DEC(waiting);
    CALL(read(fd, buffer, 8));
    ssize_t got = CALL(read(fd, buffer, sizeof(buffer)));
    uint32_t cookie = 0;

    for (ssize_t at = 0; at < got;) {
        struct inotify_event *event = (struct inotify_event *)(buffer + at);

        if (event->mask & IN_MOVED_FROM)
            cookie = event->cookie;
        say("wd %d mask %#x name %s len %u cookie %s", event->wd, event->mask, event->name, event->len,
            event->cookie == 0        ? "0"
            : event->cookie == cookie ? "the same"
                                      : "another");
        at += (ssize_t)sizeof(*event) + event->len;
    }
    CALL(read(fd, buffer, sizeof(buffer)));
    CALL(inotify_rm_watch(fd, 1));
    CALL(inotify_rm_watch(fd, 1));
}

TEST(same_file)
{
    int fd = conf_file("file", "x");
    int copy = dup(fd);
    int other = open("file", O_RDONLY);

    CALL(syscall(SYS_kcmp, getpid(), getpid(), 0, fd, copy));
    DEC(syscall(SYS_kcmp, getpid(), getpid(), 0, fd, other) > 0);
    CALL(syscall(SYS_kcmp, getpid(), getpid(), 99, 0, 0));
    CALL(syscall(SYS_kcmp, getpid(), getpid(), 0, 999, 0));
}
