#include "instance/disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include "instance/complain.h"

/* Deeper than DEPTH_MAX no path leads that a program would name. */
enum {
    BLOCK = 512 /* of st_blocks */,
    DEPTH_MAX = 1024,
    LEAST = 1024,
    SHARE = 10,
    PAUSE_MS = 1000,
    PAUSE_MOST_MS = 10000,
    MS = 1000000
};

/* A file without data takes a place in the file system's tables, of which there are so many. */
static uint64_t size_of(const struct stat *st)
{
    uint64_t bytes = (uint64_t)st->st_blocks * BLOCK;
    bytes = bytes < LEAST ? LEAST : bytes;
    return S_ISDIR(st->st_mode) || st->st_nlink < 2 ? bytes : bytes / st->st_nlink;
}

/*
 * Takes fd. Each level holds a descriptor and some memory: what is deeper than there are descriptors, or than is sensible,
 * counts as too much, or a tree could be made that nobody can measure.
 */
static uint64_t used_below(int fd, dev_t device, uint64_t enough, unsigned depth)
{
    uint64_t sum = 0;
    struct stat st;
    DIR *list = depth < DEPTH_MAX ? fdopendir(fd) : NULL;
    if (list == NULL) {
        close(fd);
        return enough + 1;
    }
    for (struct dirent *d; sum <= enough && (d = readdir(list)) != NULL;) {
        if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0 ||
            fstatat(fd, d->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
            continue;
        }
        sum += size_of(&st);
        if (S_ISDIR(st.st_mode) && st.st_dev == device && sum <= enough) {
            int below = openat(fd, d->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
            if (below >= 0) {
                sum += used_below(below, device, enough - sum, depth + 1);
            } else if (errno == EMFILE || errno == ENFILE) {
                sum = enough + 1;
            }
        }
    }
    closedir(list);
    return sum;
}

uint64_t disk_used(int fd, uint64_t enough)
{
    struct stat st;
    int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (copy < 0 || fstat(copy, &st) != 0) {
        if (copy >= 0) {
            close(copy);
        }
        return 0;
    }
    return used_below(copy, st.st_dev, enough, 0);
}

static uint64_t milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / MS;
}

static _Noreturn void watch(int process, int tree, const char *path, uint64_t limit)
{
    for (;;) {
        uint64_t began = milliseconds();
        if (disk_used(tree, limit) > limit) {
            lseek(STDERR_FILENO, 0, SEEK_END); /* of a log, which others write, too */
            complain(
                "%s: the instance has more on the disk than its limit of %llu bytes, or directories too deep to be "
                "measured, and is ended (remove something, or give it more: --disk)",
                path, (unsigned long long)limit);
            syscall(SYS_pidfd_send_signal, process, SIGKILL, NULL, 0);
            _exit(0);
        }
        uint64_t pause = (milliseconds() - began) * SHARE;
        pause = pause < PAUSE_MS ? PAUSE_MS : pause > PAUSE_MOST_MS ? PAUSE_MOST_MS : pause;
        struct timespec rest = {(time_t)(pause / 1000), (long)(pause % 1000) * MS};
        nanosleep(&rest, NULL);
    }
}

/* The deepest that can be followed; whose end is this process's; and of the starter nothing but whom to complain to. */
static void settle(pid_t parent, int log)
{
    struct rlimit files;
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    if (log >= 0) {
        dup2(log, STDERR_FILENO);
    }
    close(null);
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (getppid() != parent) {
        _exit(0);
    }
}

/* As the world's root. Where the world has no user namespace of its own, the caller looks at it as itself. */
static int enter_users(int users)
{
    return users < 0 || setns(users, CLONE_NEWUSER) == 0 || errno == EINVAL ? 0 : -errno;
}

pid_t disk_guard(pid_t first, int users, const char *path, uint64_t limit, int log)
{
    int tree = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int process = (int)syscall(SYS_pidfd_open, first, 0);
    pid_t parent = getpid();
    pid_t child = tree >= 0 && process >= 0 ? fork() : -1;
    if (child == 0) {
        int r = enter_users(users);
        settle(parent, log);
        if (r != 0) {
            complain("%s: cannot be measured: %s (report this)", path, strerror(-r));
            syscall(SYS_pidfd_send_signal, process, SIGKILL, NULL, 0);
            _exit(COMPLAINED);
        }
        watch(process, tree, path, limit);
    }
    int error = errno;
    if (tree >= 0) {
        close(tree);
    }
    if (process >= 0) {
        close(process);
    }
    if (child < 0) {
        complain("%s: its size cannot be watched: %s (do without --disk)", path, strerror(error));
    }
    return child;
}
