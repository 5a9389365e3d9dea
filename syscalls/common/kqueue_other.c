/*
 * EVFILT_TIMER, EVFILT_USER, EVFILT_SIGNAL, EVFILT_PROC and EVFILT_PROCDESC. Semantics: filt_timer*(), filt_user*(),
 * filt_proc*() of sys/kern/kern_event.c, filt_sig*() of sys/kern/kern_sig.c, procdesc_kqops.
 */
#include <asm/siginfo.h>
#include <linux/eventpoll.h>
#include <linux/time.h>
#include <linux/time_types.h>
#include <linux/timerfd.h>
#include <linux/wait.h>

#include "base/host.h"
#include "base/personality.h"
#include "process/process.h"
#include "process/thread.h"
#include "signals/signals.h"
#include "syscalls/common/kqueue_private.h"

#define LANE_OWN         0
#define LANE_PROCDESC    2
#define TIMER_UNITS      (KQ_NOTE_SECONDS | KQ_NOTE_MSECONDS | KQ_NOTE_USECONDS | KQ_NOTE_NSECONDS)
#define HOST_TFD_ABSTIME 1

/* Gives the knote a host descriptor of ours. Returns 0 or -errno. */
static int adopt(struct knote *kn, int64_t fd)
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

static void own_detach(struct kqueue *kq, struct knote *kn)
{
    knote_disarm(kq, kn);
    if (kn->host_fd >= 0) {
        engine_descriptor_close(kn->host_fd);
        kn->host_fd = -1;
    }
}

static int own_arm(struct kqueue *kq, struct knote *kn)
{
    int r = knote_arm(kq, kn, LANE_OWN, EPOLLIN);
    if (r < 0) {
        own_detach(kq, kn);
    }
    return r;
}

/* The time of a timer knote. Returns 0 or -EINVAL. */
static int timer_value(const struct knote *kn, struct __kernel_timespec *value)
{
    int64_t units = kn->sdata;
    int64_t per_second;
    if (units < 0 || (kn->sfflags & ~(uint32_t)(TIMER_UNITS | KQ_NOTE_ABSTIME)) != 0) {
        return -EINVAL;
    }
    switch (kn->sfflags & TIMER_UNITS) {
    case KQ_NOTE_SECONDS:
        per_second = 1;
        break;
    case KQ_NOTE_MSECONDS:
    case 0:
        per_second = 1000;
        break;
    case KQ_NOTE_USECONDS:
        per_second = 1000000;
        break;
    case KQ_NOTE_NSECONDS:
        per_second = 1000000000;
        break;
    default:
        return -EINVAL;
    }
    if (units == 0 && (kn->flags & KQ_ONESHOT) == 0) {
        units = 1;
    }
    value->tv_sec = units / per_second;
    value->tv_nsec = units % per_second * (1000000000 / per_second);
    if (value->tv_sec == 0 && value->tv_nsec == 0) {
        value->tv_nsec = 1; /* for the host, 0 means never */
    }
    return 0;
}

static int timer_start(struct kqueue *kq, struct knote *kn)
{
    struct __kernel_itimerspec spec = {0};
    bool absolute = (kn->sfflags & KQ_NOTE_ABSTIME) != 0;
    int r = timer_value(kn, &spec.it_value);
    if (r < 0) {
        return r;
    }
    /* An absolute timer and a one-shot one fire once: filt_timerexpire(). */
    if (!absolute && (kn->flags & KQ_ONESHOT) == 0) {
        spec.it_interval = spec.it_value;
    }
    r = adopt(kn,
              host_call2(__NR_timerfd_create, absolute ? CLOCK_REALTIME : CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
    if (r < 0) {
        return r;
    }
    host_call4(__NR_timerfd_settime, kn->host_fd, absolute ? HOST_TFD_ABSTIME : 0, &spec, 0);
    return own_arm(kq, kn);
}

static int timer_attach(struct thread *t, struct kqueue *kq, struct knote *kn)
{
    (void)t;
    return timer_start(kq, kn);
}

/* Only EV_ADD sets the timer anew: filt_timertouch(). */
static int timer_update(struct kqueue *kq, struct knote *kn, const struct kqueue_event *change)
{
    if (change == NULL || (change->flags & KQ_ADD) == 0) {
        return knote_arm(kq, kn, LANE_OWN, EPOLLIN);
    }
    struct knote next = *kn;
    struct __kernel_timespec ignored;
    next.sfflags = change->fflags;
    next.sdata = change->data;
    int r = timer_value(&next, &ignored);
    if (r < 0) {
        return r;
    }
    own_detach(kq, kn);
    kn->sfflags = change->fflags;
    kn->sdata = change->data;
    return timer_start(kq, kn);
}

static bool timer_report(struct thread *t, struct kqueue *kq, struct knote *kn, uint32_t events,
                         struct kqueue_event *out)
{
    uint64_t expirations;
    (void)t;
    (void)kq;
    (void)events;
    if (host_call3(__NR_read, kn->host_fd, &expirations, sizeof expirations) != sizeof expirations) {
        return false; /* another thread has had it */
    }
    out->data = (int64_t)expirations;
    return true;
}

const struct filter_ops filter_timer = {.forced_flags = KQ_CLEAR,
                                        .attach = timer_attach,
                                        .detach = own_detach,
                                        .update = timer_update,
                                        .report = timer_report};

/* NOTE_TRIGGER does nothing yet: filt_userattach() looks for it where kqueue_register() has cleared it. */
static int user_attach(struct thread *t, struct kqueue *kq, struct knote *kn)
{
    (void)t;
    (void)kq;
    (void)kn;
    return 0;
}

static void user_detach(struct kqueue *kq, struct knote *kn)
{
    (void)kq;
    (void)kn;
}

static int user_update(struct kqueue *kq, struct knote *kn, const struct kqueue_event *change)
{
    uint32_t flags = change->fflags & KQ_NOTE_FFLAGSMASK;
    switch (change->fflags & KQ_NOTE_FFCTRLMASK) {
    case KQ_NOTE_FFAND:
        kn->sfflags &= flags;
        break;
    case KQ_NOTE_FFOR:
        kn->sfflags |= flags;
        break;
    case KQ_NOTE_FFCOPY:
        kn->sfflags = flags;
        break;
    default:
        break;
    }
    kn->sdata = change->data;
    if ((change->fflags & KQ_NOTE_TRIGGER) != 0) {
        kn->triggered = true;
    }
    if ((change->flags & KQ_CLEAR) != 0) {
        kn->triggered = false;
        kn->active = false;
        knote_unready(kq, kn);
    }
    if (kn->triggered) {
        knote_activate(kq, kn);
    }
    return 0;
}

static bool user_report(struct thread *t, struct kqueue *kq, struct knote *kn, uint32_t events,
                        struct kqueue_event *out)
{
    (void)t;
    (void)kq;
    (void)events;
    if (!kn->triggered) {
        return false;
    }
    if ((kn->flags & KQ_ONESHOT) != 0) {
        return true; /* kqueue_scan() does not ask the filter of such for its flags and data */
    }
    out->fflags = kn->sfflags;
    out->data = kn->sdata;
    if ((kn->flags & KQ_CLEAR) != 0) {
        kn->triggered = false;
    }
    return true;
}

const struct filter_ops filter_user = {
    .attach = user_attach, .detach = user_detach, .update = user_update, .report = user_report};

/* Counting happens in signal context, so it only adds and rings; the epolls tell the kqueues. */
void kqueue_note_signal(struct thread *t, int guest_signo)
{
    uint64_t one = 1;
    struct kqueue_group *group = t->proc->descriptors->watchers;
    if (group == NULL || guest_signo <= 0 || guest_signo >= KQ_SIGNALS) {
        return;
    }
    __atomic_add_fetch(&group->signals[guest_signo], 1, __ATOMIC_RELAXED);
    int bell = __atomic_load_n(&group->signal_bell, __ATOMIC_ACQUIRE);
    if (bell >= 0) {
        host_call3(__NR_write, bell, &one, sizeof one);
    }
}

static int watch_signals(struct kqueue *kq)
{
    struct kqueue_group *group = kq->group;
    if (kq->signals_watched) {
        return 0;
    }
    if (__atomic_load_n(&group->signal_bell, __ATOMIC_ACQUIRE) < 0) {
        int64_t fd = host_call2(__NR_eventfd2, 0, EVENTFD_FLAGS);
        int own = fd < 0 ? (int)fd : engine_descriptor_adopt((int)fd);
        if (own < 0) {
            return own;
        }
        int32_t none = -1;
        if (!__atomic_compare_exchange_n(&group->signal_bell, &none, own, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
            engine_descriptor_close(own);
        }
    }
    int r = kqueue_watch_token(kq, LANE_OWN, group->signal_bell, TOKEN_SIGNALS, EPOLLIN | EPOLLET);
    kq->signals_watched = r == 0;
    return r;
}

static int signal_attach(struct thread *t, struct kqueue *kq, struct knote *kn)
{
    if (kn->ident == 0 || kn->ident > t->proc->personality->signal_count || kn->ident >= KQ_SIGNALS) {
        return -EINVAL;
    }
    int r = watch_signals(kq);
    if (r == 0) {
        r = signal_watch(t, (int)kn->ident);
    }
    if (r < 0) {
        return r;
    }
    kn->counted = __atomic_load_n(&kq->group->signals[kn->ident], __ATOMIC_RELAXED);
    kn->list_next = kq->signal_notes;
    kq->signal_notes = kn;
    return 0;
}

static void signal_detach(struct kqueue *kq, struct knote *kn)
{
    for (struct knote **at = &kq->signal_notes; *at != NULL; at = &(*at)->list_next) {
        if (*at == kn) {
            *at = kn->list_next;
            return;
        }
    }
}

void kqueue_check_signals(struct kqueue *kq)
{
    for (struct knote *kn = kq->signal_notes; kn != NULL; kn = kn->list_next) {
        if (kn->counted != __atomic_load_n(&kq->group->signals[kn->ident], __ATOMIC_RELAXED)) {
            knote_activate(kq, kn);
        }
    }
}

static int signal_update(struct kqueue *kq, struct knote *kn, const struct kqueue_event *change)
{
    (void)change;
    if (kn->counted != __atomic_load_n(&kq->group->signals[kn->ident], __ATOMIC_RELAXED)) {
        knote_activate(kq, kn);
    }
    return 0;
}

static bool signal_report(struct thread *t, struct kqueue *kq, struct knote *kn, uint32_t events,
                          struct kqueue_event *out)
{
    (void)t;
    (void)events;
    uint32_t now = __atomic_load_n(&kq->group->signals[kn->ident], __ATOMIC_RELAXED);
    out->data = now - kn->counted;
    kn->counted = now;
    return out->data != 0;
}

const struct filter_ops filter_signal = {.forced_flags = KQ_CLEAR,
                                         .attach = signal_attach,
                                         .detach = signal_detach,
                                         .update = signal_update,
                                         .report = signal_report};

/* A process's wait status in the guest's terms; 0 for one that is not our child. */
static int64_t exit_status(struct thread *t, int pidfd)
{
    siginfo_t info = {0};
    int64_t r = host_call5(__NR_waitid, P_PIDFD, pidfd, &info, WEXITED | WNOHANG | WNOWAIT, 0);
    if (r < 0 || info.si_pid == 0) {
        return 0;
    }
    if (info.si_code == CLD_EXITED) {
        return (int64_t)(info.si_status & 0xff) << 8;
    }
    int64_t status = t->proc->personality->signal_from_host[info.si_status & 63];
    return info.si_code == CLD_DUMPED ? status | 0x80 : status;
}

/* NOTE_FORK, NOTE_EXEC and NOTE_TRACK need a process table that other processes feed. */
static int proc_attach(struct thread *t, struct kqueue *kq, struct knote *kn)
{
    (void)t;
    if ((kn->sfflags & ~KQ_NOTE_EXIT) != 0) {
        return -EINVAL;
    }
    if (kn->ident == 0 || kn->ident > INT32_MAX) {
        return -ESRCH;
    }
    int r = adopt(kn, host_call2(__NR_pidfd_open, kn->ident, 0));
    if (r < 0) {
        return r == -EINVAL ? -ESRCH : r;
    }
    return own_arm(kq, kn);
}

static int proc_update(struct kqueue *kq, struct knote *kn, const struct kqueue_event *change)
{
    if (change != NULL) {
        if ((change->fflags & ~KQ_NOTE_EXIT) != 0) {
            return -EINVAL;
        }
        kn->sfflags = change->fflags;
    }
    return knote_arm(kq, kn, kn->ops->is_fd ? LANE_PROCDESC : LANE_OWN, EPOLLIN);
}

static bool proc_report(struct thread *t, struct kqueue *kq, struct knote *kn, uint32_t events,
                        struct kqueue_event *out)
{
    (void)kq;
    (void)events;
    if ((kn->sfflags & KQ_NOTE_EXIT) == 0) {
        return false;
    }
    out->fflags = KQ_NOTE_EXIT;
    out->data = exit_status(t, kn->host_fd);
    out->flags |= KQ_EOF | KQ_ONESHOT;
    return true;
}

const struct filter_ops filter_proc = {.forced_flags = KQ_CLEAR,
                                       .attach = proc_attach,
                                       .detach = own_detach,
                                       .update = proc_update,
                                       .report = proc_report};

static int procdesc_attach(struct thread *t, struct kqueue *kq, struct knote *kn)
{
    if (descriptor_kind_of(t->proc->descriptors, (int)kn->ident) != DESCRIPTOR_PROCESS ||
        (kn->sfflags & ~KQ_NOTE_EXIT) != 0) {
        return -EINVAL;
    }
    kn->host_fd = (int32_t)kn->ident;
    return knote_arm(kq, kn, LANE_PROCDESC, EPOLLIN);
}

const struct filter_ops filter_procdesc = {.is_fd = true,
                                           .forced_flags = KQ_CLEAR,
                                           .attach = procdesc_attach,
                                           .detach = knote_disarm,
                                           .update = proc_update,
                                           .report = proc_report};
