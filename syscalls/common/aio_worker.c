/* The threads that carry out asynchronous I/O; see aio.h. All signals are blocked in them. */
#include <linux/fcntl.h>
#include <linux/futex.h>
#include <linux/poll.h>
#include <linux/socket.h>
#include <linux/stat.h>

#include "base/host.h"
#include "base/mem.h"
#include "process/descriptors.h"
#include "process/process.h"
#include "process/thread.h"
#include "syscalls/common/aio_private.h"

/* linux/socket.h and linux/net.h leave these to the C library. */
#define HOST_AF_UNIX          1
#define HOST_SOCK_SEQPACKET   5
#define HOST_SOCK_CLOEXEC     02000000
#define HOST_SOL_SOCKET       1
#define HOST_SCM_RIGHTS       1
#define HOST_MSG_DONTWAIT     0x40
#define HOST_MSG_NOSIGNAL     0x4000
#define HOST_MSG_CMSG_CLOEXEC 0x40000000
#define DIRECT_TRIES          4
#define HOST_CLOSE_LOOP_MAX   65536 /* where the host has no close_range(2) */

struct host_message {
    void *name;
    int32_t name_length, pad0;
    const void *pieces;
    uint64_t piece_count;
    void *control;
    uint64_t control_length;
    uint32_t flags, pad1;
};
_Static_assert(sizeof(struct host_message) == 56, "struct user_msghdr of linux/socket.h");

/* One descriptor as control data: struct cmsghdr, and room to its alignment. */
struct host_rights {
    uint64_t length;
    int32_t level, type;
    int32_t fd, pad;
};

int aio_send(struct aio_state *s, const struct aio_message *m, int fd)
{
    struct aio_piece piece = {(uint64_t)m, sizeof *m};
    struct host_rights rights = {.length = 16 + sizeof(int32_t), HOST_SOL_SOCKET, HOST_SCM_RIGHTS, .fd = fd};
    struct host_message h = {.pieces = &piece, .piece_count = 1};
    if (fd >= 0) {
        h.control = &rights;
        h.control_length = sizeof rights;
    }
    int64_t r;
    do {
        r = host_call3(__NR_sendmsg, s->socket, &h, HOST_MSG_NOSIGNAL | HOST_MSG_DONTWAIT);
    } while (r == -EINTR);
    return r < 0 ? (int)r : 0;
}

/* The next message, with its descriptor in *fd (-1: none). Returns whether there was one. */
static bool receive(int control, struct aio_message *m, int *fd)
{
    struct aio_piece piece = {(uint64_t)m, sizeof *m};
    struct host_rights rights = {.fd = -1};
    struct host_message h = {.pieces = &piece, .piece_count = 1, .control = &rights, .control_length = sizeof rights};
    int64_t r = host_call3(__NR_recvmsg, control, &h, HOST_MSG_DONTWAIT | HOST_MSG_CMSG_CLOEXEC);
    *fd = h.control_length >= 16 + sizeof(int32_t) ? rights.fd : -1;
    return r == (int64_t)sizeof *m;
}

/* What is left of a job's pieces; -EFAULT: one is not the guest's. Returns their number. */
static int64_t pieces_left(const struct aio_job *job, struct aio_piece *out)
{
    uint64_t skip = job->transferred;
    uint32_t count = 0;
    for (uint32_t i = 0; i < job->piece_count; i++) {
        struct aio_piece p = job->pieces[i];
        if (!guest_range_ok(guest_addr(p.base), p.length)) {
            return -EFAULT;
        }
        uint64_t gone = skip < p.length ? skip : p.length;
        skip -= gone;
        if (p.length > gone) {
            out[count++] = (struct aio_piece){p.base + gone, p.length - gone};
        }
    }
    return count;
}

/* One call's worth of reading or writing a file. */
static int64_t transfer_once(const struct aio_job *job, const struct aio_piece *pieces, uint64_t count)
{
    bool reads = job->operation == AIO_OP_READ;
    if (job->at_position) {
        return host_call3(reads ? __NR_readv : __NR_writev, job->host_fd, pieces, count);
    }
    return host_call4(reads ? __NR_preadv : __NR_pwritev, job->host_fd, pieces, count,
                      job->offset + (int64_t)job->transferred);
}

/*
 * The host has refused it. If that was for O_DIRECT, a demand there on addresses and lengths, it is done without. The flag
 * is the file's, not the descriptor's: another thread may have taken it off already, or put it back, which is why it is
 * tried again.
 */
static int64_t transfer_buffered(const struct aio_job *job, const struct aio_piece *pieces, uint64_t count)
{
    int64_t flags, r = -EINVAL;
    for (int tries = 0; r == -EINVAL && tries < DIRECT_TRIES; tries++) {
        flags = host_call3(__NR_fcntl, job->host_fd, F_GETFL, 0);
        bool direct = flags >= 0 && (flags & O_DIRECT) != 0;
        if (!direct && tries > 0) {
            break;
        }
        if (direct) {
            host_call3(__NR_fcntl, job->host_fd, F_SETFL, flags & ~(int64_t)O_DIRECT);
        }
        r = transfer_once(job, pieces, count);
        if (direct) {
            host_call3(__NR_fcntl, job->host_fd, F_SETFL, flags);
        }
    }
    return r;
}

/* Reads or writes a file until all is done, its end is reached, or an error, which counts only if nothing was done. */
static int64_t transfer_file(struct aio_job *job)
{
    struct aio_piece pieces[AIO_PIECES_MAX];
    int64_t r = pieces_left(job, pieces);
    while (r > 0) {
        uint64_t count = (uint64_t)r;
        r = transfer_once(job, pieces, count);
        r = r == -EINVAL && job->transferred == 0 ? transfer_buffered(job, pieces, count) : r;
        if (r > 0 || r == -EINTR) { /* EINTR: by an errand, on few file systems */
            job->transferred += r > 0 ? (uint64_t)r : 0;
            r = pieces_left(job, pieces);
        }
    }
    return r < 0 && job->transferred == 0 ? r : (int64_t)job->transferred;
}

static int64_t lock_memory(const struct aio_piece *p)
{
    if (!guest_range_ok(guest_addr(p->base), p->length)) {
        return -ENOMEM;
    }
    return host_call2(__NR_mlock, p->base, p->length);
}

static int64_t run_once(struct aio_job *job)
{
    switch (job->operation) {
    case AIO_OP_SYNC:
        return host_call1(__NR_fsync, job->host_fd);
    case AIO_OP_DATASYNC:
        return host_call1(__NR_fdatasync, job->host_fd);
    case AIO_OP_LOCK:
        return lock_memory(&job->pieces[0]);
    default:
        return transfer_file(job);
    }
}

static int64_t run(struct aio_job *job)
{
    int64_t r;
    do {
        r = run_once(job);
    } while (r == -EINTR);
    return r;
}

/* What the worker waits for; its own. */
struct worker {
    struct thread *t;
    struct aio_state *s;
    int control;
    struct aio_job *waiting; /* oldest first */
};

static void close_file(struct aio_job *job)
{
    if (job->host_fd >= 0) {
        host_call1(__NR_close, job->host_fd);
        job->host_fd = -1;
    }
}

/* Ends a job that the worker has; its descriptor is closed before anybody hears of it. */
static void finish(struct worker *w, struct aio_job *job, int64_t result)
{
    close_file(job);
    lock_acquire(&w->s->lock);
    aio_finish(w->t, w->s, job, result);
    aio_job_put(job);
    lock_release(&w->s->lock);
}

static void wait_too(struct worker *w, struct aio_job *job)
{
    struct aio_job **at = &w->waiting;
    while (*at != NULL) {
        at = &(*at)->next_waiting;
    }
    job->next_waiting = NULL;
    *at = job;
}

/*
 * Whether what has come is of the sort that was found when the job was made: the descriptor's number may have got another
 * meaning in between. Nothing is done that could keep the worker for ever. -EAGAIN: the process may have no more files.
 */
static int check(struct aio_job *job)
{
    struct statx x = {.stx_ino = 0};
    if (job->operation == AIO_OP_LOCK) {
        return 0;
    }
    if (job->host_fd < 0) {
        return -EAGAIN;
    }
    int64_t r = host_call5(__NR_statx, job->host_fd, "", AT_EMPTY_PATH, STATX_TYPE | STATX_INO, &x);
    uint32_t type = r < 0 ? 0 : x.stx_mode & S_IFMT;
    job->inode = x.stx_ino;
    bool file = type == S_IFREG || type == S_IFDIR || type == S_IFBLK;
    return (job->is_socket ? type == S_IFSOCK : file) ? 0 : -EBADF;
}

/* A job has come. */
static void take(struct worker *w, struct aio_job *job, int fd)
{
    job->host_fd = fd;
    int wrong = check(job);
    lock_acquire(&w->s->lock);
    bool gone = job->phase == AIO_DONE; /* cancelled on its way */
    if (!gone) {
        job->phase = job->is_socket && wrong == 0 ? AIO_WAITING : AIO_RUNNING;
    }
    lock_release(&w->s->lock);
    if (gone) {
        close_file(job);
        lock_acquire(&w->s->lock);
        aio_job_put(job);
        lock_release(&w->s->lock);
        return;
    }
    if (job->is_socket && wrong == 0) {
        wait_too(w, job);
    } else {
        finish(w, job, wrong != 0 ? wrong : run(job));
    }
}

/* A connection that is broken raises SIGPIPE for the process, not for this thread. */
static void broken(const struct worker *w, const struct aio_job *job)
{
    if (!job->quiet && !w->s->leaving) {
        host_call2(__NR_kill, w->t->proc->pid, 13 /* SIGPIPE */);
    }
}

/*
 * Tries a request on a socket once. Returns whether it has ended, with *result: reading by the first data there is,
 * writing when all is written, or, where the guest has made the socket non-blocking, some.
 */
static bool try_socket(struct worker *w, struct aio_job *job, int64_t *result)
{
    struct aio_piece pieces[AIO_PIECES_MAX];
    bool reads = job->operation == AIO_OP_READ;
    int64_t count = pieces_left(job, pieces);
    if (count < 0) {
        *result = job->transferred != 0 ? (int64_t)job->transferred : count;
        return true;
    }
    struct host_message h = {.pieces = pieces, .piece_count = (uint64_t)count};
    int64_t r =
        host_call3(reads ? __NR_recvmsg : __NR_sendmsg, job->host_fd, &h, HOST_MSG_DONTWAIT | HOST_MSG_NOSIGNAL);
    if (r > 0) {
        job->transferred += (uint64_t)r;
    }
    *result = r < 0 && job->transferred == 0 ? r : (int64_t)job->transferred;
    if (r == -EPIPE) {
        broken(w, job);
    }
    if (r == -EAGAIN || r == -EINTR) {
        return job->transferred != 0 && (host_call3(__NR_fcntl, job->host_fd, F_GETFL, 0) & O_NONBLOCK) != 0;
    }
    return r <= 0 || reads || pieces_left(job, pieces) == 0;
}

/* Whether an earlier request on the same socket, in the same direction, is waiting. */
static bool is_behind(const struct worker *w, const struct aio_job *job)
{
    const struct aio_job *at = w->waiting;
    while (at != job && (at->inode != job->inode || at->operation != job->operation)) {
        at = at->next_waiting;
    }
    return at != job;
}

/* Tries a waiting job whose socket may be ready. Returns whether it has left the list. */
static bool serve(struct worker *w, struct aio_job **at)
{
    struct aio_job *job = *at;
    int64_t result = 0;
    lock_acquire(&w->s->lock);
    bool gone = job->phase == AIO_DONE;
    if (!gone) {
        job->phase = AIO_RUNNING;
    }
    lock_release(&w->s->lock);
    bool ended = gone || try_socket(w, job, &result);
    if (!ended) {
        lock_acquire(&w->s->lock);
        job->phase = AIO_WAITING;
        ended = job->cancelled;
        if (ended) {
            job->phase = AIO_RUNNING; /* it is ours to finish */
            result = job->transferred != 0 ? (int64_t)job->transferred : -ECANCELED;
        }
        lock_release(&w->s->lock);
    }
    if (!ended) {
        return false;
    }
    *at = job->next_waiting;
    if (!gone) {
        finish(w, job, result);
        return true;
    }
    close_file(job);
    lock_acquire(&w->s->lock);
    aio_job_put(job);
    lock_release(&w->s->lock);
    return true;
}

/* Lets go of what was cancelled meanwhile, and says what is to be waited for. Returns the number. */
static uint32_t look_around(struct worker *w, struct pollfd *polls)
{
    uint32_t count = 0;
    polls[count++] = (struct pollfd){.fd = w->control, .events = POLLIN};
    for (struct aio_job *job = w->waiting; job != NULL && count <= AIO_JOBS_MAX; job = job->next_waiting) {
        if (!is_behind(w, job)) {
            polls[count++] =
                (struct pollfd){.fd = job->host_fd, .events = job->operation == AIO_OP_READ ? POLLIN : POLLOUT};
        }
    }
    return count;
}

static bool is_ready(const struct pollfd *polls, uint32_t count, int fd)
{
    for (uint32_t i = 1; i < count; i++) {
        if (polls[i].fd == fd) {
            return polls[i].revents != 0;
        }
    }
    return false;
}

static bool is_cancelled(struct worker *w, const struct aio_job *job)
{
    lock_acquire(&w->s->lock);
    bool done = job->phase == AIO_DONE;
    lock_release(&w->s->lock);
    return done;
}

static void serve_ready(struct worker *w, const struct pollfd *polls, uint32_t count)
{
    for (struct aio_job **at = &w->waiting; *at != NULL;) {
        struct aio_job *job = *at;
        bool due = is_cancelled(w, job) || is_ready(polls, count, job->host_fd);
        if (!due || !serve(w, at)) {
            at = &job->next_waiting; /* it stays */
        }
    }
}

/* The table is a copy of the guest's, of which it is to keep nothing open. */
static void close_others(int own)
{
    if (host_call3(__NR_close_range, own + 1, ~0U, 0) == -ENOSYS) {
        for (int fd = 0; fd < HOST_CLOSE_LOOP_MAX; fd++) {
            if (fd != own) {
                host_call1(__NR_close, fd);
            }
        }
    } else if (own > 0) {
        host_call3(__NR_close_range, 0, own - 1, 0);
    }
}

static _Noreturn void work(struct thread *t)
{
    struct pollfd polls[AIO_JOBS_MAX + 1];
    struct aio_message m;
    int fd;
    struct worker w = {.t = t, .s = t->proc->aio, .control = (int)t->engine_argument};
    close_others(w.control);
    for (;;) {
        uint32_t count = look_around(&w, polls);
        if (host_call3(__NR_poll, polls, count, -1) < 0) {
            continue; /* an errand */
        }
        serve_ready(&w, polls, count);
        if (polls[0].revents != 0 && receive(w.control, &m, &fd)) {
            if (m.job != NULL) {
                take(&w, m.job, fd);
            }
        }
    }
}

/* The lock `starting` is held. */
static int start(struct thread *t, struct aio_state *s)
{
    int32_t pair[2];
    int64_t r = host_call4(__NR_socketpair, HOST_AF_UNIX, HOST_SOCK_SEQPACKET | HOST_SOCK_CLOEXEC, 0, pair);
    if (r < 0) {
        return (int)r;
    }
    int ours = engine_descriptor_adopt(pair[0]), its = engine_descriptor_adopt(pair[1]);
    struct thread *worker = NULL;
    if (ours >= 0 && its >= 0) {
        s->socket = ours;
        worker = thread_start_engine(t, work, (uint64_t)its, false);
    }
    if (its >= 0) {
        engine_descriptor_close(its); /* the worker has a copy */
    } else {
        host_call1(__NR_close, pair[1]);
    }
    if (worker != NULL) {
        __atomic_store_n(&s->worker, worker, __ATOMIC_RELEASE);
        return 0;
    }
    s->socket = -1;
    if (ours >= 0) {
        engine_descriptor_close(ours);
    } else {
        host_call1(__NR_close, pair[0]);
    }
    return -EAGAIN;
}

int aio_start_worker(struct thread *t, struct aio_state *s)
{
    if (__atomic_load_n(&s->worker, __ATOMIC_ACQUIRE) != NULL) {
        return 0;
    }
    lock_acquire(&s->starting);
    int r = s->worker != NULL ? 0 : start(t, s);
    lock_release(&s->starting);
    return r;
}
