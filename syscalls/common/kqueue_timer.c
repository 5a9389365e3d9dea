/* EVFILT_TIMER, each on a timer descriptor of its own. Semantics: filt_timer*() of sys/kern/kern_event.c. */
#include <linux/eventpoll.h>
#include <linux/time.h>
#include <linux/time_types.h>
#include <linux/timerfd.h>

#include "base/host.h"
#include "syscalls/common/kqueue_private.h"

#define TIMER_UNITS      (KQ_NOTE_SECONDS | KQ_NOTE_MSECONDS | KQ_NOTE_USECONDS | KQ_NOTE_NSECONDS)
#define HOST_TFD_ABSTIME 1

/* How many of the unit are a second; 0: there is no such unit. */
static int64_t units_per_second(uint32_t fflags)
{
    switch (fflags & TIMER_UNITS) {
    case KQ_NOTE_SECONDS:
        return 1;
    case KQ_NOTE_MSECONDS:
    case 0:
        return 1000;
    case KQ_NOTE_USECONDS:
        return 1000000;
    case KQ_NOTE_NSECONDS:
        return 1000000000;
    default:
        return 0;
    }
}

/* The time of a timer knote: filt_timervalidate(). Returns 0 or -EINVAL. */
static int timer_value(const struct knote *kn, struct __kernel_timespec *value)
{
    int64_t units = kn->sdata;
    int64_t per_second = units_per_second(kn->sfflags);
    if (units < 0 || per_second == 0 || (kn->sfflags & ~(uint32_t)(TIMER_UNITS | KQ_NOTE_ABSTIME)) != 0) {
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

static int timer_start(struct kqueue *kq, struct knote *kn, const struct __kernel_timespec *value)
{
    struct __kernel_itimerspec spec = {.it_value = *value};
    bool absolute = (kn->sfflags & KQ_NOTE_ABSTIME) != 0;
    /* An absolute timer and a one-shot one fire once: filt_timerexpire(). */
    if (!absolute && (kn->flags & KQ_ONESHOT) == 0) {
        spec.it_interval = *value;
    }
    int r = knote_adopt(
        kn, host_call2(__NR_timerfd_create, absolute ? CLOCK_REALTIME : CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
    if (r < 0) {
        return r;
    }
    host_call4(__NR_timerfd_settime, kn->host_fd, absolute ? HOST_TFD_ABSTIME : 0, &spec, 0);
    return knote_own_arm(kq, kn, EPOLLIN);
}

static int timer_attach(struct thread *t, struct kqueue *kq, struct knote *kn)
{
    struct __kernel_timespec value;
    (void)t;
    int r = timer_value(kn, &value);
    if (r < 0) {
        return r;
    }
    if ((kn->sfflags & KQ_NOTE_ABSTIME) == 0) {
        kn->flags |= KQ_CLEAR; /* filt_timerattach(); an absolute one's event stays */
    }
    return timer_start(kq, kn, &value);
}

/*
 * Only EV_ADD sets the timer anew, and forgets what has fired: filt_timertouch(). A time that is none is told by an
 * event.
 */
static int timer_update(struct kqueue *kq, struct knote *kn, const struct kqueue_event *change)
{
    struct __kernel_timespec value;
    if (change == NULL || (change->flags & KQ_ADD) == 0) {
        if (kn->data != 0) {
            knote_activate(kq, kn);
        }
        return kn->host_fd >= 0 ? knote_arm(kq, kn, LANE_OWN, EPOLLIN) : 0;
    }
    knote_unready(kq, kn);
    knote_own_detach(kq, kn);
    kn->active = false;
    kn->data = 0;
    kn->sfflags = change->fflags;
    kn->sdata = change->data;
    if (timer_value(kn, &value) < 0) {
        kn->flags |= KQ_ERROR;
        kn->data = EINVAL;
        knote_activate(kq, kn);
        return 0;
    }
    return timer_start(kq, kn, &value);
}

static bool timer_report(struct thread *t, struct kqueue *kq, struct knote *kn, uint32_t events,
                         struct kqueue_event *out)
{
    uint64_t expirations;
    (void)t;
    (void)events;
    if (kn->host_fd >= 0 &&
        host_call3(__NR_read, kn->host_fd, &expirations, sizeof expirations) == sizeof expirations) {
        kn->data += (int64_t)expirations;
    }
    if (kn->data == 0) {
        return false; /* another thread has had it */
    }
    out->data = kn->data;
    if ((kn->flags & KQ_CLEAR) != 0) {
        kn->data = 0;
    } else {
        knote_activate(kq, kn); /* the host's descriptor is quiet by now */
    }
    return true;
}

const struct filter_ops filter_timer = {.owns_fd = true,
                                        .attach = timer_attach,
                                        .detach = knote_own_detach,
                                        .update = timer_update,
                                        .report = timer_report};
