/*
 * Asynchronous I/O. Semantics: aio(4) and the pages of section 2 it names; sys/kern/vfs_aio.c, whose order of checks
 * (aio_aqueue()) is kept; soo_aio_queue() of sys/kern/sys_socket.c. What carries requests out: syscalls/common/aio.h.
 */
#include "syscalls/freebsd/aio/aio.h"

#include <asm/statfs.h>
#include <linux/fcntl.h>
#include <linux/stat.h>

#include "base/guest.h"
#include "base/heap.h"
#include "base/host.h"
#include "base/personality.h"
#include "freebsd_syscalls.h"
#include "process/descriptors.h"
#include "process/process.h"
#include "process/thread.h"
#include "signals/signals.h"
#include "syscalls/common/aio.h"
#include "syscalls/freebsd/abi.h"
#include "syscalls/freebsd/files/file_class.h"
#include "syscalls/freebsd/files/statfs.h"
#include "syscalls/freebsd/signals/signal_send.h"
#include "syscalls/freebsd/sockets/nosigpipe.h"
#include "syscalls/freebsd/sockets/socket.h"

/* sys/sys/fcntl.h */
enum { FREEBSD_O_SYNC_FLAG = 0x80, FREEBSD_O_DSYNC_FLAG = 0x1000000 };

#define HOST_SO_ACCEPTCONN 30

static int store_reference(guest_ptr aiocb, int64_t reference)
{
    return copyout(guest_at(aiocb, FREEBSD_AIOCB_PRIVATE + 16), &reference, sizeof reference);
}

/* Of the old structure only these kinds of notice are known; the value goes with events only (convert_old_sigevent()). */
static int sigevent_from_old(const struct freebsd6_sigevent *from, struct freebsd_aio_sigevent *to)
{
    *to = (struct freebsd_aio_sigevent){.notify = from->notify};
    switch (from->notify) {
    case FREEBSD_SIGEV_NONE:
        return 0;
    case FREEBSD_SIGEV_KEVENT:
        to->value = from->value;
        to->signo = from->signo;
        return 0;
    case FREEBSD_SIGEV_SIGNAL:
        to->signo = from->signo;
        return 0;
    default:
        return -EINVAL;
    }
}

static int read_aiocb(guest_ptr at, bool old, struct freebsd_aiocb *out)
{
    struct freebsd6_aiocb before;
    if (!old) {
        return COPYIN(out, at);
    }
    int r = COPYIN(&before, at);
    if (r < 0) {
        return r;
    }
    *out = (struct freebsd_aiocb){
        .fildes = before.fildes,
        .offset = before.offset,
        .buf = before.buf,
        .nbytes = before.nbytes,
        .lio_opcode = before.lio_opcode,
    };
    return sigevent_from_old(&before.sigevent, &out->sigevent);
}

/* A notice by signal; the others are told apart by who asks. Returns 0 or -EINVAL. */
static int signal_notice(const struct freebsd_aio_sigevent *from, struct aio_notice *to)
{
    if (!freebsd_signal_valid(from->signo)) {
        return -EINVAL;
    }
    to->kind = AIO_NOTICE_SIGNAL;
    to->signo = from->signo;
    to->signal_code = FREEBSD_SI_ASYNCIO;
    to->host_signo = freebsd_signal_queued_by_host(from->signo);
    to->value = from->value;
    if (from->notify == FREEBSD_SIGEV_THREAD_ID) {
        to->kind = AIO_NOTICE_THREAD;
        to->host_tid = from->more.thread_id - FREEBSD_TID_OFFSET;
    }
    return 0;
}

/* Everything of a sigevent but the event's flags, which are looked at last. */
static int notice_of(const struct freebsd_aio_sigevent *from, struct aio_notice *to)
{
    *to = (struct aio_notice){.kind = AIO_NOTICE_NONE};
    switch (from->notify) {
    case FREEBSD_SIGEV_NONE:
        return 0;
    case FREEBSD_SIGEV_SIGNAL:
    case FREEBSD_SIGEV_THREAD_ID:
        return signal_notice(from, to);
    case FREEBSD_SIGEV_KEVENT:
        to->kind = AIO_NOTICE_KQUEUE;
        to->kqueue = from->signo;
        to->value = from->value;
        return 0;
    default:
        return -EINVAL;
    }
}

/* A request on its way in. */
struct request {
    guest_ptr at;
    struct freebsd_aiocb cb;
    int32_t opcode; /* without LIO_FOFFSET */
    struct aio_notice notice;
    struct aio_job *job;
};

/* The memory that the request is about (copyinuio() for vectors). */
static int take_pieces(struct request *rq)
{
    bool vectored = (rq->opcode & FREEBSD_LIO_VECTORED) != 0;
    uint32_t count = vectored ? (uint32_t)rq->cb.nbytes : 1;
    uint64_t sum = 0;
    if (count > AIO_PIECES_MAX) {
        return -EINVAL;
    }
    rq->job = aio_job_new(count);
    if (rq->job == NULL) {
        return -EAGAIN;
    }
    if (!vectored) {
        rq->job->pieces[0] = (struct aio_piece){rq->cb.buf, rq->cb.nbytes};
        return 0;
    }
    int r = copyin(rq->job->pieces, guest_addr(rq->cb.buf), count * sizeof rq->job->pieces[0]);
    for (uint32_t i = 0; i < count && r == 0; i++) {
        if (rq->job->pieces[i].length > (uint64_t)INT64_MAX - sum) {
            r = -EINVAL;
        }
        sum += rq->job->pieces[i].length;
    }
    return r;
}

static enum aio_operation operation_of(int32_t opcode)
{
    switch (opcode) {
    case FREEBSD_LIO_READ:
    case FREEBSD_LIO_READV:
        return AIO_OP_READ;
    case FREEBSD_LIO_SYNC:
        return AIO_OP_SYNC;
    case FREEBSD_LIO_DSYNC:
        return AIO_OP_DATASYNC;
    case FREEBSD_LIO_MLOCK:
        return AIO_OP_LOCK;
    default:
        return AIO_OP_WRITE;
    }
}

static int check_opcode(struct request *rq, int32_t type)
{
    if (type != FREEBSD_LIO_NOP) {
        rq->opcode = type;
        rq->cb.lio_opcode = type;
        return 0;
    }
    rq->opcode = rq->cb.lio_opcode & ~FREEBSD_LIO_FOFFSET;
    switch (rq->opcode) {
    case FREEBSD_LIO_NOP:
    case FREEBSD_LIO_READ:
    case FREEBSD_LIO_READV:
    case FREEBSD_LIO_WRITE:
    case FREEBSD_LIO_WRITEV:
        return 0;
    default:
        return -EINVAL;
    }
}

/* The structure, and what can be said of it without the descriptor. type: LIO_NOP where it names the operation. */
static int take_request(struct request *rq, int32_t type, bool old)
{
    int r = read_aiocb(rq->at, old, &rq->cb);
    if (r < 0) {
        return r;
    }
    rq->opcode = type != FREEBSD_LIO_NOP ? type : rq->cb.lio_opcode & ~FREEBSD_LIO_FOFFSET;
    r = take_pieces(rq);
    if (r == 0 && rq->cb.nbytes > INT64_MAX) {
        r = -EINVAL;
    }
    if (r == 0) {
        r = notice_of(&rq->cb.sigevent, &rq->notice);
    }
    return r == 0 ? check_opcode(rq, type) : r;
}

/* What matters of the file behind a descriptor. */
struct aio_file {
    bool readable, writable;
    bool is_vnode, is_character, is_socket;
    bool is_safe; /* no request on it waits without end: a file or directory of a local file system, or a disk */
    bool is_listening, quiet;
};

static bool is_local(int fd)
{
    struct statfs host;
    struct freebsd_statfs guest;
    if (host_call2(__NR_fstatfs, fd, &host) < 0) {
        return false;
    }
    freebsd_statfs_from_host(&host, &guest);
    return (guest.f_flags & FREEBSD_MNT_LOCAL) != 0;
}

/* Returns 0 or -EBADF. */
static int look_at_file(struct thread *t, int fd, struct aio_file *f)
{
    uint32_t mode;
    int64_t class = freebsd_file_class(t, fd, &mode);
    int64_t flags = class < 0 ? class : host_call3(__NR_fcntl, fd, F_GETFL, 0);
    if (flags < 0) {
        return -EBADF;
    }
    bool usable = (flags & O_PATH) == 0;
    f->readable = usable && (flags & O_ACCMODE) != O_WRONLY;
    f->writable = usable && (flags & O_ACCMODE) != O_RDONLY;
    f->is_socket = class == FILE_SOCKET;
    f->is_vnode = class == FILE_FIFO || (class == FILE_VNODE && !freebsd_is_named_shm(fd));
    f->is_character = class == FILE_VNODE && (mode & S_IFMT) == S_IFCHR;
    uint32_t type = mode & S_IFMT;
    bool file = type == S_IFREG || type == S_IFDIR;
    f->is_safe = class == FILE_VNODE && f->is_vnode && (file ? is_local(fd) : type == S_IFBLK);
    if (f->is_socket) {
        f->is_listening = socket_int_option(fd, HOST_SO_ACCEPTCONN) == 1;
        f->quiet = nosigpipe_is_set(t, fd);
    }
    return usable ? 0 : -EBADF;
}

/* What the descriptor must be for the operation. Fills the job. */
static int check_file(struct thread *t, struct request *rq, struct aio_file *f)
{
    struct aio_job *job = rq->job;
    bool at_position = (rq->cb.lio_opcode & FREEBSD_LIO_FOFFSET) != 0;
    job->operation = operation_of(rq->opcode);
    job->ident = rq->at.va;
    job->offset = rq->cb.offset;
    job->at_position = at_position;
    job->notice = rq->notice;
    job->fd = -1;
    if (rq->opcode == FREEBSD_LIO_MLOCK) {
        return 0;
    }
    int r = look_at_file(t, rq->cb.fildes, f);
    if (r < 0) {
        return r;
    }
    job->fd = rq->cb.fildes;
    job->is_socket = f->is_socket;
    job->quiet = f->quiet;
    if (rq->opcode == FREEBSD_LIO_NOP) {
        return 0;
    }
    if (job->operation == AIO_OP_SYNC || job->operation == AIO_OP_DATASYNC) {
        return f->is_vnode ? 0 : -EINVAL;
    }
    if (job->operation == AIO_OP_READ ? !f->readable : !f->writable) {
        return -EBADF;
    }
    return !at_position && rq->cb.offset < 0 && !f->is_character ? -EINVAL : 0;
}

/* soo_aio_queue(), aio_queue_file(): what may be waited for without end is unsafe, and vfs.aio.enable_unsafe is 0. */
static int check_safe(const struct request *rq, const struct aio_file *f)
{
    if (rq->opcode == FREEBSD_LIO_MLOCK) {
        return 0;
    }
    if (f->is_socket) {
        return f->is_listening ? -EINVAL : 0;
    }
    return f->is_safe ? 0 : -EOPNOTSUPP;
}

/* The event that is asked for: its flags and its kqueue. */
static int check_event(struct thread *t, struct request *rq)
{
    if (rq->notice.kind != AIO_NOTICE_KQUEUE) {
        return 0;
    }
    rq->job->notice.flags = rq->cb.sigevent.more.kevent_flags;
    if ((rq->job->notice.flags & ~(KQ_CLEAR | KQ_DISPATCH | KQ_ONESHOT)) != 0) {
        return -EINVAL;
    }
    struct kqueue *kq = kqueue_get(t, rq->notice.kqueue);
    if (kq == NULL) {
        return -EBADF;
    }
    kqueue_put(kq);
    return 0;
}

static int submit(struct thread *t, struct request *rq, struct aio_list *list)
{
    static int64_t references;
    struct aio_file f = {.is_safe = false};
    int r = check_file(t, rq, &f);
    if (r < 0) {
        return r;
    }
    if (store_reference(rq->at, __atomic_add_fetch(&references, 1, __ATOMIC_RELAXED)) < 0) {
        return -EINVAL;
    }
    if (rq->opcode == FREEBSD_LIO_NOP) {
        return 0;
    }
    r = check_event(t, rq);
    if (r == 0) {
        r = check_safe(rq, &f);
    }
    if (r == 0) {
        freebsd_aio_store_error(t, rq->at, -EINPROGRESS);
        r = aio_submit(t, rq->job, list);
    }
    if (r == 0) {
        rq->job = NULL; /* it is no longer ours */
    }
    return r;
}

/* aio_aqueue(). Returns 0 or -errno, which the guest's structure has as well. */
static int64_t queue(struct thread *t, guest_ptr aiocb, int32_t type, bool old, struct aio_list *list)
{
    struct request rq = {.at = aiocb};
    freebsd_aio_store_status(aiocb, -1);
    freebsd_aio_store_error(t, aiocb, 0);
    (void)store_reference(aiocb, -1);
    int r = aio_use(t) != 0 || aio_full(t) ? -EAGAIN : take_request(&rq, type, old);
    if (r == 0) {
        r = submit(t, &rq, list);
    }
    heap_free(rq.job);
    if (r < 0) {
        freebsd_aio_store_error(t, aiocb, r);
    }
    return r;
}

int64_t freebsd_aio_read(struct thread *t, guest_ptr aiocbp)
{
    return queue(t, aiocbp, FREEBSD_LIO_READ, false, NULL);
}

int64_t freebsd_aio_readv(struct thread *t, guest_ptr aiocbp)
{
    return queue(t, aiocbp, FREEBSD_LIO_READV, false, NULL);
}

int64_t freebsd_aio_write(struct thread *t, guest_ptr aiocbp)
{
    return queue(t, aiocbp, FREEBSD_LIO_WRITE, false, NULL);
}

int64_t freebsd_aio_writev(struct thread *t, guest_ptr aiocbp)
{
    return queue(t, aiocbp, FREEBSD_LIO_WRITEV, false, NULL);
}

int64_t freebsd_aio_mlock(struct thread *t, guest_ptr aiocbp)
{
    return queue(t, aiocbp, FREEBSD_LIO_MLOCK, false, NULL);
}

int64_t freebsd_aio_fsync(struct thread *t, uint64_t op, guest_ptr aiocbp)
{
    switch ((int32_t)op) {
    case FREEBSD_O_SYNC_FLAG:
        return queue(t, aiocbp, FREEBSD_LIO_SYNC, false, NULL);
    case FREEBSD_O_DSYNC_FLAG:
        return queue(t, aiocbp, FREEBSD_LIO_DSYNC, false, NULL);
    default:
        return -EINVAL;
    }
}

int64_t freebsd6_aio_read(struct thread *t, guest_ptr aiocbp)
{
    return queue(t, aiocbp, FREEBSD_LIO_READ, true, NULL);
}

int64_t freebsd6_aio_write(struct thread *t, guest_ptr aiocbp)
{
    return queue(t, aiocbp, FREEBSD_LIO_WRITE, true, NULL);
}

/* The notice of a list, which only LIO_NOWAIT has: *out. */
static int list_notice(guest_ptr sig, bool old, struct aio_notice *out)
{
    struct freebsd_aio_sigevent event;
    struct freebsd6_sigevent before;
    int r = old ? COPYIN(&before, sig) : COPYIN(&event, sig);
    if (r == 0 && old) {
        r = sigevent_from_old(&before, &event);
    }
    return r == 0 ? notice_of(&event, out) : r;
}

/* Queues the list's requests. Returns 0, or what is wrong with some: -EIO, or -EAGAIN if that is all. */
static int64_t queue_all(struct thread *t, const uint64_t *requests, uint32_t count, bool old, struct aio_list *list)
{
    int64_t worst = 0;
    for (uint32_t i = 0; i < count; i++) {
        int64_t r = requests[i] != 0 ? queue(t, guest_addr(requests[i]), FREEBSD_LIO_NOP, old, list) : 0;
        if (r < 0 && worst != -EIO) {
            worst = r == -EAGAIN ? -EAGAIN : -EIO;
        }
    }
    return worst;
}

static int64_t listio(struct thread *t, int32_t mode, guest_ptr acb_list, int32_t nent, guest_ptr sig, bool old)
{
    uint64_t requests[AIO_JOBS_MAX];
    struct aio_notice notice = {.kind = AIO_NOTICE_NONE};
    if ((mode != FREEBSD_LIO_NOWAIT && mode != FREEBSD_LIO_WAIT) || nent < 0 || nent > AIO_JOBS_MAX) {
        return -EINVAL;
    }
    int r = 0;
    if (!guest_is_null(sig) && mode == FREEBSD_LIO_NOWAIT) {
        r = list_notice(sig, old, &notice);
    }
    if (r == 0) {
        r = copyin(requests, acb_list, (uint32_t)nent * sizeof requests[0]);
    }
    if (r < 0) {
        return r;
    }
    struct aio_list *list = aio_list_new(t, acb_list.va, &notice, &r);
    if (list == NULL) {
        return r;
    }
    int64_t result = queue_all(t, requests, (uint32_t)nent, old, list);
    r = aio_list_done(t, list, mode == FREEBSD_LIO_WAIT);
    return result != 0 ? result : r;
}

int64_t freebsd_lio_listio(struct thread *t, int32_t mode, guest_ptr acb_list, int32_t nent, guest_ptr sig)
{
    return listio(t, mode, acb_list, nent, sig, false);
}

int64_t freebsd6_lio_listio(struct thread *t, int32_t mode, guest_ptr acb_list, int32_t nent, guest_ptr sig)
{
    return listio(t, mode, acb_list, nent, sig, true);
}
