/* Collecting a kqueue's events, and the host descriptors they come through. Semantics: kqueue_scan(). */
#include <linux/eventpoll.h>
#include <linux/time.h>
#include <linux/time_types.h>

#include "base/host.h"
#include "base/host_clock.h"
#include "process/process.h"
#include "process/thread.h"
#include "signals/signals.h"
#include "syscalls/common/kqueue_private.h"

#define BATCH 32

int kqueue_watch_token(struct kqueue *kq, int lane, int fd, uint32_t token, uint32_t events)
{
    struct epoll_event ev = {.events = events, .data = token};
    return (int)host_call4(__NR_epoll_ctl, kq->lanes[lane], EPOLL_CTL_ADD, fd, &ev);
}

int kqueue_lane(struct kqueue *kq, int lane)
{
    if (kq->lanes[lane] >= 0) {
        return kq->lanes[lane];
    }
    int64_t fd = host_call1(__NR_epoll_create1, EPOLL_CLOEXEC);
    int own = fd < 0 ? (int)fd : engine_descriptor_adopt((int)fd);
    if (own < 0) {
        if (fd >= 0) {
            host_call1(__NR_close, fd);
        }
        return own;
    }
    int r = kqueue_watch_token(kq, 0, own, TOKEN_LANE + (uint32_t)lane, EPOLLIN);
    if (r < 0) {
        engine_descriptor_close(own);
        return r;
    }
    kq->lanes[lane] = own;
    return own;
}

static uint32_t trigger_flags(const struct knote *kn)
{
    uint32_t flags = 0;
    if ((kn->flags & KQ_CLEAR) != 0 || kn->parked) {
        flags |= EPOLLET;
    }
    if ((kn->flags & (KQ_ONESHOT | KQ_DISPATCH)) != 0) {
        flags |= EPOLLONESHOT;
    }
    return flags;
}

void knote_disarm(struct kqueue *kq, struct knote *kn)
{
    if (kn->lane >= 0) {
        host_call4(__NR_epoll_ctl, kq->lanes[kn->lane], EPOLL_CTL_DEL, kn->host_fd, 0);
        kn->lane = -1;
    }
}

int knote_arm(struct kqueue *kq, struct knote *kn, int lane, uint32_t events)
{
    if (kn->disabled) {
        knote_disarm(kq, kn);
        return 0;
    }
    int epoll = kqueue_lane(kq, lane);
    if (epoll < 0) {
        return epoll;
    }
    struct epoll_event ev = {.events = events | trigger_flags(kn),
                             .data = (uint64_t)kq->slots[kn->slot].generation << 32 | kn->slot};
    int op = kn->lane >= 0 ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    int64_t r = host_call4(__NR_epoll_ctl, epoll, op, kn->host_fd, &ev);
    if (r == -EEXIST || r == -ENOENT) {
        /* The entry of a descriptor that was closed behind our back, or that went with it. */
        op = r == -EEXIST ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
        r = host_call4(__NR_epoll_ctl, epoll, op, kn->host_fd, &ev);
    }
    if (r == 0) {
        kn->lane = lane;
    }
    return r == -ELOOP ? -EINVAL : (int)r; /* kqueues that watch each other, which the host does not allow */
}

static int ring(struct kqueue *kq)
{
    uint64_t one = 1;
    if (kq->bell < 0) {
        int64_t fd = host_call2(__NR_eventfd2, 0, EVENTFD_FLAGS);
        int own = fd < 0 ? (int)fd : engine_descriptor_adopt((int)fd);
        if (own < 0) {
            return own;
        }
        kq->bell = own;
        kqueue_watch_token(kq, 0, own, TOKEN_BELL, EPOLLIN);
    }
    if (!kq->bell_rung) {
        kq->bell_rung = true;
        host_call3(__NR_write, kq->bell, &one, sizeof one);
    }
    return 0;
}

static void silence(struct kqueue *kq)
{
    uint64_t count;
    if (kq->bell_rung) {
        kq->bell_rung = false;
        host_call3(__NR_read, kq->bell, &count, sizeof count);
    }
}

void knote_activate(struct kqueue *kq, struct knote *kn)
{
    kn->active = true;
    if (kn->disabled || kn->queued) {
        return;
    }
    kn->queued = true;
    kn->ready_next = NULL;
    kn->ready_previous = kq->ready_last;
    if (kq->ready_last != NULL) {
        kq->ready_last->ready_next = kn;
    } else {
        kq->ready_first = kn;
    }
    kq->ready_last = kn;
    ring(kq);
}

void knote_unready(struct kqueue *kq, struct knote *kn)
{
    if (!kn->queued) {
        return;
    }
    kn->queued = false;
    if (kn->ready_previous != NULL) {
        kn->ready_previous->ready_next = kn->ready_next;
    } else {
        kq->ready_first = kn->ready_next;
    }
    if (kn->ready_next != NULL) {
        kn->ready_next->ready_previous = kn->ready_previous;
    } else {
        kq->ready_last = kn->ready_previous;
    }
    if (kq->ready_first == NULL) {
        silence(kq);
    }
}

/*
 * Where one scan puts its events. How many bytes a descriptor has to read is asked of the host without the kqueue's
 * lock: the host takes the socket's, which another processor may hold while it delivers to it, and then everybody who
 * looks for events would wait behind that.
 */
struct collection {
    struct kqueue_event *out;
    struct kqueue_wait *wait;
    int count, max, owed_count;
    struct owed {
        int64_t (*data_of)(int fd, uint32_t mode);
        uint32_t mode;
        int32_t index; /* in out */
    } owed[KQ_SCAN_MAX];
};

static void owe(struct collection *c, const struct knote *kn)
{
    c->owed[c->owed_count++] = (struct owed){kn->ops->data_of, kn->mode, c->count};
}

static void settle(struct collection *c)
{
    for (int i = 0; i < c->owed_count; i++) {
        struct kqueue_event *event = &c->out[c->owed[i].index];
        event->data = c->owed[i].data_of((int)event->ident, c->owed[i].mode);
    }
    c->owed_count = 0;
}

/* The number of this call, by which knotes that it has reported are known. */
static void begin_round(struct kqueue *kq, struct collection *c)
{
    if (c->wait->round == 0) {
        kq->round += kq->round == UINT32_MAX ? 2 : 1;
        c->wait->round = kq->round;
    }
}

/*
 * Whether the call has reported this knote. One that is cleared by being reported has become active again since, and
 * nobody else may have been told.
 */
static bool had_already(const struct knote *kn, const struct collection *c)
{
    return kn->round == c->wait->round && (kn->flags & KQ_CLEAR) == 0;
}

/*
 * Reports one knote if it has something to say; then what its flags want. Returns whether that is done with: it was
 * reported, or has gone without (EV_DROP).
 */
static bool report(struct thread *t, struct kqueue *kq, struct knote *kn, uint32_t events, struct collection *c)
{
    struct kqueue_event *out = &c->out[c->count];
    kq->looks++;
    *out = (struct kqueue_event){.ident = kn->ident,
                                 .filter = kn->filter,
                                 .flags = kn->flags,
                                 .udata = kn->udata,
                                 .ext = {kn->ext[0], kn->ext[1], kn->ext[2], kn->ext[3]}};
    if (!kn->ops->report(t, kq, kn, events, out) && !kn->forced) {
        if ((kn->flags & KQ_DROP) == 0) {
            return false;
        }
        knote_drop(kq, kn);
        return true;
    }
    if (out->data == DATA_OWED) {
        owe(c, kn);
    }
    c->count++;
    kn->round = c->wait->round;
    if ((out->flags & KQ_ONESHOT) != 0) {
        knote_drop(kq, kn);
        return true;
    }
    if ((kn->flags & KQ_DISPATCH) != 0) {
        kn->disabled = true;
        kn->active = false;
        knote_unready(kq, kn);
    } else if ((kn->flags & KQ_CLEAR) != 0) {
        kn->active = false;
    }
    return true;
}

/*
 * Off the ready list; level-triggered ones that still hold go to its end, where this scan does not come, and where what
 * follows is nothing that this call should report.
 */
static void take_ready(struct thread *t, struct kqueue *kq, struct collection *c)
{
    struct knote *last = kq->ready_last;
    while (c->count < c->max && kq->ready_first != NULL && last != NULL) {
        struct knote *kn = kq->ready_first;
        bool end = kn == last;
        uint32_t slot = kn->slot, generation = kq->slots[slot].generation;
        if (had_already(kn, c)) {
            return;
        }
        knote_unready(kq, kn);
        bool reported = report(t, kq, kn, 0, c);
        bool alive = kq->slots[slot].knote != NULL && kq->slots[slot].generation == generation;
        if (alive && !reported) {
            kn->active = false;
        } else if (alive && kn->active) {
            knote_activate(kq, kn);
        }
        if (end) {
            return;
        }
    }
}

/* READ and WRITE of regular files, which the host always calls ready: asked each time. */
static void take_files(struct thread *t, struct kqueue *kq, struct collection *c)
{
    for (struct knote *kn = kq->files, *next; kn != NULL && c->count < c->max; kn = next) {
        next = kn->list_next;
        if (!kn->disabled && !had_already(kn, c)) {
            report(t, kq, kn, 0, c);
        }
    }
}

static struct knote *knote_of_event(struct kqueue *kq, uint64_t data)
{
    uint32_t slot = (uint32_t)data;
    if (slot >= kq->slot_count || kq->slots[slot].generation != data >> 32) {
        return NULL;
    }
    return kq->slots[slot].knote;
}

static void take_host_event(struct thread *t, struct kqueue *kq, const struct epoll_event *ev, struct collection *c)
{
    struct knote *kn = knote_of_event(kq, ev->data);
    if (kn == NULL || kn->disabled) {
        return;
    }
    if (had_already(kn, c) || report(t, kq, kn, ev->events, c) || kn->lane < 0) {
        return;
    }
    /*
     * In vain (too little data for NOTE_LOWAT; hung up because it was never connected): a level-triggered entry
     * would come back at once, and a one-shot one never. An edge-triggered one is quiet by now, and arming it again
     * would only repeat what it said (EPOLL_CTL_MOD looks anew), for ever in case of EPOLLHUP.
     */
    if ((trigger_flags(kn) & (EPOLLET | EPOLLONESHOT)) == EPOLLET) {
        return;
    }
    kn->parked = true;
    kn->ops->update(kq, kn, NULL);
}

static void take_lane(struct thread *t, struct kqueue *kq, int lane, struct collection *c)
{
    struct epoll_event events[BATCH];
    int want = c->max - c->count < BATCH ? c->max - c->count : BATCH;
    if (want <= 0) {
        return; /* it stays ready */
    }
    int64_t n = host_call4(__NR_epoll_wait, kq->lanes[lane], events, want, 0);
    for (int64_t i = 0; i < n; i++) {
        take_host_event(t, kq, &events[i], c);
    }
}

static void take_events(struct thread *t, struct kqueue *kq, const struct epoll_event *events, int64_t n,
                        struct collection *c)
{
    for (int64_t i = 0; i < n; i++) {
        uint32_t token = (uint32_t)events[i].data;
        if (token < TOKEN_FIRST) {
            take_host_event(t, kq, &events[i], c);
        }
    }
    for (int64_t i = 0; i < n; i++) {
        uint32_t token = (uint32_t)events[i].data;
        if (token == TOKEN_INOTIFY) {
            kqueue_read_inotify(kq);
        } else if (token == TOKEN_SIGNALS) {
            kqueue_check_signals(t, kq);
        } else if (token == TOKEN_WATCH) {
            kqueue_hear_processes(kq);
        } else if (token >= TOKEN_LANE && token < TOKEN_LANE + KQ_LANES) {
            take_lane(t, kq, (int)(token - TOKEN_LANE), c);
        }
    }
}

/* What is left until the deadline; false: nothing. */
static bool remaining(const struct kqueue_wait *d, struct __kernel_timespec *left)
{
    struct __kernel_timespec now;
    if (d->seconds == 0 && d->nanoseconds == 0) {
        return false; /* a look */
    }
    host_clock_read(CLOCK_MONOTONIC, &now);
    left->tv_sec = d->seconds - now.tv_sec;
    left->tv_nsec = d->nanoseconds - now.tv_nsec;
    if (left->tv_nsec < 0) {
        left->tv_sec--;
        left->tv_nsec += 1000000000;
    }
    if (left->tv_sec < 0) {
        *left = (struct __kernel_timespec){0};
        return false;
    }
    return left->tv_sec != 0 || left->tv_nsec != 0;
}

static int64_t wait_host(struct thread *t, int fd, struct epoll_event *events, int max,
                         const struct __kernel_timespec *timeout)
{
    if (timeout != NULL && timeout->tv_sec == 0 && timeout->tv_nsec == 0) {
        return host_call4(__NR_epoll_wait, fd, events, max, 0); /* a look: no signal interrupts it */
    }
    int64_t r =
        host_call_intr(t, __NR_epoll_pwait2, (uint64_t)fd, (uint64_t)events, (uint64_t)max, (uint64_t)timeout, 0, 8);
    if (r != -ENOSYS) {
        return r;
    }
    int64_t ms = -1; /* before Linux 5.11 */
    if (timeout != NULL) {
        ms = timeout->tv_sec > INT32_MAX / 1000 - 1 ? INT32_MAX
                                                    : timeout->tv_sec * 1000 + (timeout->tv_nsec + 999999) / 1000000;
    }
    return host_call_intr(t, __NR_epoll_wait, (uint64_t)fd, (uint64_t)events, (uint64_t)max, (uint64_t)ms, 0, 0);
}

/*
 * What stands ready without the host's doing. Only a look: what comes after it rings the bell, which wait_host() hears.
 */
static bool has_own_events(const struct kqueue *kq)
{
    return __atomic_load_n(&kq->ready_first, __ATOMIC_RELAXED) != NULL ||
           __atomic_load_n(&kq->files, __ATOMIC_RELAXED) != NULL;
}

static void take_own_events(struct thread *t, struct kqueue *kq, struct collection *c)
{
    lock_acquire(&kq->lock);
    begin_round(kq, c);
    take_ready(t, kq, c);
    take_files(t, kq, c);
    lock_release(&kq->lock);
}

int64_t kqueue_scan(struct thread *t, struct kqueue *kq, int fd, struct kqueue_event *out, int max,
                    struct kqueue_wait *wait)
{
    struct epoll_event events[BATCH];
    struct collection c = {.out = out, .wait = wait, .max = max};
    for (;;) {
        struct __kernel_timespec left = {0};
        int before = c.count;
        if (has_own_events(kq)) {
            take_own_events(t, kq, &c);
            settle(&c);
        }
        if (c.count == max) {
            return max;
        }
        bool forever = c.count == 0 && wait->seconds < 0;
        bool time_left = forever || (c.count == 0 && remaining(wait, &left));
        int want = max - c.count < BATCH ? max - c.count : BATCH;
        int64_t n = wait_host(t, fd, events, want, forever ? NULL : &left);
        if (n == -EINTR && t->recorded == 0 && c.count == 0) {
            continue; /* a stop that ended, or a signal that a tracer saw and nobody handles: not for the guest */
        }
        if (n < 0) {
            return c.count > 0 ? c.count : n;
        }
        if (n > 0 || has_own_events(kq)) {
            lock_acquire(&kq->lock);
            begin_round(kq, &c);
            take_events(t, kq, events, n, &c);
            take_ready(t, kq, &c);
            lock_release(&kq->lock);
            settle(&c);
        }
        bool more = n == want && c.count > before; /* the host may have kept something back */
        if ((c.count > 0 && !more) || (c.count == 0 && !time_left)) {
            return c.count;
        }
    }
}
