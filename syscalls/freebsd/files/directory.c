/*
 * Reading directories. Cookies are the host's own, so seeking to one works as it does there.
 *
 * The guest's records are longer than the host's, so what is read may not fit; then the host's position is put
 * back to the first entry that was not delivered. Sources: getdirentries(2), sys/kern/vfs_syscalls.c.
 */
#include "freebsd_syscalls.h"

#include "base/host.h"
#include "base/mem.h"
#include "base/thread.h"
#include "process/descriptors.h"
#include "syscalls/common/directory_list.h"
#include "syscalls/common/metadata_dirents.h"
#include "syscalls/freebsd/files/dirent.h"
#include "syscalls/freebsd/files/file_class.h"
#include "vfs/metadata.h"

#include <linux/fcntl.h>
#include <linux/fs.h>

/* Where one entry goes; either generation. */
union any_dirent {
    struct freebsd_dirent new;
    struct freebsd11_dirent old;
};

#define HOST_BUFFER     8192
#define HOST_BUFFER_MIN 512 /* holds an entry with the longest name */
/* At worst 24 bytes become 32; and one entry that is seen not to fit. */
#define GUEST_BUFFER (HOST_BUFFER / 24 * 32 + sizeof(union any_dirent))

uint32_t freebsd_dirent_from_host(const struct host_dirent *host, struct freebsd_dirent *guest)
{
    uint8_t n = (uint8_t)host_dirent_name_length(host);
    uint32_t size = (24u + n + 1 + 7) & ~7u;

    memset(guest, 0, size);
    guest->d_fileno = host->d_ino;
    guest->d_off = host->d_off;
    guest->d_reclen = (uint16_t)size;
    guest->d_type = host->d_type;
    guest->d_namlen = n;
    memcpy(guest->d_name, host->d_name, n);
    return size;
}

uint32_t freebsd11_dirent_from_host(const struct host_dirent *host, struct freebsd11_dirent *guest)
{
    uint8_t n = (uint8_t)host_dirent_name_length(host);
    uint32_t size = (8u + n + 1 + 3) & ~3u;

    memset(guest, 0, size);
    guest->d_fileno = (uint32_t)host->d_ino;
    guest->d_reclen = (uint16_t)size;
    guest->d_type = host->d_type;
    guest->d_namlen = n;
    memcpy(guest->d_name, host->d_name, n);
    return size;
}

static int32_t new_record(const struct host_dirent *from, void *to)
{
    return (int32_t)freebsd_dirent_from_host(from, to);
}

static int32_t old_record(const struct host_dirent *from, void *to)
{
    return (int32_t)freebsd11_dirent_from_host(from, to);
}

/*
 * Converts `bytes` of host entries, all that a read gave, into the guest's buffer. Returns bytes written or -errno.
 * They are put together here, whatever the generation, and copied out at once; the last may be larger than it counts.
 */
static int64_t deliver(int fd, const char *host, int64_t bytes, int64_t start, guest_ptr buf, uint64_t count, bool old)
{
    char out[GUEST_BUFFER] __attribute__((aligned(8)));
    int64_t next = start;
    uint64_t done = 0;

    for (int64_t at = 0; at < bytes;) {
        const struct host_dirent *h = (const struct host_dirent *)(host + at);
        union any_dirent *d = (union any_dirent *)(out + done);
        uint32_t size = old ? freebsd11_dirent_from_host(h, &d->old) : freebsd_dirent_from_host(h, &d->new);

        if (done + size > count) {
            host_call3(__NR_lseek, fd, next, SEEK_SET);
            if (done == 0) {
                return -EINVAL;
            }
            break;
        }
        done += size;
        next = h->d_off;
        at += h->d_reclen;
    }
    return copyout(buf, out, done) < 0 ? -EFAULT : (int64_t)done;
}

/* What has no vnode comes first, then that it must be open for reading (kern_getdirentries()). */
static int64_t not_a_directory(struct thread *t, int fd)
{
    int64_t flags = host_call3(__NR_fcntl, fd, F_GETFL, 0);

    return flags >= 0 && (flags & O_ACCMODE) == O_WRONLY && freebsd_require_vnode(t, fd) == 0 ? -EBADF : -EINVAL;
}

/* `start` receives the position before the read. */
static int64_t read_directory(struct thread *t, int fd, guest_ptr buf, uint64_t count, bool old, int64_t *start)
{
    char host[HOST_BUFFER] __attribute__((aligned(8)));
    uint64_t want = count / 4 * 3; /* at worst 24 bytes become 32 */
    int64_t n;

    if (count > INT64_MAX) {
        return -EINVAL; /* IOSIZE_MAX */
    }
    *start = is_hidden(fd) ? -EBADF : host_call3(__NR_lseek, fd, 0, SEEK_CUR);
    if (*start < 0) {
        return *start == -EBADF ? -EBADF : -EINVAL;
    }
    want = want < HOST_BUFFER_MIN ? HOST_BUFFER_MIN : want > HOST_BUFFER ? HOST_BUFFER : want;
    if (directory_is_listed(t, fd)) {
        return directory_list(t, fd, buf, count, *start, old ? old_record : new_record);
    }
    n = host_call3(__NR_getdents64, fd, host, want);
    if (n < 0) {
        return n == -ENOTDIR ? not_a_directory(t, fd) : n; /* a removed directory is ENOENT there too (VV_UNLINKED) */
    }
    if (metadata_is_kept(t) && metadata_has_nodes(t, fd)) {
        metadata_dirents(t, fd, host, n);
    }
    return deliver(fd, host, n, *start, buf, count, old);
}

static int64_t directory_call(struct thread *t, int fd, guest_ptr buf, uint64_t count, guest_ptr basep, bool old)
{
    int64_t start;
    int64_t n = read_directory(t, fd, buf, count, old, &start);

    if (n >= 0 && !guest_is_null(basep) && COPYOUT(basep, &start) < 0) {
        return -EFAULT;
    }
    return n;
}

int64_t freebsd_getdirentries(struct thread *t, int32_t fd, guest_ptr buf, uint64_t count, guest_ptr basep)
{
    return directory_call(t, fd, buf, count, basep, false);
}

int64_t freebsd11_getdirentries(struct thread *t, int32_t fd, guest_ptr buf, uint32_t count, guest_ptr basep)
{
    return directory_call(t, fd, buf, count, basep, true);
}

int64_t freebsd11_getdents(struct thread *t, int32_t fd, guest_ptr buf, uint64_t count)
{
    return directory_call(t, fd, buf, count, guest_addr(0), true);
}
