/*
 * EVFILT_READ and EVFILT_WRITE. Semantics: filt_soread() and filt_sowrite() of sys/kern/uipc_socket.c,
 * filt_piperead() and pipe_kqfilter() of sys/kern/sys_pipe.c, filt_vfsread() of sys/kern/vfs_subr.c.
 */
#include <asm/ioctls.h>
#include <asm/stat.h>
#include <asm/statfs.h>
#include <linux/eventpoll.h>
#include <linux/fcntl.h>
#include <linux/inotify.h>
#include <linux/magic.h>
#include <linux/poll.h>
#include <linux/stat.h>

#include "base/format.h"
#include "base/host.h"
#include "base/host_file.h"
#include "base/mem.h"
#include "process/process.h"
#include "process/thread.h"
#include "syscalls/common/kqueue_private.h"

#define HOST_SOL_SOCKET    1
#define HOST_SO_TYPE       3
#define HOST_SO_DOMAIN     39
#define HOST_AF_UNIX       1
#define HOST_SOCK_STREAM   1
#define HOST_MSG_DONTWAIT  0x40
#define HOST_MSG_NOSIGNAL  0x4000
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

/* statfs(2): what an anonymous pipe is on; a fifo is on a file system. */
static bool is_pipe(int fd, uint32_t mode)
{
    struct statfs fs;
    return S_ISFIFO(mode) && host_call2(__NR_fstatfs, fd, &fs) == 0 && fs.f_type == PIPEFS_MAGIC;
}

bool kqueue_is_vnode(struct thread *t, int fd, uint32_t mode)
{
    bool file = S_ISREG(mode) || S_ISDIR(mode) || S_ISLNK(mode) || (S_ISFIFO(mode) && !is_pipe(fd, mode));
    return file && descriptor_kind_of(t->proc->descriptors, fd) != DESCRIPTOR_PROCESS;
}

/* What the kqfilter routine of the descriptor's kind says to the filter. Returns 0 or -errno. */
static int kqfilter(struct thread *t, const struct knote *kn)
{
    enum descriptor_kind kind = descriptor_kind_of(t->proc->descriptors, (int)kn->ident);
    if (kind == DESCRIPTOR_PROCESS || (kind == DESCRIPTOR_KQUEUE && kn->filter == KQ_FILTER_WRITE)) {
        return -EINVAL; /* procdesc_kqfilter(), kqueue_kqfilter() */
    }
    struct pollfd p = {.fd = (int)kn->ident};
    if (kn->filter == KQ_FILTER_WRITE && is_pipe((int)kn->ident, kn->mode) && host_call3(__NR_poll, &p, 1, 0) == 1 &&
        (p.revents & POLLERR) != 0) {
        return -EPIPE; /* pipe_kqfilter(): nobody reads any more */
    }
    return 0;
}

/*
 * A regular file or the like, which for the host is always ready: what changes it is seen by inotify, where the host
 * has a watch left, and else it is asked each time.
 */
static int file_attach(struct kqueue *kq, struct knote *kn)
{
    kn->is_file = true;
    kn->data = -1;
    kq->group->files = true;
    if (kqueue_inotify_watch(kq, kn, IN_MODIFY) < 0) {
        kn->list_next = kq->files;
        kq->files = kn;
    }
    knote_activate(kq, kn);
    return 0;
}

static int32_t socket_number(const struct knote *kn, int option)
{
    int32_t value = 0;
    uint32_t size = sizeof value;
    host_call5(__NR_getsockopt, kn->ident, HOST_SOL_SOCKET, option, &value, &size);
    return value;
}

/*
 * Whether a stream socket has been shut for writing by now. Nothing is sent by sending nothing, but a local socket that
 * has been shut refuses it.
 */
static bool is_shut(const struct knote *kn)
{
    enum { FIN_WAIT1 = 4, FIN_WAIT2 = 5, TIME_WAIT = 6, LAST_ACK = 9, CLOSING = 11 }; /* net/tcp_states.h */
    uint8_t state = 0;
    uint32_t size = sizeof state;
    if (socket_number(kn, HOST_SO_DOMAIN) == HOST_AF_UNIX) {
        return socket_number(kn, HOST_SO_TYPE) == HOST_SOCK_STREAM &&
               host_call6(__NR_sendto, kn->ident, 0, 0, HOST_MSG_DONTWAIT | HOST_MSG_NOSIGNAL, 0, 0) == -EPIPE;
    }
    if (host_call5(__NR_getsockopt, kn->ident, HOST_IPPROTO_TCP, HOST_TCP_INFO, &state, &size) < 0) {
        return false;
    }
    return state == FIN_WAIT1 || state == FIN_WAIT2 || state == TIME_WAIT || state == LAST_ACK || state == CLOSING;
}

static int fd_attach(struct thread *t, struct kqueue *kq, struct knote *kn)
{
    struct stat st;
    int64_t r = host_call2(__NR_fstat, kn->ident, &st);
    if (r < 0) {
        return (int)r;
    }
    kn->mode = st.st_mode;
    kn->host_fd = (int32_t)kn->ident;
    r = kqfilter(t, kn);
    if (r < 0) {
        return (int)r;
    }
    r = knote_arm(kq, kn, lane_of(kn), interest(kn));
    if (r == -EPERM) {
        return file_attach(kq, kn);
    }
    if (r == 0 && kn->filter == KQ_FILTER_WRITE && S_ISSOCK(kn->mode)) {
        kq->group->writers = true;
        kn->shut = is_shut(kn);
    }
    return (int)r;
}

static void fd_detach(struct kqueue *kq, struct knote *kn)
{
    if (!kn->is_file) {
        knote_disarm(kq, kn);
        return;
    }
    if (kn->watch >= 0) {
        kqueue_inotify_unwatch(kq, kn);
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
    if (kn->is_file) {
        knote_activate(kq, kn);
        return 0;
    }
    return knote_arm(kq, kn, lane_of(kn), interest(kn));
}

/* Calls fn for every kqueue's knote of that descriptor and filter. */
static void each_knote(struct kqueue_group *group, int fd, int filter, void (*fn)(struct kqueue *kq, struct knote *kn))
{
    lock_acquire(&group->lock);
    for (struct kqueue *kq = group->first; kq != NULL; kq = kq->group_next) {
        lock_acquire(&kq->lock);
        struct knote *kn = fd >= 0 ? knote_find(kq, (uint64_t)fd, filter) : NULL;
        if (kn != NULL) {
            fn(kq, kn);
        }
        lock_release(&kq->lock);
    }
    lock_release(&group->lock);
}

static void file_moved(struct kqueue *kq, struct knote *kn)
{
    if (kn->is_file) {
        knote_activate(kq, kn);
    }
}

void kqueue_note_seek(struct thread *t, int fd)
{
    struct kqueue_group *group = t->proc->descriptors->watchers;
    if (group != NULL && group->files) {
        each_knote(group, fd, KQ_FILTER_READ, file_moved);
    }
}

static void socket_shut(struct kqueue *kq, struct knote *kn)
{
    kn->shut = true;
    knote_activate(kq, kn);
}

void kqueue_note_shutdown(struct thread *t, int fd)
{
    struct kqueue_group *group = t->proc->descriptors->watchers;
    if (group != NULL && group->writers) {
        each_knote(group, fd, KQ_FILTER_WRITE, socket_shut);
    }
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

/* The number behind `name` in the host's description of a descriptor (proc(5), fdinfo), or -1. */
static int64_t described(int fd, const char *name, unsigned base)
{
    char path[40], text[512];
    struct text x = TEXT_ON(path);
    text_format(&x, "/proc/self/fdinfo/%d", fd);
    if (host_file_read(text_cstr(&x), text, sizeof text) < 0) {
        return -1;
    }
    const char *at = text;
    for (size_t i = 0; *at != '\0' && name[i] != '\0'; at++) {
        i = *at == name[i] ? i + 1 : *at == name[0];
        if (name[i] == '\0') {
            break;
        }
    }
    if (*at == '\0') {
        return -1;
    }
    uint64_t value = 0;
    for (at++; *at == ' ' || *at == '\t'; at++) {}
    for (; (*at >= '0' && *at <= '9') || (base == 16 && *at >= 'a' && *at <= 'f'); at++) {
        value = value * base + (uint64_t)(*at <= '9' ? *at - '0' : *at - 'a' + 10);
    }
    return (int64_t)value;
}

/* filt_eventfdread(), filt_timerfdread(), filt_kqueue(): the last cannot be had from the host. */
static int64_t count_to_read(int fd)
{
    int64_t count = described(fd, "eventfd-count:", 16);
    if (count < 0) {
        count = described(fd, "ticks:", 10);
    }
    return count < 0 ? 1 : count;
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
    return (mode & S_IFMT) == 0 ? count_to_read(fd) : 1;
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
    } else if ((mode & S_IFMT) == 0) {
        int64_t count = described(fd, "eventfd-count:", 16);
        return count < 0 ? 0 : (int64_t)(UINT64_MAX - 1 - (uint64_t)count); /* filt_eventfdwrite() */
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

/* filt_vfsread(), filt_vfswrite(). Where nothing tells of changes, EV_CLEAR is cleared by data that is new. */
static bool report_file(struct knote *kn, struct kqueue_event *out)
{
    int64_t data = 0;
    if (kn->filter == KQ_FILTER_READ && (S_ISREG(kn->mode) || S_ISDIR(kn->mode))) {
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
    if (kn->watch < 0 && (kn->flags & KQ_CLEAR) != 0 && kn->data == data) {
        return false;
    }
    kn->data = data;
    out->data = data;
    return true;
}

/* The error of a socket at its end, which filt_soread() and filt_sowrite() give as flags. */
static uint32_t error_at_end(struct thread *t, struct kqueue *kq, const struct knote *kn, uint32_t events)
{
    return kqueue_socket_error(t, kq->group, kn->host_fd, (events & EPOLLERR) != 0);
}

/* What both filters say of anything but files; how much there is must be known now only if it decides. */
static bool report_stream(const struct knote *kn, bool end, struct kqueue_event *out)
{
    out->data = DATA_OWED;
    if (end) {
        out->flags |= KQ_EOF;
    } else if ((kn->sfflags & KQ_NOTE_LOWAT) != 0 && S_ISSOCK(kn->mode)) { /* filt_piperead() knows no mark */
        out->data = kn->ops->data_of(kn->host_fd, kn->mode);
        return out->data >= kn->sdata;
    }
    return true;
}

static bool read_report(struct thread *t, struct kqueue *kq, struct knote *kn, uint32_t events,
                        struct kqueue_event *out)
{
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
    if (end && S_ISSOCK(kn->mode)) {
        out->fflags = error_at_end(t, kq, kn, events);
    }
    unpark(kq, kn);
    return true;
}

static bool write_report(struct thread *t, struct kqueue *kq, struct knote *kn, uint32_t events,
                         struct kqueue_event *out)
{
    if (kn->is_file) {
        return report_file(kn, out);
    }
    if (never_connected(kn, events)) {
        return false;
    }
    bool hung_up = (events & (S_ISSOCK(kn->mode) ? EPOLLHUP : EPOLLHUP | EPOLLERR)) != 0;
    bool end = hung_up || kn->shut;
    if ((events == 0 && !end) || (kn->told && !hung_up && (kn->flags & KQ_CLEAR) != 0)) {
        return false; /* the host has woken us for the shutdown as well */
    }
    if (!report_stream(kn, end, out)) {
        return false;
    }
    if (end && S_ISSOCK(kn->mode)) {
        out->fflags = error_at_end(t, kq, kn, events);
    }
    kn->told = kn->shut;
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
