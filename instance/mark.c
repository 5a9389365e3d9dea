#include "instance/mark.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "instance/children.h"

/* "drgw", below which are 31 bits of chance, and one that the first process has. */
#define MAGIC     (UINT64_C(0x64726777) << 32)
#define FIRST_BIT UINT64_C(1)

enum { QUIET_PASSES = 3, PASSES_MAX = 2000, PAUSE_US = 1000, PAUSE_MOST_US = 20000 };

uint64_t mark_new(void)
{
    uint32_t chance = 0;
    if (getrandom(&chance, sizeof chance, 0) != (ssize_t)sizeof chance) {
        return 0;
    }
    return MAGIC | (chance & ~(uint32_t)FIRST_BIT);
}

bool mark_is_one(uint64_t mark)
{
    return mark >> 32 == MAGIC >> 32 && (mark & FIRST_BIT) == 0;
}

int mark_put(uint64_t mark, bool first)
{
    rlim_t value = mark | (first ? FIRST_BIT : 0);
    const struct rlimit limit = {value, value};
    return setrlimit(RLIMIT_LOCKS, &limit) == 0 ? 0 : -errno;
}

/* Without a look at what is not the caller's own to look at: the kernel answers of the same ids only (prlimit(2)). */
static uint64_t mark_of(pid_t pid)
{
    struct rlimit limit;
    return syscall(SYS_prlimit64, pid, RLIMIT_LOCKS, NULL, &limit) == 0 ? limit.rlim_max : 0;
}

bool mark_has(uint64_t mark, pid_t pid)
{
    return mark_of(pid) == mark;
}

static bool is_of(uint64_t mark, pid_t pid, bool first_too)
{
    uint64_t found = mark_of(pid);
    return found == mark || (first_too && found == (mark | FIRST_BIT));
}

/* One that has ended and waits for whoever is to wait for it. */
static bool is_zombie(pid_t pid)
{
    char path[32], text[512];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
    if (fd >= 0) {
        close(fd);
    }
    if (n <= 0) {
        return true; /* gone meanwhile */
    }
    text[n] = '\0';
    const char *name_end = strrchr(text, ')');
    return name_end != NULL && (name_end[1] == ' ') && (name_end[2] == 'Z' || name_end[2] == 'X');
}

/*
 * By a descriptor of the process that is looked at after that was opened: the number may be another's by now. Where there
 * are no such descriptors, by the number.
 */
static void send(uint64_t mark, pid_t pid, int sig, bool first_too)
{
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (fd < 0 && errno != ENOSYS && errno != EPERM) {
        return;
    }
    if (is_of(mark, pid, first_too)) {
        if (fd < 0 || (syscall(SYS_pidfd_send_signal, fd, sig, NULL, 0) != 0 && (errno == ENOSYS || errno == EPERM))) {
            kill(pid, sig);
        }
    }
    if (fd >= 0) {
        close(fd);
    }
}

unsigned mark_signal(uint64_t mark, int sig, bool first_too)
{
    unsigned found = 0;
    pid_t self = getpid();
    DIR *list = opendir("/proc");
    for (struct dirent *d; list != NULL && (d = readdir(list)) != NULL;) {
        pid_t pid = d->d_name[0] >= '1' && d->d_name[0] <= '9' ? (pid_t)atoi(d->d_name) : 0;
        if (pid <= 0 || pid == self || !is_of(mark, pid, first_too) || is_zombie(pid)) {
            continue;
        }
        found++;
        if (sig != 0) {
            send(mark, pid, sig, first_too);
        }
    }
    if (list != NULL) {
        closedir(list);
    }
    return found;
}

static void rest(unsigned pass)
{
    long us = PAUSE_US * (long)(pass + 1);
    const struct timespec t = {0, (us < PAUSE_MOST_US ? us : PAUSE_MOST_US) * 1000L};
    nanosleep(&t, NULL);
}

void mark_end_children(uint64_t mark, void (*reaped)(void *context, pid_t pid, int status), void *context)
{
    for (unsigned pass = 0;; pass++) {
        mark_signal(mark, SIGKILL, true);
        children_kill();
        pid_t ended;
        int status;
        do {
            ended = waitpid(-1, &status, WNOHANG | __WALL);
            if (ended > 0 && reaped != NULL) {
                reaped(context, ended, status);
            }
        } while (ended > 0 || (ended < 0 && errno == EINTR));
        if (ended < 0) {
            break; /* no children: whatever is left in the world would be one, or one's */
        }
        rest(pass);
    }
}

/*
 * A process can fork and end faster than a directory is read, so one look that finds none proves nothing. A process that
 * has been killed forks no more, so it is a matter of few looks.
 */
bool mark_end(uint64_t mark)
{
    unsigned quiet = 0;
    for (unsigned pass = 0; pass < PASSES_MAX && quiet < QUIET_PASSES; pass++) {
        quiet = mark_signal(mark, SIGKILL, true) == 0 ? quiet + 1 : 0;
        if (quiet < QUIET_PASSES) {
            rest(quiet > 0 ? 0 : pass);
        }
    }
    return quiet == QUIET_PASSES;
}
