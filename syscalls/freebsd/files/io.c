/*
 * Reading and writing: the host's own calls on the guest's buffers. What differs is told apart when the host has
 * refused, so that the usual case pays nothing: lengths beyond SSIZE_MAX (EINVAL before anything else is looked at:
 * sys_read() and copyinuio()), offsets given for a terminal (kern_preadv() asks no character device to be seekable),
 * and O_DIRECT, which is a hint there and no demand on addresses and lengths (open(2)).
 */
#include "freebsd_syscalls.h"

#include "base/host.h"
#include "base/process.h"
#include "base/thread.h"
#include "process/descriptors.h"
#include "signals/signals.h"
#include "syscalls/common/kqueue.h"
#include "syscalls/freebsd/files/file_class.h"
#include "syscalls/freebsd/sockets/nosigpipe.h"
#include "syscalls/freebsd/sockets/route_socket.h"
#include "syscalls/freebsd/sockets/socket.h"
#include "syscalls/freebsd/terminal/terminal.h"

#include <linux/fcntl.h>

#define IOV_MAX      1024
#define DIRECT_TRIES 4

/* The call that takes no offset. */
static long without_offset(long nr)
{
    switch (nr) {
    case __NR_pread64:
        return __NR_read;
    case __NR_pwrite64:
        return __NR_write;
    case __NR_preadv:
        return __NR_readv;
    case __NR_pwritev:
        return __NR_writev;
    default:
        return 0;
    }
}

/*
 * Does without O_DIRECT what the host has refused for it. The flag is the file's, not the descriptor's: other threads may
 * see it missing meanwhile, may have taken it off just before, or put it back, which is why it is tried again.
 */
static int64_t transfer_buffered(struct thread *t, long nr, int fd, uint64_t b, uint64_t n, uint64_t offset)
{
    int64_t r = -EINVAL;

    for (int tries = 0; r == -EINVAL && tries < DIRECT_TRIES && (int64_t)offset >= 0; tries++) {
        int64_t flags = host_call3(__NR_fcntl, fd, F_GETFL, 0);
        bool direct = flags >= 0 && (flags & O_DIRECT) != 0;

        if (!direct && tries > 0) {
            break;
        }
        if (direct) {
            host_call3(__NR_fcntl, fd, F_SETFL, flags & ~(int64_t)O_DIRECT);
        }
        r = host_call_intr(t, nr, (uint64_t)fd, b, n, offset, 0, 0);
        if (direct) {
            host_call3(__NR_fcntl, fd, F_SETFL, flags);
        }
    }
    return r;
}

/* One call of the host's; b and n are buffer and length, or vector and count. */
static int64_t transfer_host(struct thread *t, long nr, int fd, uint64_t b, uint64_t n, uint64_t offset)
{
    int64_t r;

    if (is_hidden(fd)) {
        return -EBADF;
    }
    r = host_call_intr(t, nr, (uint64_t)fd, b, n, offset, 0, 0);
    if (r == -ESPIPE && without_offset(nr) != 0 && freebsd_is_character_device(t, fd)) {
        r = host_call_intr(t, without_offset(nr), (uint64_t)fd, b, n, 0, 0, 0);
    }
    if (r == -EINVAL) {
        r = transfer_buffered(t, nr, fd, b, n, offset);
    }
    return restartable(r);
}

static int64_t transfer(struct thread *t, long nr, int fd, guest_ptr buf, uint64_t n, uint64_t offset)
{
    return n > INT64_MAX ? -EINVAL : transfer_host(t, nr, fd, buf.va, n, offset);
}

int64_t freebsd_read(struct thread *t, int32_t fd, guest_ptr buf, uint64_t nbyte)
{
    int64_t n = terminal_after_read(t, fd, buf, nbyte, transfer(t, __NR_read, fd, buf, nbyte, 0));

    return nbyte != 0 ? kqueue_after_read(t, fd, n) : n;
}

int64_t freebsd_write(struct thread *t, int32_t fd, guest_ptr buf, uint64_t nbyte)
{
    if (nosigpipe_is_set(t, fd)) {
        return freebsd_sendto(t, fd, buf, nbyte, 0, guest_addr(0), 0);
    }
    if (route_socket_is(t, fd)) {
        return route_socket_write(t, fd, buf, nbyte);
    }
    if (terminal_is_typed_at(t, fd)) {
        return terminal_write(t, fd, buf, nbyte);
    }
    return transfer(t, __NR_write, fd, buf, nbyte, 0);
}

int64_t freebsd_pread(struct thread *t, int32_t fd, guest_ptr buf, uint64_t nbyte, int64_t offset)
{
    return transfer(t, __NR_pread64, fd, buf, nbyte, (uint64_t)offset);
}

int64_t freebsd_pwrite(struct thread *t, int32_t fd, guest_ptr buf, uint64_t nbyte, int64_t offset)
{
    return transfer(t, __NR_pwrite64, fd, buf, nbyte, (uint64_t)offset);
}

bool vector_is_too_long(guest_ptr vector, uint32_t count)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < count && i < IOV_MAX; i++) {
        uint64_t entry[2];

        if (copyin(entry, guest_at(vector, i * sizeof(entry)), sizeof(entry)) < 0) {
            return false;
        }
        if (entry[1] > INT64_MAX - sum) {
            return true;
        }
        sum += entry[1];
    }
    return false;
}

/* The vector as the host may be handed it. */
static uint64_t host_vector(guest_ptr vector, uint32_t count)
{
    return guest_vector_ok(vector, count) ? vector.va : GUEST_NOWHERE;
}

static int64_t transfer_vector(struct thread *t, long nr, int fd, guest_ptr vector, uint32_t count, uint64_t offset)
{
    int64_t r = transfer_host(t, nr, fd, host_vector(vector, count), count, offset);

    return r == -EFAULT && vector_is_too_long(vector, count) ? -EINVAL : r;
}

/* writev to a socket that raises no SIGPIPE: as a message without address and control data. */
static int64_t send_vector(struct thread *t, int fd, guest_ptr vector, uint32_t count)
{
    struct host_msghdr h = {.iov = host_vector(vector, count), .iovlen = count};

    return restartable(host_call_intr(t, __NR_sendmsg, (uint64_t)fd, (uint64_t)&h,
                                      freebsd_msg_to_host(FREEBSD_MSG_NOSIGNAL), 0, 0, 0));
}

int64_t freebsd_readv(struct thread *t, int32_t fd, guest_ptr iovp, uint32_t iovcnt)
{
    int64_t n = transfer_vector(t, __NR_readv, fd, iovp, iovcnt, 0);

    return kqueue_after_read(t, fd, n == -EIO && terminal_is_master(fd) ? 0 : n);
}

int64_t freebsd_writev(struct thread *t, int32_t fd, guest_ptr iovp, uint32_t iovcnt)
{
    if (nosigpipe_is_set(t, fd)) {
        return send_vector(t, fd, iovp, iovcnt);
    }
    if (iovcnt <= IOV_MAX && terminal_is_typed_at(t, fd) && !vector_is_too_long(iovp, iovcnt)) {
        return terminal_write_vector(t, fd, iovp, iovcnt);
    }
    if (route_socket_is(t, fd)) {
        return route_socket_writev(t, fd, iovp, iovcnt);
    }
    return transfer_vector(t, __NR_writev, fd, iovp, iovcnt, 0);
}

int64_t freebsd_preadv(struct thread *t, int32_t fd, guest_ptr iovp, uint32_t iovcnt, int64_t offset)
{
    return transfer_vector(t, __NR_preadv, fd, iovp, iovcnt, (uint64_t)offset);
}

int64_t freebsd_pwritev(struct thread *t, int32_t fd, guest_ptr iovp, uint32_t iovcnt, int64_t offset)
{
    return transfer_vector(t, __NR_pwritev, fd, iovp, iovcnt, (uint64_t)offset);
}

/* getrandom(2), sys/kern/sys_getrandom.c: the flags and their numbers are the host's (NONBLOCK, RANDOM, INSECURE). */
int64_t freebsd_getrandom(struct thread *t, guest_ptr buf, uint64_t buflen, int32_t how)
{
    const uint32_t random = 2, insecure = 4, known = 7;
    uint32_t flags = (uint32_t)how;

    if ((flags & ~known) || buflen > INT64_MAX || (flags & (random | insecure)) == (random | insecure)) {
        return -EINVAL;
    }
    return restartable(host_call_intr(t, __NR_getrandom, buf.va, buflen, flags, 0, 0, 0));
}

/* The calls before 7.0, whose offset was aligned by an extra argument. */

int64_t freebsd6_pread(struct thread *t, int32_t fd, guest_ptr buf, uint64_t nbyte, int32_t pad, int64_t offset)
{
    (void)pad;
    return freebsd_pread(t, fd, buf, nbyte, offset);
}

int64_t freebsd6_pwrite(struct thread *t, int32_t fd, guest_ptr buf, uint64_t nbyte, int32_t pad, int64_t offset)
{
    (void)pad;
    return freebsd_pwrite(t, fd, buf, nbyte, offset);
}

int64_t freebsd6_lseek(struct thread *t, int32_t fd, int32_t pad, int64_t offset, int32_t whence)
{
    (void)pad;
    return freebsd_lseek(t, fd, offset, whence);
}

int64_t freebsd6_truncate(struct thread *t, guest_ptr path, int32_t pad, int64_t length)
{
    (void)pad;
    return freebsd_truncate(t, path, length);
}

int64_t freebsd6_ftruncate(struct thread *t, int32_t fd, int32_t pad, int64_t length)
{
    (void)pad;
    return freebsd_ftruncate(t, fd, length);
}
