#include "instance/keeper/changes.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/limits.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { PLACES_MAX = 512, PAGE = 4096, NAME_ROOM = XATTR_NAME_MAX + 1, REPLY_ROOM = 512 };

static const char *places[PLACES_MAX];
static unsigned place_count;
static int listeners[LISTENERS_MAX];
static unsigned listener_count;

void changes_allow(const char *path)
{
    if (place_count < PLACES_MAX) {
        places[place_count++] = path;
    }
}

void changes_add(int listener)
{
    if (listener_count == LISTENERS_MAX) {
        close(listener); /* its changes are then refused (ENOSYS) */
        return;
    }
    listeners[listener_count++] = listener;
}

unsigned changes_poll(struct pollfd *fds)
{
    for (unsigned i = 0; i < listener_count; i++) {
        fds[i] = (struct pollfd){listeners[i], POLLIN, 0};
    }
    return listener_count;
}

/* Whether the file that a descriptor stands for lies in what may be written. What has no name in the file system does not. */
static bool may_change(const char *link)
{
    char path[PATH_MAX];
    ssize_t n = readlink(link, path, sizeof path - 1);
    if (n <= 0 || path[0] != '/') {
        return false;
    }
    path[n] = '\0';
    for (unsigned i = 0; i < place_count; i++) {
        size_t length = strlen(places[i]);
        if (strncmp(path, places[i], length) == 0 && (path[length] == '/' || path[length] == '\0')) {
            return true;
        }
    }
    return false;
}

/* Memory of the one who asks. Returns how much there was of it, or -EFAULT. */
static ssize_t fetch(pid_t pid, uint64_t at, void *to, size_t size)
{
    struct iovec here = {to, size}, there = {(void *)(uintptr_t)at, size}; // NOLINT(performance-no-int-to-ptr)
    ssize_t n = process_vm_readv(pid, &here, 1, &there, 1, 0);
    return n >= 0 ? n : -EFAULT;
}

/* An attribute's name, which may be changed by whoever owns the file. Returns 0 or -errno. */
static int fetch_name(pid_t pid, uint64_t at, char name[NAME_ROOM])
{
    size_t got = 0;
    while (got < NAME_ROOM) {
        size_t part = PAGE - (size_t)((at + got) % PAGE);
        ssize_t n = fetch(pid, at + got, name + got, part < NAME_ROOM - got ? part : NAME_ROOM - got);
        if (n <= 0) {
            return -EFAULT;
        }
        if (memchr(name + got, '\0', (size_t)n) != NULL) {
            bool users = strncmp(name, "user.", 5) == 0 || strncmp(name, "system.posix_acl_", 17) == 0;
            return users ? 0 : -EPERM;
        }
        got += (size_t)n;
    }
    return -ERANGE;
}

static int set_attribute(const char *link, pid_t pid, const uint64_t *args)
{
    char name[NAME_ROOM];
    int r = fetch_name(pid, args[1], name);
    if (r != 0 || args[3] > XATTR_SIZE_MAX) {
        return r != 0 ? r : -E2BIG;
    }
    char *value = malloc(args[3] + 1);
    if (value == NULL) {
        return -ENOMEM;
    }
    if (args[3] != 0 && fetch(pid, args[2], value, args[3]) != (ssize_t)args[3]) {
        r = -EFAULT;
    } else if (setxattr(link, name, value, args[3], (int)args[4]) != 0) {
        r = -errno;
    }
    free(value);
    return r;
}

static int remove_attribute(const char *link, pid_t pid, const uint64_t *args)
{
    char name[NAME_ROOM];
    int r = fetch_name(pid, args[1], name);
    return r != 0 ? r : removexattr(link, name) == 0 ? 0 : -errno;
}

static int set_times(const char *link, pid_t pid, const uint64_t *args)
{
    struct timespec times[2];
    if (args[2] != 0 && fetch(pid, args[2], times, sizeof times) != (ssize_t)sizeof times) {
        return -EFAULT;
    }
    return utimensat(AT_FDCWD, link, args[2] != 0 ? times : NULL, 0) == 0 ? 0 : -errno;
}

/* The engine gives no file on the host set-id bits: they stand in an attribute. */
static int set_mode(const char *link, const uint64_t *args)
{
    if ((args[1] & (S_ISUID | S_ISGID)) != 0) {
        return -EPERM;
    }
    return chmod(link, (mode_t)args[1] & 07777) == 0 ? 0 : -errno;
}

static int make(int number, const char *link, pid_t pid, const uint64_t *args)
{
    switch (number) {
    case SYS_fchmod:
        return set_mode(link, args);
    case SYS_fchown:
        return chown(link, (uid_t)args[1], (gid_t)args[2]) == 0 ? 0 : -errno;
    case SYS_utimensat:
        return set_times(link, pid, args);
    case SYS_fsetxattr:
        return set_attribute(link, pid, args);
    case SYS_fremovexattr:
        return remove_attribute(link, pid, args);
    default:
        return -ENOSYS;
    }
}

/* What is opened here stays the file that it was, and is the asker's if that has not gone meanwhile. */
static int decide(int listener, const struct seccomp_notif *n)
{
    char path[64], link[64];
    uint64_t args[6], id = n->id;
    for (int i = 0; i < 6; i++) {
        args[i] = n->data.args[i];
    }
    snprintf(path, sizeof path, "/proc/%u/fd/%d", n->pid, (int)args[0]);
    int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0) {
        return errno == ENOENT ? -EBADF : -EPERM;
    }
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    int r = -EPERM;
    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0 && may_change(link)) {
        r = make(n->data.nr, link, (pid_t)n->pid, args);
    }
    close(fd);
    return r;
}

/* The kernel's structures may be longer than those that are known here. */
union notif_room {
    struct seccomp_notif request;
    struct seccomp_notif_resp response;
    char room[REPLY_ROOM];
};

static void answer(int listener)
{
    union notif_room asked, told;
    memset(&asked, 0, sizeof asked);
    memset(&told, 0, sizeof told);
    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &asked) != 0) {
        return; /* it was interrupted, or is gone */
    }
    told.response.id = asked.request.id;
    told.response.error = decide(listener, &asked.request);
    ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &told);
}

void changes_take(const struct pollfd *fds, unsigned count)
{
    for (unsigned i = count; i-- > 0;) {
        if ((fds[i].revents & POLLIN) != 0) {
            answer(fds[i].fd);
        } else if (fds[i].revents != 0) {
            close(fds[i].fd); /* nobody is left who could ask */
            listeners[i] = listeners[--listener_count];
        }
    }
}
