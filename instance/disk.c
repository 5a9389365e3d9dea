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

enum { BLOCK = 512 /* of st_blocks */, SHARE = 10, PAUSE_MS = 1000, PAUSE_MOST_MS = 10000, MS = 1000000 };

static uint64_t size_of(const struct stat *st)
{
    uint64_t bytes = (uint64_t)st->st_blocks * BLOCK;
    return S_ISDIR(st->st_mode) || st->st_nlink < 2 ? bytes : bytes / st->st_nlink;
}

/* Takes fd. Each level holds a descriptor, so what is deeper than there are descriptors counts as too much. */
static uint64_t used_below(int fd, dev_t device, uint64_t enough)
{
    uint64_t sum = 0;
    struct stat st;
    DIR *list = fdopendir(fd);
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
                sum += used_below(below, device, enough - sum);
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
    return used_below(copy, st.st_dev, enough);
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
            complain(
                "%s: the instance has more on the disk than its limit of %llu bytes, and is ended (remove something, "
                "or give it more: --disk)",
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

/* The deepest that can be followed; and whose end is this process's. */
static void settle(pid_t parent)
{
    struct rlimit files;
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
static int enter_users_of(pid_t first)
{
    char path[48];
    snprintf(path, sizeof path, "/proc/%d/ns/user", (int)first);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int r = fd >= 0 && (setns(fd, CLONE_NEWUSER) == 0 || errno == EINVAL) ? 0 : -errno;
    if (fd >= 0) {
        close(fd);
    }
    return r;
}

pid_t disk_guard(pid_t first, const char *path, uint64_t limit)
{
    int tree = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int process = (int)syscall(SYS_pidfd_open, first, 0);
    pid_t parent = getpid();
    pid_t child = tree >= 0 && process >= 0 ? fork() : -1;
    if (child == 0) {
        int r = enter_users_of(first);
        settle(parent);
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
