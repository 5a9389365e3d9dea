/* sendfile. Sources: sendfile(2), sys/kern/kern_sendfile.c. */
#include "freebsd_syscalls.h"

#include "base/host.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/thread.h"
#include "process/descriptors.h"
#include "signals/signals.h"
#include "syscalls/freebsd/sockets/nosigpipe.h"
#include "syscalls/freebsd/sockets/socket.h"

#include <asm/ioctls.h>
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/poll.h>
#include <linux/stat.h>

#define IOV_MAX 1024

enum { SF_NODISKIO = 1, SF_SYNC = 4 }; /* SF_USER_READAHEAD and SF_NOCACHE are hints */

/* struct sf_hdtr: what goes before and after the file. */
struct sf_hdtr {
    guest_ptr headers;
    int32_t header_count, pad0;
    guest_ptr trailers;
    int32_t trailer_count, pad1;
};

/* A guest vector that is to be sent. */
struct vector {
    guest_ptr at;
    uint32_t count;
    uint64_t length; /* of all its parts */
};

/* One call. */
struct sending {
    int fd, s;
    int64_t offset;
    uint64_t left; /* of the file */
    int64_t sent;
    struct vector headers, trailers;
    int32_t flags;
};

/* copyinuio(). Returns 0, -EINVAL or -EFAULT. */
static int64_t vector_copyin(guest_ptr at, int32_t count, struct vector *v)
{
    *v = (struct vector){at, (uint32_t)count, 0};
    if (guest_is_null(at)) {
        v->count = 0;
        return 0;
    }
    if (v->count > IOV_MAX) {
        return -EINVAL;
    }
    for (uint32_t i = 0; i < v->count; i++) {
        uint64_t entry[2];

        if (copyin(entry, guest_at(at, i * sizeof(entry)), sizeof(entry)) < 0) {
            return -EFAULT;
        }
        if (entry[1] > INT64_MAX - v->length) {
            return -EINVAL;
        }
        v->length += entry[1];
    }
    return guest_vector_ok(at, v->count) ? 0 : -EFAULT;
}

/* Sends a vector, or as much of it as goes out. Returns 0 when that is all. */
static int64_t send_vector(struct thread *t, struct sending *f, const struct vector *v)
{
    struct host_msghdr h = {.iov = v->at.va, .iovlen = v->count};
    int64_t r;

    if (v->length == 0) {
        return 0;
    }
    r = host_call_intr(t, __NR_sendmsg, (uint64_t)f->s, (uint64_t)&h, HOST_MSG_NOSIGNAL, 0, 0, 0);
    if (r < 0) {
        return r;
    }
    f->sent += r;
    if ((uint64_t)r == v->length) {
        return 0;
    }
    /* What stops a stream in the middle is a signal, or that it does not wait. */
    r = host_call3(__NR_fcntl, f->s, F_GETFL, 0);
    return r >= 0 && (r & O_NONBLOCK) ? -EAGAIN : -EINTR;
}

/* SF_NODISKIO: EBUSY where the file would have to be read. File systems that cannot tell are read. */
static bool would_read(const struct sending *f)
{
    uint8_t byte;
    struct {
        void *base;
        uint64_t length;
    } iov = {&byte, 1};

    return (f->flags & SF_NODISKIO) && host_call6(__NR_preadv2, f->fd, &iov, 1, f->offset, 0, RWF_NOWAIT) == -EAGAIN;
}

/* The file itself. */
static int64_t send_body(struct thread *t, struct sending *f)
{
    const uint64_t chunk = 1 << 30;

    while (f->left > 0) {
        uint64_t want = f->left > chunk ? chunk : f->left;
        int64_t r = would_read(f) ? -EBUSY
                                  : host_call_intr(t, __NR_sendfile, (uint64_t)f->s, (uint64_t)f->fd,
                                                   (uint64_t)&f->offset, want, 0, 0);

        if (r <= 0) {
            return r;
        }
        f->left -= (uint64_t)r;
        f->sent += r;
    }
    return 0;
}

/*
 * The same without SIGPIPE, which vn_sendfile() does not raise and the host's call has no flag against: it is blocked
 * meanwhile, and taken back. The way back to the guest sets the mask again.
 */
static int64_t send_body_quietly(struct thread *t, struct sending *f)
{
    const uint64_t pipe = 1ull << (HOST_SIGPIPE - 1);
    const int64_t at_once[2] = {0, 0};
    int64_t r;

    t->mask_stale = true;
    host_call4(__NR_rt_sigprocmask, 0 /* SIG_BLOCK */, &pipe, 0, sizeof(pipe));
    r = send_body(t, f);
    if (r == -EPIPE) {
        host_call4(__NR_rt_sigtimedwait, &pipe, 0, at_once, sizeof(pipe));
        r = socket_never_connected(f->s) ? -ENOTCONN : r;
    }
    return r;
}

/* SF_SYNC: until nothing of it is underway any more. The host has no event for that. */
static int64_t wait_until_sent(struct thread *t, int s)
{
    const int64_t while_asleep[2] = {0, 1000000};
    int32_t queued = 0;
    int64_t r = 0;

    while (r == 0 && host_call3(__NR_ioctl, s, TIOCOUTQ, &queued) == 0 && queued > 0) {
        r = host_call_intr(t, __NR_clock_nanosleep, 1 /* CLOCK_MONOTONIC */, 0, (uint64_t)while_asleep, 0, 0, 0);
    }
    return r;
}

static int64_t send_all(struct thread *t, struct sending *f)
{
    int64_t r = f->left > 0 || f->headers.length > 0 ? send_vector(t, f, &f->headers) : 0;

    if (r == -EPIPE && socket_never_connected(f->s)) {
        return -ENOTCONN;
    }
    r = r < 0 || f->left == 0 ? r : send_body_quietly(t, f);
    if (r == 0 && f->trailers.length > 0) {
        r = send_vector(t, f, &f->trailers);
        if (r == -EPIPE && !nosigpipe_is_set(t, f->s)) {
            host_call3(__NR_tgkill, t->proc->pid, t->tid, HOST_SIGPIPE); /* kern_writev() */
        }
    }
    return r == 0 && (f->flags & SF_SYNC) ? wait_until_sent(t, f->s) : r;
}

/* The file must be one, open for reading; the socket a stream (sendfile_getobj(), sendfile_getsock()). */
static int64_t check_ends(struct sending *f, uint64_t nbytes)
{
    struct statx x;
    int64_t r = engine_descriptor(f->fd) ? -EBADF : host_call3(__NR_fcntl, f->fd, F_GETFL, 0);

    if (r < 0 || (r & O_ACCMODE) == O_WRONLY || (r & O_PATH)) {
        return r < 0 ? r : -EBADF;
    }
    r = host_call5(__NR_statx, f->fd, "", AT_EMPTY_PATH, STATX_TYPE | STATX_SIZE, &x);
    if (r < 0 || (x.stx_mode & S_IFMT) != S_IFREG) {
        return r < 0 ? r : -EINVAL;
    }
    r = socket_int_option(f->s, HOST_SO_TYPE);
    if (r < 0 || r != SOCKET_STREAM) {
        return r < 0 ? r : -EINVAL;
    }
    f->left = (uint64_t)f->offset < x.stx_size ? x.stx_size - (uint64_t)f->offset : 0;
    f->left = nbytes != 0 && nbytes < f->left ? nbytes : f->left;
    return 0;
}

/* before_5: the calls of FreeBSD 4, whose nbytes had the headers in it. */
static int64_t do_sendfile(struct thread *t, struct sending *f, uint64_t nbytes, guest_ptr hdtr, guest_ptr sbytes,
                           bool before_5)
{
    struct sf_hdtr around;
    int64_t r = 0;

    if (f->offset < 0) {
        return -EINVAL;
    }
    if (!guest_is_null(hdtr)) {
        if (COPYIN(&around, hdtr) < 0) {
            return -EFAULT;
        }
        r = vector_copyin(around.headers, around.header_count, &f->headers);
        if (before_5) { /* what is left being nothing, it is the whole file: so the kernel's code has it */
            nbytes -= nbytes > f->headers.length ? f->headers.length : nbytes;
        }
        r = r < 0 ? r : vector_copyin(around.trailers, around.trailer_count, &f->trailers);
    }
    r = r < 0 ? r : check_ends(f, nbytes);
    if (r < 0) {
        return r;
    }
    r = send_all(t, f);
    if (!guest_is_null(sbytes)) {
        COPYOUT(sbytes, &f->sent); /* the kernel does not look whether that works either */
    }
    /* With data out, a restart would send it again. */
    return f->sent == 0 ? restartable(r) : r;
}

int64_t freebsd_sendfile(struct thread *t, int32_t fd, int32_t s, int64_t offset, uint64_t nbytes, guest_ptr hdtr,
                         guest_ptr sbytes, int32_t flags)
{
    struct sending f = {.fd = fd, .s = s, .offset = offset, .flags = flags};

    return do_sendfile(t, &f, nbytes, hdtr, sbytes, false);
}

int64_t freebsd4_sendfile(struct thread *t, int32_t fd, int32_t s, int64_t offset, uint64_t nbytes, guest_ptr hdtr,
                          guest_ptr sbytes, int32_t flags)
{
    struct sending f = {.fd = fd, .s = s, .offset = offset, .flags = flags};

    return do_sendfile(t, &f, nbytes, hdtr, sbytes, true);
}
