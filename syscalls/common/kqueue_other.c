/*
 * EVFILT_USER and EVFILT_SIGNAL. Semantics: filt_user*() of sys/kern/kern_event.c, filt_sig*() of sys/kern/kern_sig.c.
 */
#include <linux/eventpoll.h>

#include "base/host.h"
#include "base/personality.h"
#include "process/process.h"
#include "process/thread.h"
#include "signals/signals.h"
#include "syscalls/common/kqueue_private.h"

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

/*
 * EVFILT_SIGNAL counts a signal when it is sent (tdsendsignal()). What arrives here is delivered or dropped, or kept by
 * the engine because the guest blocks it, and comes through the hook; what the host keeps because it is blocked is seen
 * by a signal descriptor that polls when one comes. A signal that has been counted while it waited is not counted again
 * when it is delivered. What stays uncounted: further ones that another process sends while one waits, which the host
 * takes for the same.
 */

/* The guest's signals that wait for delivery to the thread or its process. */
static struct signal_set waiting_now(struct thread *t)
{
    uint64_t host = 0;
    host_call2(__NR_rt_sigpending, &host, sizeof host);
    struct signal_set set = signal_set_from_host(t, host), held = signals_held(t);
    set.bits[0] |= held.bits[0];
    set.bits[1] |= held.bits[1];
    return set;
}

/* Happens in signal context, so it only adds and rings; the epolls tell the kqueues. */
void kqueue_note_signal(struct thread *t, int guest_signo, bool stays)
{
    uint64_t one = 1;
    struct kqueue_group *group = t->proc->descriptors->watchers;
    if (group == NULL || guest_signo <= 0 || guest_signo >= KQ_SIGNALS) {
        return;
    }
    bool *waiting = &group->waiting[guest_signo];
    if (stays) {
        __atomic_store_n(waiting, true, __ATOMIC_RELAXED);
    } else if (__atomic_load_n(waiting, __ATOMIC_RELAXED)) {
        struct signal_set others = waiting_now(t);
        __atomic_store_n(waiting, signal_set_has(&others, guest_signo), __ATOMIC_RELAXED);
        return;
    }
    __atomic_add_fetch(&group->signals[guest_signo], 1, __ATOMIC_RELAXED);
    int bell = __atomic_load_n(&group->signal_bell, __ATOMIC_ACQUIRE);
    if (bell >= 0) {
        host_call3(__NR_write, bell, &one, sizeof one);
    }
}

/* The kqueue's signal descriptor, for one signal more. Where the host has no such signal there is nothing to see. */
static int watch_waiting(struct thread *t, struct kqueue *kq, int signo)
{
    int host = t->proc->personality->signal_to_host[signo];
    uint64_t mask = kq->signal_fd_mask | (host != 0 ? 1ULL << (host - 1) : 0);
    if (mask == kq->signal_fd_mask) {
        return 0;
    }
    if (kq->signal_fd >= 0) {
        kq->signal_fd_mask = mask;
        int64_t r = host_call4(__NR_signalfd4, kq->signal_fd, &mask, sizeof mask, 0); /* the descriptor again */
        return r < 0 ? (int)r : 0;
    }
    int64_t fd = host_call4(__NR_signalfd4, -1, &mask, sizeof mask, EVENTFD_FLAGS);
    int own = fd < 0 ? (int)fd : engine_descriptor_adopt((int)fd);
    if (own < 0) {
        if (fd >= 0) {
            host_call1(__NR_close, fd);
        }
        return -ENOMEM;
    }
    kq->signal_fd = own;
    kq->signal_fd_mask = mask;
    return kqueue_watch_token(kq, LANE_OWN, own, TOKEN_SIGNALS, EPOLLIN | EPOLLET);
}

/* What waits already when a knote begins to watch is none of its business. */
static void begin_counting(struct thread *t, struct kqueue *kq, const struct knote *kn)
{
    struct signal_set now = waiting_now(t);
    if (kn->ident < KQ_SIGNALS && signal_set_has(&now, (int)kn->ident)) {
        __atomic_store_n(&kq->group->waiting[kn->ident], true, __ATOMIC_RELAXED);
    }
}

/* Counts what has come to wait since the last look, and forgets what nobody has to deliver any more. */
static void count_waiting(struct thread *t, struct kqueue *kq)
{
    struct signal_set now = waiting_now(t);
    for (struct knote *kn = kq->signal_notes; kn != NULL; kn = kn->list_next) {
        if (kn->ident == 0 || kn->ident >= KQ_SIGNALS) {
            continue;
        }
        bool here = signal_set_has(&now, (int)kn->ident);
        bool before = __atomic_exchange_n(&kq->group->waiting[kn->ident], here, __ATOMIC_RELAXED);
        if (here && !before) {
            __atomic_add_fetch(&kq->group->signals[kn->ident], 1, __ATOMIC_RELAXED);
        }
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

/* How often the knote's signal has been sent. */
static uint32_t sent(const struct kqueue *kq, const struct knote *kn)
{
    return kn->ident < KQ_SIGNALS ? __atomic_load_n(&kq->group->signals[kn->ident], __ATOMIC_RELAXED) : 0;
}

/* filt_sigattach() takes any number; what is no signal is never sent. */
static int signal_attach(struct thread *t, struct kqueue *kq, struct knote *kn)
{
    if (kn->ident != 0 && kn->ident <= t->proc->personality->signal_count) {
        int r = watch_signals(kq);
        begin_counting(t, kq, kn);
        if (r == 0) {
            r = watch_waiting(t, kq, (int)kn->ident);
        }
        if (r == 0) {
            r = signal_watch(t, (int)kn->ident);
        }
        if (r < 0) {
            return r;
        }
    }
    kn->counted = sent(kq, kn);
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

void kqueue_check_signals(struct thread *t, struct kqueue *kq)
{
    count_waiting(t, kq);
    for (struct knote *kn = kq->signal_notes; kn != NULL; kn = kn->list_next) {
        if (kn->counted != sent(kq, kn)) {
            knote_activate(kq, kn);
        }
    }
}

static int signal_update(struct kqueue *kq, struct knote *kn, const struct kqueue_event *change)
{
    (void)change;
    if (kn->counted != sent(kq, kn)) {
        knote_activate(kq, kn);
    }
    return 0;
}

static bool signal_report(struct thread *t, struct kqueue *kq, struct knote *kn, uint32_t events,
                          struct kqueue_event *out)
{
    (void)t;
    (void)events;
    uint32_t now = sent(kq, kn);
    out->data = now - kn->counted;
    kn->counted = now;
    return out->data != 0;
}

const struct filter_ops filter_signal = {.forced_flags = KQ_CLEAR,
                                         .attach = signal_attach,
                                         .detach = signal_detach,
                                         .update = signal_update,
                                         .report = signal_report};
