/*
 * EVFILT_READ and EVFILT_WRITE. Semantics: filt_soread() and filt_sowrite() of sys/kern/uipc_socket.c,
 * filt_piperead() of sys/kern/sys_pipe.c, filt_vfsread() of sys/kern/vfs_subr.c.
 *
 * fflags stays 0 where FreeBSD gives a socket's error: on the host, asking for the error takes it away, and the
 * guest's own getsockopt(SO_ERROR) would find none.
 */
#include <asm/ioctls.h>
#include <asm/stat.h>
#include <linux/eventpoll.h>
#include <linux/fcntl.h>
#include <linux/inotify.h>
#include <linux/poll.h>
#include <linux/stat.h>

#include "base/host.h"
#include "base/mem.h"
#include "process/process.h"
#include "process/thread.h"
#include "syscalls/common/kqueue_private.h"

#define HOST_SOL_SOCKET    1
#define HOST_SO_SNDBUF     7
#define HOST_SO_ACCEPTCONN 30
#define HOST_IPPROTO_TCP   6
#define HOST_TCP_INFO      11
#define TCP_INFO_UNACKED   24 /* offset in struct tcp_info; of a listening socket: connections to accept */
#define SEEK_CURRENT       1

enum { LANE_READ = 0, LANE_WRITE = 1 };

static int lane_of(const struct knote *kn)
{
    return kn->filter == KQ_FILTER_READ ? LANE_READ : LANE_WRITE;
}

static uint32_t interest(const struct knote *kn)
{
    return kn->filter == KQ_FILTER_READ ? EPOLLIN | EPOLLRDHUP : EPOLLOUT;
}

static int fd_attach(struct thread *t, struct kqueue *kq, struct knote *kn)
{
    struct stat st;
    (void)t;
    int64_t r = host_call2(__NR_fstat, kn->ident, &st);
    if (r < 0) {
        return (int)r;
    }
    kn->mode = st.st_mode;
    kn->host_fd = (int32_t)kn->ident;
    r = knote_arm(kq, kn, lane_of(kn), interest(kn));
    if (r != -EPERM) {
        return (int)r;
    }
    /* A regular file or the like: always ready for the host. */
    kn->is_file = true;
    kn->data = -1;
    kn->list_next = kq->files;
    kq->files = kn;
    return 0;
}

static void fd_detach(struct kqueue *kq, struct knote *kn)
{
    if (!kn->is_file) {
        knote_disarm(kq, kn);
        return;
    }
    for (struct knote **at = &kq->files; *at != NULL; at = &(*at)->list_next) {
        if (*at == kn) {
            *at = kn->list_next;
            break;
        }
    }
}

static int fd_update(struct kqueue *kq, struct knote *kn, const struct kqueue_event *change)
{
    if (change != NULL) {
        kn->sfflags = change->fflags;
        kn->sdata = change->data;
        kn->parked = false;
        kn->data = -1;
    }
    return kn->is_file ? 0 : knote_arm(kq, kn, lane_of(kn), interest(kn));
}

static int64_t pending_connections(int fd)
{
    uint8_t info[TCP_INFO_UNACKED + 4];
    uint32_t size = sizeof info, waiting;
    if (host_call5(__NR_getsockopt, fd, HOST_IPPROTO_TCP, HOST_TCP_INFO, info, &size) < 0 || size < sizeof info) {
        return 1;
    }
    memcpy(&waiting, info + TCP_INFO_UNACKED, sizeof waiting);
    return waiting != 0 ? waiting : 1;
}

static int64_t bytes_to_read(int fd, uint32_t mode)
{
    int32_t bytes = 0, listening = 0;
    uint32_t size = sizeof listening;
    if (host_call3(__NR_ioctl, fd, FIONREAD, &bytes) >= 0) {
        return bytes;
    }
    if (S_ISSOCK(mode) &&
        host_call5(__NR_getsockopt, fd, HOST_SOL_SOCKET, HOST_SO_ACCEPTCONN, &listening, &size) == 0 && listening) {
        return pending_connections(fd);
    }
    return 1; /* an event descriptor, a kqueue */
}

static int64_t room_to_write(int fd, uint32_t mode)
{
    int32_t room = 0, used = 0;
    uint32_t size = sizeof room;
    if (S_ISSOCK(mode)) {
        host_call5(__NR_getsockopt, fd, HOST_SOL_SOCKET, HOST_SO_SNDBUF, &room, &size);
        host_call3(__NR_ioctl, fd, TIOCOUTQ, &used);
    } else if (S_ISFIFO(mode)) {
        room = (int32_t)host_call3(__NR_fcntl, fd, F_GETPIPE_SZ, 0);
        host_call3(__NR_ioctl, fd, FIONREAD, &used);
    }
    return room > used ? room - used : 0;
}

/*
 * The host calls a stream socket hung up before it was ever connected, FreeBSD does not. One that was has been
 * shut for reading as well.
 */
static bool never_connected(const struct knote *kn, uint32_t events)
{
    if (!S_ISSOCK(kn->mode) || (events & EPOLLHUP) == 0 || (events & (EPOLLRDHUP | EPOLLERR)) != 0) {
        return false;
    }
    struct pollfd p = {.fd = kn->host_fd, .events = POLLRDHUP};
    host_call3(__NR_poll, &p, 1, 0);
    return (p.revents & POLLRDHUP) == 0;
}

/* An edge came and was worth reporting: level-triggered knotes go back to levels. */
static void unpark(struct kqueue *kq, struct knote *kn)
{
    if (kn->parked && (kn->flags & (KQ_ONESHOT | KQ_DISPATCH)) == 0) {
        kn->parked = false;
        knote_arm(kq, kn, lane_of(kn), interest(kn));
    }
}

/* EV_CLEAR on a file: again when there is something new. */
static bool report_file(struct knote *kn, struct kqueue_event *out)
{
    int64_t data = 0;
    if (kn->filter == KQ_FILTER_READ && S_ISREG(kn->mode)) {
        struct stat st;
        int64_t at = host_call3(__NR_lseek, kn->host_fd, 0, SEEK_CURRENT);
        if (at < 0 || host_call2(__NR_fstat, kn->host_fd, &st) < 0) {
            return false;
        }
        data = st.st_size - at;
        if (data == 0 && (kn->sfflags & KQ_NOTE_FILE_POLL) == 0) {
            return false;
        }
    }
    if ((kn->flags & KQ_CLEAR) != 0 && kn->data == data) {
        return false;
    }
    kn->data = data;
    out->data = data;
    return true;
}

/* What both filters say of anything but files; how much there is must be known now only if it decides. */
static bool report_stream(const struct knote *kn, bool end, struct kqueue_event *out)
{
    out->data = DATA_OWED;
    if (end) {
        out->flags |= KQ_EOF;
    } else if ((kn->sfflags & KQ_NOTE_LOWAT) != 0) {
        out->data = kn->ops->data_of(kn->host_fd, kn->mode);
        return out->data >= kn->sdata;
    }
    return true;
}

static bool read_report(struct thread *t, struct kqueue *kq, struct knote *kn, uint32_t events,
                        struct kqueue_event *out)
{
    (void)t;
    if (kn->is_file) {
        return report_file(kn, out);
    }
    bool end = (events & (EPOLLHUP | EPOLLRDHUP)) != 0 && !never_connected(kn, events);
    if (!end && (events & (EPOLLIN | EPOLLERR)) == 0) {
        return false;
    }
    if (!report_stream(kn, end, out)) {
        return false;
    }
    unpark(kq, kn);
    return true;
}

static bool write_report(struct thread *t, struct kqueue *kq, struct knote *kn, uint32_t events,
                         struct kqueue_event *out)
{
    (void)t;
    if (kn->is_file) {
        return report_file(kn, out);
    }
    if (never_connected(kn, events)) {
        return false;
    }
    if (!report_stream(kn, (events & (EPOLLHUP | EPOLLERR)) != 0, out)) {
        return false;
    }
    unpark(kq, kn);
    return true;
}

const struct filter_ops filter_read = {.is_fd = true,
                                       .attach = fd_attach,
                                       .detach = fd_detach,
                                       .update = fd_update,
                                       .report = read_report,
                                       .data_of = bytes_to_read};
const struct filter_ops filter_write = {.is_fd = true,
                                        .attach = fd_attach,
                                        .detach = fd_detach,
                                        .update = fd_update,
                                        .report = write_report,
                                        .data_of = room_to_write};
