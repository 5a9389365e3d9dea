#include "syscalls/freebsd/sysctl/proc_descriptors.h"

#include <linux/fcntl.h>

#include "base/format.h"
#include "base/heap.h"
#include "base/host.h"
#include "base/host_file.h"
#include "base/mem.h"
#include "process/descriptors.h"
#include "process/host_lines.h"
#include "process/host_record.h"
#include "process/host_tree.h"
#include "process/process.h"
#include "process/thread.h"
#include "syscalls/freebsd/ipc/shm.h"
#include "syscalls/freebsd/sysctl/proc_target.h"

#define PTMX_MAJOR   5
#define PTMX_MINOR   2
#define O_HIDDEN_TOO 02000000 /* the host's O_CLOEXEC */

static bool begins(const char *text, const char *with)
{
    return hot_strncmp(text, with, hot_strlen(with)) == 0;
}

uint64_t proc_link_number(const char *link)
{
    const char *at = hot_strchr(link, '[');
    if (link[0] == '/' || at == NULL) {
        return 0;
    }
    at++;
    return host_number(&at, 10);
}

static enum file_class class_of(const struct proc_descriptor *d)
{
    if (begins(d->link, "anon_inode:[eventpoll]")) {
        return FILE_KQUEUE; /* a guest's is one (syscalls/common/kqueue.h), and a program of the host's comes near */
    }
    if (begins(d->link, "anon_inode:[pidfd]") || begins(d->link, "pidfd:[")) {
        return FILE_PROCESS;
    }
    switch (d->stat.stx_mode & S_IFMT) {
    case S_IFSOCK:
        return FILE_SOCKET;
    case S_IFIFO:
        return d->link[0] == '/' ? FILE_FIFO : FILE_PIPE;
    case S_IFCHR:
        return d->stat.stx_rdev_major == PTMX_MAJOR && d->stat.stx_rdev_minor == PTMX_MINOR ? FILE_PTS : FILE_VNODE;
    case S_IFREG:
        return freebsd_shm_name(d->link) || (d->stat.stx_nlink == 0 && begins(d->link, "/memfd:")) ? FILE_SHM
                                                                                                   : FILE_VNODE;
    case 0:
        return FILE_OTHER;
    default:
        return FILE_VNODE;
    }
}

static void read_link(const char *path, struct proc_descriptor *out)
{
    static const char deleted[] = " (deleted)";
    int64_t n = host_call3(__NR_readlink, path, out->link, sizeof out->link - 1);
    size_t tail = sizeof deleted - 1;
    n = n > 0 ? n : 0;
    out->link[n] = '\0';
    if ((size_t)n > tail && hot_strcmp(out->link + n - tail, deleted) == 0) {
        out->link[(size_t)n - tail] = '\0';
    }
}

static int64_t read_named(const struct proc_target *target, const char *name, struct proc_descriptor *out)
{
    char path[64];
    memset(out, 0, sizeof *out);
    proc_target_path(target, name, path, sizeof path);
    int64_t r = host_call5(__NR_statx, AT_FDCWD, path, 0, STATX_BASIC_STATS, &out->stat);
    if (r == 0) {
        read_link(path, out);
        out->class = class_of(out);
    }
    return r;
}

int64_t proc_descriptor_of(const struct proc_target *target, const char *name, struct proc_descriptor *out)
{
    return proc_target_error(read_named(target, name, out));
}

static void read_info(const struct proc_target *target, int32_t fd, struct proc_descriptor *out)
{
    char name[32], path[64], text[1024];
    struct text x = TEXT_ON(name);
    text_format(&x, "fdinfo/%d", fd);
    proc_target_path(target, text_cstr(&x), path, sizeof path);
    if (host_file_read(path, text, sizeof text) <= 0) {
        return;
    }
    const char *flags = host_status_find(text, "flags");
    for (; flags != NULL && *flags >= '0' && *flags <= '7'; flags++) {
        out->flags = out->flags * 8 + (uint32_t)(*flags - '0');
    }
    out->position = (int64_t)host_status_number(text, "pos", 0);
    if (out->class == FILE_PROCESS) {
        int64_t pid = (int64_t)host_status_number(text, "Pid", 0);
        out->process = pid > 0 ? (int32_t)pid : 0;
    }
    if (out->class == FILE_PTS) { /* Documentation/admin-guide/devices.txt: 136 and up, 256 to each */
        uint32_t index = (uint32_t)host_status_number(text, "tty-index", 0);
        out->terminal_major = 136 + index / 256;
        out->terminal_minor = index % 256;
    }
}

/* Of the caller the engine knows; of other guests what stands where the engine puts its own, and ends at an exec. */
static bool is_engines(const struct proc_target *target, int32_t fd, uint32_t flags)
{
    return target->own ? engine_descriptor(fd)
                       : target->guest && fd >= ENGINE_DESCRIPTOR_USUAL && (flags & O_HIDDEN_TOO) != 0;
}

static enum file_class own_class(const struct proc_target *target, int32_t fd, enum file_class otherwise)
{
    uint32_t mode;
    int64_t class = freebsd_file_class(target->t, fd, &mode);
    return class == FILE_KQUEUE || class == FILE_PROCESS ? (enum file_class) class : otherwise;
}

int64_t proc_descriptor_read(const struct proc_target *target, int32_t fd, struct proc_descriptor *out)
{
    char name[32];
    struct text x = TEXT_ON(name);
    text_format(&x, "fd/%d", fd);
    int64_t r = read_named(target, text_cstr(&x), out);
    if (r < 0) {
        return r == -EACCES ? -EPERM : r == -ESRCH ? r : -EBADF;
    }
    out->fd = fd;
    if (target->own) {
        out->class = own_class(target, fd, out->class);
    }
    if (target->forking && out->class == FILE_KQUEUE) {
        return -EBADF; /* its parent's: it is about to be closed */
    }
    read_info(target, fd, out);
    return is_engines(target, fd, out->flags) ? -EBADF : 0;
}

struct numbers {
    int32_t *list;
    uint32_t count, room;
};

static int add_number(void *arg, int32_t number)
{
    struct numbers *n = arg;
    if (n->count == n->room) {
        uint32_t room = n->room == 0 ? 64 : 2 * n->room;
        int32_t *list = heap_alloc_unset(room * sizeof *list);
        if (list == NULL) {
            return -ENOMEM;
        }
        if (n->count > 0) {
            memcpy(list, n->list, n->count * sizeof *list);
        }
        heap_free(n->list);
        n->list = list;
        n->room = room;
    }
    n->list[n->count++] = number;
    return 0;
}

int64_t proc_descriptor_numbers(const struct proc_target *target, int32_t **list, uint32_t *count)
{
    char path[48];
    struct numbers n = {NULL, 0, 0};
    proc_target_path(target, "fd", path, sizeof path);
    int64_t r = proc_target_error(host_numbers_each(path, add_number, &n));
    if (r < 0) {
        heap_free(n.list);
        n = (struct numbers){NULL, 0, 0};
    }
    *list = n.list;
    *count = n.count;
    return r;
}
