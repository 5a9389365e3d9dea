/*
 * Filters over descriptors of ours: EVFILT_FS (filt_fsattach() of sys/kern/vfs_subr.c) and EVFILT_EMPTY
 * (filt_soempty() of sys/kern/uipc_socket.c); and EVFILT_SENDFILE, which the kernel has for itself.
 */
#include <asm/ioctls.h>
#include <asm/stat.h>
#include <linux/eventpoll.h>
#include <linux/fcntl.h>
#include <linux/stat.h>
#include <linux/time.h>
#include <linux/time_types.h>
#include <linux/timerfd.h>

#include "base/host.h"
#include "syscalls/common/kqueue_private.h"

#define HOST_SOL_SOCKET    1
#define HOST_SO_ACCEPTCONN 30
#define EMPTY_LOOK_NS      2000000 /* between looks at a send buffer that is not empty yet */

int knote_adopt(struct knote *kn, int64_t fd)
{
    int own = fd < 0 ? (int)fd : engine_descriptor_adopt((int)fd);
    if (own < 0) {
        if (fd >= 0) {
            host_call1(__NR_close, fd);
        }
        return own == -EMFILE ? -ENOMEM : own;
    }
    kn->host_fd = own;
    return 0;
}

void knote_own_detach(struct kqueue *kq, struct knote *kn)
{
    knote_disarm(kq, kn);
    if (kn->host_fd >= 0) {
        engine_descriptor_close(kn->host_fd);
        kn->host_fd = -1;
    }
}

int knote_own_arm(struct kqueue *kq, struct knote *kn, uint32_t events)
{
    int r = knote_arm(kq, kn, LANE_OWN, events);
    if (r < 0) {
        knote_own_detach(kq, kn);
    }
    return r;
}

static int sendfile_attach(struct thread *t, struct kqueue *kq, struct knote *kn)
{
    (void)t;
    (void)kq;
    (void)kn;
    return -ENXIO; /* filt_nullattach() */
}

/* Never has a knote. */
const struct filter_ops filter_sendfile = {.attach = sendfile_attach};

/* The number of mounts, by lines of mountinfo. */
static int64_t count_mounts(int fd)
{
    char text[1024];
    int64_t n, lines = 0;
    host_call3(__NR_lseek, fd, 0, 0);
    while ((n = host_call3(__NR_read, fd, text, sizeof text)) > 0) {
        for (int64_t i = 0; i < n; i++) {
            lines += text[i] == '\n';
        }
    }
    return lines;
}

/* The host's list of mounts polls with an error once after each change: mounts_poll() of its fs/proc_namespace.c. */
static int fs_attach(struct thread *t, struct kqueue *kq, struct knote *kn)
{
    (void)t;
    int r = knote_adopt(kn, host_call3(__NR_open, "/proc/self/mountinfo", O_RDONLY | O_CLOEXEC, 0));
    if (r < 0) {
        return r;
    }
    kn->sdata = count_mounts(kn->host_fd);
    return knote_own_arm(kq, kn, EPOLLPRI);
}

static int fs_update(struct kqueue *kq, struct knote *kn, const struct kqueue_event *change)
{
    if (change != NULL) {
        kn->sfflags = change->fflags;
    }
    return knote_arm(kq, kn, LANE_OWN, EPOLLPRI);
}

static bool fs_report(struct thread *t, struct kqueue *kq, struct knote *kn, uint32_t events, struct kqueue_event *out)
{
    (void)t;
    (void)kq;
    (void)events;
    int64_t now = count_mounts(kn->host_fd);
    if (now != kn->sdata) {
        kn->fflags |= kn->sfflags & (now > kn->sdata ? KQ_VQ_MOUNT : KQ_VQ_UNMOUNT);
        kn->sdata = now;
    }
    out->fflags = kn->fflags;
    kn->fflags = 0;
    return out->fflags != 0;
}

const struct filter_ops filter_fs = {.owns_fd = true,
                                     .forced_flags = KQ_CLEAR,
                                     .attach = fs_attach,
                                     .detach = knote_own_detach,
                                     .update = fs_update,
                                     .report = fs_report};

/* How many bytes a socket has yet to send; of one that listens, none. */
static int32_t unsent(int fd)
{
    int32_t used = 0;
    host_call3(__NR_ioctl, fd, TIOCOUTQ, &used);
    return used;
}

/*
 * The host tells when there is room, not when all is sent: looked at every so often, as long as there is something.
 * EV_CLEAR: again when there has been something since.
 */
static int empty_look(struct kqueue *kq, struct knote *kn)
{
    struct __kernel_itimerspec often = {{0, EMPTY_LOOK_NS}, {0, EMPTY_LOOK_NS}};
    bool now = unsent((int)kn->ident) == 0;
    kn->empty = kn->empty && now;
    if (now && !kn->empty) {
        knote_activate(kq, kn);
    }
    host_call4(__NR_timerfd_settime, kn->host_fd, 0, &often, 0);
    return 0;
}

static int empty_attach(struct thread *t, struct kqueue *kq, struct knote *kn)
{
    struct stat st;
    (void)t;
    int64_t r = host_call2(__NR_fstat, kn->ident, &st);
    if (r < 0) {
        return (int)r;
    }
    if (!S_ISSOCK(st.st_mode)) {
        return -EINVAL;
    }
    r = knote_adopt(kn, host_call2(__NR_timerfd_create, CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
    if (r == 0) {
        empty_look(kq, kn);
        r = knote_own_arm(kq, kn, EPOLLIN);
    }
    return (int)r;
}

static int empty_update(struct kqueue *kq, struct knote *kn, const struct kqueue_event *change)
{
    (void)change;
    empty_look(kq, kn);
    return knote_arm(kq, kn, LANE_OWN, EPOLLIN);
}

static bool empty_report(struct thread *t, struct kqueue *kq, struct knote *kn, uint32_t events,
                         struct kqueue_event *out)
{
    uint64_t expirations;
    (void)t;
    (void)kq;
    host_call3(__NR_read, kn->host_fd, &expirations, sizeof expirations);
    bool now = unsent((int)kn->ident) == 0;
    if (!now || (kn->empty && (kn->flags & KQ_CLEAR) != 0)) {
        kn->empty = now;
        return false;
    }
    kn->empty = true;
    out->data = 0;
    if (events != 0 && (kn->flags & KQ_CLEAR) == 0) {
        knote_activate(kq, kn); /* it stays, and the timer's event does not */
    }
    return true;
}

const struct filter_ops filter_empty = {.is_fd = true,
                                        .owns_fd = true,
                                        .attach = empty_attach,
                                        .detach = knote_own_detach,
                                        .update = empty_update,
                                        .report = empty_report};
