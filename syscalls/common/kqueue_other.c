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

void kqueue_check_signals(struct kqueue *kq)
{
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
