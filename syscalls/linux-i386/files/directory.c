/*
 * Reading directories, and positions in files. Sources: getdents(2), readdir(2), _llseek(2), fs/readdir.c,
 * fs/read_write.c.
 */
#include "syscalls/linux-i386/files/directory.h"

#include "linux_i386_syscalls.h"

#include "base/host.h"
#include "base/mem.h"
#include "base/thread.h"
#include "syscalls/common/dirent.h"
#include "syscalls/common/linux/files/directories.h"
#include "syscalls/common/linux/files/positions.h"
#include "syscalls/common/linux/pairs.h"
#include "syscalls/common/metadata_dirents.h"
#include "vfs/metadata.h"

#include <linux/fs.h>

#define HOST_BUFFER 8192
#define ONE_ENTRY   ((19 + LINUX_NAME_MAX + 1 + 7) / 8 * 8) /* a record of the host's with the longest name */

int64_t linux_i386_llseek(struct thread *t, int32_t fd, uint64_t high, uint64_t low, guest_ptr result, int32_t whence)
{
    int64_t r = linux_compat_seek(fd, linux_pair((uint32_t)low, (uint32_t)high), whence);

    (void)t;
    return r < 0 ? r : COPYOUT(result, &r);
}

static uint32_t name_length(const struct linux_dirent64 *host)
{
    uint32_t room = host->d_reclen - (uint32_t) __builtin_offsetof(struct linux_dirent64, d_name), n = 0;

    while (n < room && n < LINUX_NAME_MAX && host->d_name[n] != 0) {
        n++;
    }
    return n;
}

int i386_dirent_from_host(const struct linux_dirent64 *host, uint32_t position, struct i386_dirent *out)
{
    uint32_t n = name_length(host);
    uint32_t size = (I386_DIRENT_HEAD + n + 2 + 3) & ~3u;

    if (host->d_ino > UINT32_MAX) {
        return -EOVERFLOW;
    }
    memset(out, 0, size);
    out->d_ino = (uint32_t)host->d_ino;
    out->d_off = position;
    out->d_reclen = (uint16_t)size;
    memcpy(out->d_name, host->d_name, n);
    ((uint8_t *)out)[size - 1] = host->d_type;
    return (int)size;
}

static int64_t read_host(struct thread *t, int fd, void *buffer, uint64_t size)
{
    int64_t n = host_call3(__NR_getdents64, fd, buffer, size);

    if (n > 0 && metadata_is_kept(t) && metadata_has_nodes(t, fd)) {
        metadata_dirents(t, fd, buffer, n);
    }
    return n;
}

/* An entry of getdents(2) to where there is room for `room` bytes. Returns its length or -errno. */
static int64_t put_entry(const struct linux_dirent64 *host, guest_ptr to, uint64_t room)
{
    struct i386_dirent entry;
    int n = i386_dirent_from_host(host, linux_position_fold(host->d_off), &entry);

    if (n > 0 && (uint64_t)n > room) {
        return -EINVAL; /* what the first one gets that does not fit */
    }
    return n > 0 && copyout(to, &entry, (size_t)n) < 0 ? -EFAULT : n;
}

/* Delivers entries as long as they fit, and puts the host's position back to the first that does not. */
static int64_t deliver(int fd, const char *host, int64_t size, guest_ptr to, uint64_t room, int64_t position)
{
    int64_t done = 0;
    bool wide = false;

    for (int64_t at = 0; at < size;) {
        const struct linux_dirent64 *h = (const struct linux_dirent64 *)(host + at);
        int64_t n = put_entry(h, guest_at(to, (uint64_t)done), room - (uint64_t)done);

        if (n < 0) {
            host_call3(__NR_lseek, fd, position, SEEK_SET);
            done = done > 0 ? done : n;
            break;
        }
        done += n;
        position = h->d_off;
        wide |= position > UINT32_MAX;
        at += h->d_reclen;
    }
    if (wide) {
        linux_position_folded(fd);
    }
    return done;
}

static int32_t special_record(const struct host_dirent *from, void *to)
{
    return i386_dirent_from_host((const struct linux_dirent64 *)from, (uint32_t)from->d_off, to);
}

int64_t linux_i386_getdents(struct thread *t, int32_t fd, guest_ptr dirent, uint32_t count)
{
    int64_t special = linux_directory_special(t, fd, dirent, count, special_record);
    char host[HOST_BUFFER] __attribute__((aligned(8)));
    uint64_t want = count < ONE_ENTRY ? ONE_ENTRY : count < HOST_BUFFER ? count : HOST_BUFFER;
    int64_t start, n;

    if (special != -ENOSYS) {
        return special;
    }
    start = host_call3(__NR_lseek, fd, 0, SEEK_CUR);
    n = read_host(t, fd, host, want);
    return n > 0 ? deliver(fd, host, n, dirent, count, start) : n;
}

/* The host's own records, but for the positions in them. */
int64_t linux_i386_getdents64(struct thread *t, int32_t fd, guest_ptr dirent, uint32_t count)
{
    int64_t n = linux_directory_special(t, fd, dirent, count, linux_dirent64_record);
    char host[HOST_BUFFER] __attribute__((aligned(8)));
    bool wide = false;

    if (n != -ENOSYS) {
        return n;
    }
    n = read_host(t, fd, host, count < HOST_BUFFER ? count : HOST_BUFFER);
    for (int64_t at = 0; at < n;) {
        struct linux_dirent64 *h = (struct linux_dirent64 *)(host + at);

        wide |= h->d_off > UINT32_MAX;
        h->d_off = linux_position_fold(h->d_off);
        at += h->d_reclen;
    }
    if (wide) {
        linux_position_folded(fd);
    }
    return n > 0 && copyout(dirent, host, (size_t)n) < 0 ? -EFAULT : n;
}

/* One entry each time. Returns 1, or 0 at the end. */
int64_t linux_i386_readdir(struct thread *t, int32_t fd, guest_ptr dirent, uint32_t count)
{
    char host[ONE_ENTRY] __attribute__((aligned(8)));
    const struct linux_dirent64 *h = (const struct linux_dirent64 *)host;
    int64_t start = host_call3(__NR_lseek, fd, 0, SEEK_CUR);
    int64_t n = read_host(t, fd, host, sizeof(host));
    struct i386_old_dirent out;

    (void)t;
    (void)count; /* the kernel does not look at it either */
    if (n <= 0) {
        return n;
    }
    host_call3(__NR_lseek, fd, h->d_off, SEEK_SET); /* there may have been room for more than one */
    if (h->d_ino > UINT32_MAX) {
        return -EOVERFLOW;
    }
    n = name_length(h);
    out.d_ino = (uint32_t)h->d_ino;
    out.d_off = linux_position_fold(start);
    out.d_namlen = (uint16_t)n;
    memcpy(out.d_name, h->d_name, (size_t)n);
    out.d_name[n] = 0;
    return copyout(dirent, &out, __builtin_offsetof(struct i386_old_dirent, d_name) + (size_t)n + 1) < 0 ? -EFAULT : 1;
}
