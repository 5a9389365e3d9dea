/*
 * Reading directories. Where the host's records are the guest's, the host writes them; else they are made from what it
 * writes here, and its position is put back to the first that did not fit. Sources: getdents(2), fs/readdir.c.
 */
#include "linux_syscalls.h"
#include "linux_x32_syscalls.h"

#include <linux/fcntl.h>
#include <linux/fs.h>

#include "base/host.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/thread.h"
#include "process/descriptors.h"
#include "syscalls/common/dirent.h"
#include "syscalls/common/linux/files/directories.h"
#include "syscalls/common/linux/files/positions.h"
#include "syscalls/common/linux/filesystems/procfs.h"
#include "syscalls/common/metadata_dirents.h"
#include "vfs/metadata.h"
#include "vfs/path.h"

#define CHUNK     4096
#define CHUNK_MIN 512 /* holds a record with the longest name */

int32_t linux_dirent64_record(const struct host_dirent *from, void *to)
{
    memcpy(to, from, from->d_reclen);
    return from->d_reclen;
}

int32_t linux_compat_dirent64_record(const struct host_dirent *from, void *to)
{
    memcpy(to, from, from->d_reclen);
    ((struct host_dirent *)to)->d_off = linux_position_fold(from->d_off);
    return from->d_reclen;
}

int32_t linux_dirent_record(const struct host_dirent *from, void *to)
{
    struct linux_dirent *d = to;
    size_t n = host_dirent_name_length(from);
    size_t size = (__builtin_offsetof(struct linux_dirent, d_name) + n + 2 + 7) & ~7ul;

    memset(d, 0, size);
    d->d_ino = from->d_ino;
    d->d_off = from->d_off;
    d->d_reclen = (uint16_t)size;
    memcpy(d->d_name, from->d_name, n);
    ((char *)to)[size - 1] = (char)from->d_type;
    return (int32_t)size;
}

/* Whether fd is open on the process's own /proc/PID/fd or fdinfo, where the engine's descriptors are not to be seen. */
static bool lists_descriptors(struct thread *t, int fd)
{
    char host[VFS_HOST_PATH_MAX];
    struct linux_proc_file file;

    if (!(t->proc->special_directories & 1u << VFS_DIRECTORY_SPECIAL) ||
        path_of_descriptor(fd, host, sizeof(host)) <= 0) {
        return false;
    }
    file = linux_proc_find(t, host);
    return file.kind == LINUX_PROC_FD && file.pid == t->proc->pid;
}

/* Whether a name is the number of a descriptor of the engine's. */
static bool is_engines(const char *name)
{
    int64_t n = 0;

    for (; *name >= '0' && *name <= '9' && n < INT32_MAX / 10; name++) {
        n = n * 10 + (*name - '0');
    }
    return *name == 0 && is_hidden((int)n);
}

/* What is being read, and how far. */
struct reading {
    int fd;
    bool descriptors;     /* the engine's are left out */
    struct thread *nodes; /* the reading one, where there may be device nodes (metadata_dirents.h); else NULL */
    directory_record_fn *record;
    guest_ptr buf;
    uint64_t room, done;
    int64_t position; /* behind the last record that was delivered or passed over */
};

/* The records of one read of the host's. 0: all are delivered; 1: there is no room for the next; -errno. */
static int64_t deliver(struct reading *r, const char *host, int64_t bytes)
{
    char to[DIRENT_RECORD_MAX] __attribute__((aligned(8)));

    for (int64_t at = 0; at < bytes;) {
        const struct host_dirent *h = (const struct host_dirent *)(host + at);

        if (!r->descriptors || !is_engines(h->d_name)) {
            int32_t size = r->record(h, to);

            if (size >= 0 && r->done + (uint32_t)size > r->room) {
                size = r->done == 0 ? -EINVAL : 0;
            }
            if (size <= 0) {
                host_call3(__NR_lseek, r->fd, r->position, SEEK_SET);
                return r->done == 0 ? size : 1;
            }
            if (copyout(guest_at(r->buf, r->done), to, (size_t)size) < 0) {
                return -EFAULT;
            }
            r->done += (uint32_t)size;
        }
        r->position = h->d_off;
        at += h->d_reclen;
    }
    return 0;
}

/* Reads in chunks until the guest's room is used up, as the host does. */
static int64_t read_made(struct reading *r)
{
    char host[CHUNK] __attribute__((aligned(8)));
    int64_t n, e = 0;

    r->position = host_call3(__NR_lseek, r->fd, 0, SEEK_CUR);
    while (e == 0) {
        uint64_t left = r->room - r->done;

        n = host_call3(__NR_getdents64, r->fd, host, left < CHUNK_MIN ? CHUNK_MIN : left < CHUNK ? left : CHUNK);
        if (n <= 0) {
            return r->done ? (int64_t)r->done : n;
        }
        if (r->nodes) {
            metadata_dirents(r->nodes, r->fd, host, n);
        }
        e = deliver(r, host, n);
    }
    return e < 0 ? e : (int64_t)r->done;
}

int64_t linux_directory_special(struct thread *t, int fd, guest_ptr dirent, uint32_t count, directory_record_fn *record)
{
    if (t->proc->settings.sysroot[0] != 0 && directory_is_listed(t, fd)) {
        int64_t start = host_call3(__NR_lseek, fd, 0, SEEK_CUR);

        return start < 0 ? start : directory_list(t, fd, dirent, count, start, record);
    }
    if (lists_descriptors(t, fd)) {
        struct reading r = {.fd = fd, .descriptors = true, .record = record, .buf = dirent, .room = count};

        return read_made(&r);
    }
    return -ENOSYS;
}

int64_t linux_any_getdents64(struct thread *t, int32_t fd, guest_ptr dirent, uint32_t count)
{
    int64_t r = linux_directory_special(t, fd, dirent, count, linux_dirent64_record);
    struct guest_span s;

    if (r != -ENOSYS) {
        return r;
    }
    s = guest_span(dirent.va, count);
    return host_call3(__NR_getdents64, fd, s.va, s.len);
}

int64_t linux_any_getdents(struct thread *t, int32_t fd, guest_ptr dirent, uint32_t count)
{
    int64_t r = linux_directory_special(t, fd, dirent, count, linux_dirent_record);
    struct guest_span s;

    if (r != -ENOSYS) {
        return r;
    }
    s = guest_span(dirent.va, count);
    return host_call3(__NR_getdents, fd, s.va, s.len);
}

/* Where there are device nodes, the host's records are not the guest's. */
static int64_t read_nodes(struct thread *t, int fd, guest_ptr dirent, uint32_t count, directory_record_fn *record)
{
    struct reading r = {.fd = fd, .nodes = t, .record = record, .buf = dirent, .room = count};

    return read_made(&r);
}

/* Puts right the types in records that the host has written into the guest's memory, which may have changed since. */
static int64_t put_types_right(struct thread *t, int fd, guest_ptr dirent, int64_t bytes)
{
    union {
        struct host_dirent head;
        char bytes[DIRENT_RECORD_MAX + 1]; /* a name always ends */
    } record = {0};

    for (int64_t at = 0; at < bytes;) {
        guest_ptr here = guest_at(dirent, (uint64_t)at);
        int64_t left = bytes - at < DIRENT_RECORD_MAX ? bytes - at : DIRENT_RECORD_MAX;
        uint8_t type;

        if (copyin(&record, here, (size_t)left) < 0) {
            return -EFAULT;
        }
        if (record.head.d_reclen < sizeof(record.head) || record.head.d_reclen > left) {
            break;
        }
        type = record.head.d_type;
        metadata_dirents(t, fd, record.bytes, 1);
        if (type != record.head.d_type && copyout(guest_at(here, offsetof(struct host_dirent, d_type)),
                                                  &record.head.d_type, sizeof(record.head.d_type)) < 0) {
            return -EFAULT;
        }
        at += record.head.d_reclen;
    }
    return bytes;
}

/* The host's records are the guest's, but for a type. */
int64_t linux_emulated_getdents64(struct thread *t, int32_t fd, guest_ptr dirent, uint32_t count)
{
    int64_t r = linux_any_getdents64(t, fd, dirent, count);

    return r > 0 && metadata_has_nodes(t, fd) ? put_types_right(t, fd, dirent, r) : r;
}

int64_t linux_emulated_getdents(struct thread *t, int32_t fd, guest_ptr dirent, uint32_t count)
{
    int64_t r = linux_directory_special(t, fd, dirent, count, linux_dirent_record);

    if (r != -ENOSYS) {
        return r;
    }
    return metadata_has_nodes(t, fd) ? read_nodes(t, fd, dirent, count, linux_dirent_record)
                                     : linux_any_getdents(t, fd, dirent, count);
}

/* x32's */
int64_t linux_compat_getdents64(struct thread *t, int32_t fd, guest_ptr dirent, uint32_t count)
{
    struct reading r = {.fd = fd, .record = linux_compat_dirent64_record, .buf = dirent, .room = count};
    int64_t special = linux_directory_special(t, fd, dirent, count, linux_dirent64_record);

    if (special != -ENOSYS) {
        return special;
    }
    r.nodes = metadata_is_kept(t) && metadata_has_nodes(t, fd) ? t : NULL;
    special = read_made(&r);
    if (r.position > UINT32_MAX) {
        linux_position_folded(fd);
    }
    return special;
}
