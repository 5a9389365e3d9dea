/*
 * EVFILT_AIO and EVFILT_LIO: the knotes of requests, which only the requests' owner makes. Semantics: filt_aioattach(),
 * filt_aio(), filt_lioattach() and filt_lio() of sys/kern/vfs_aio.c.
 */
#include "base/host.h"
#include "base/mem.h"
#include "process/process.h"
#include "process/thread.h"
#include "syscalls/common/kqueue_private.h"

/* A guest's own: filt_aioattach() wants a flag that only the kernel can set. */
static int refuse(struct thread *t, struct kqueue *kq, struct knote *kn)
{
    (void)t;
    (void)kq;
    (void)kn;
    return -EPERM;
}

static void request_detach(struct kqueue *kq, struct knote *kn)
{
    (void)kq;
    (void)kn;
}

static int request_update(struct kqueue *kq, struct knote *kn, const struct kqueue_event *change)
{
    (void)change;
    if (kn->triggered) {
        knote_activate(kq, kn);
    }
    return 0;
}

static bool request_report(struct thread *t, struct kqueue *kq, struct knote *kn, uint32_t events,
                           struct kqueue_event *out)
{
    (void)t;
    (void)kq;
    (void)events;
    out->data = kn->data;
    if (kn->filter == KQ_FILTER_AIO && kn->triggered) {
        out->flags |= KQ_EOF;
    }
    return kn->triggered;
}

const struct filter_ops filter_aio = {
    .attach = refuse, .detach = request_detach, .update = request_update, .report = request_report};
const struct filter_ops filter_lio = {
    .attach = refuse, .detach = request_detach, .update = request_update, .report = request_report};

int kqueue_request_add(struct thread *t, int fd, int filter, uint64_t ident, uint16_t flags, uint64_t udata,
                       struct kqueue_ticket *ticket)
{
    struct kqueue_event note = {.ident = ident, .filter = (int16_t)filter, .flags = flags, .udata = udata};
    struct kqueue *kq = kqueue_get(t, fd);
    if (kq == NULL) {
        return -EBADF;
    }
    *ticket = (struct kqueue_ticket){kq->group, kq->number, ident, filter};
    lock_acquire(&kq->lock);
    struct knote *kn = knote_find(kq, ident, filter);
    if (kn != NULL) {
        knote_drop(kq, kn); /* of a request that has been forgotten: its memory serves for another now */
    }
    kn = knote_new(kq, filter == KQ_FILTER_AIO ? &filter_aio : &filter_lio, &note);
    lock_release(&kq->lock);
    kqueue_put(kq);
    return kn != NULL ? 0 : -ENOMEM;
}

/* The ticket's kqueue, locked, with its group locked as well; NULL, and the group locked: it is gone. */
static struct kqueue *lock_queue(const struct kqueue_ticket *ticket)
{
    lock_acquire(&ticket->group->lock);
    struct kqueue *kq = ticket->group->first;
    while (kq != NULL && kq->number != ticket->queue) {
        kq = kq->group_next;
    }
    if (kq != NULL) {
        lock_acquire(&kq->lock);
    }
    return kq;
}

static void unlock_queue(const struct kqueue_ticket *ticket, struct kqueue *kq)
{
    if (kq != NULL) {
        lock_release(&kq->lock);
    }
    lock_release(&ticket->group->lock);
}

void kqueue_request_done(const struct kqueue_ticket *ticket, int64_t data)
{
    struct kqueue *kq = lock_queue(ticket);
    struct knote *kn = kq != NULL ? knote_find(kq, ticket->ident, ticket->filter) : NULL;
    if (kn != NULL) {
        kn->triggered = true;
        kn->data = data;
        knote_activate(kq, kn);
    }
    unlock_queue(ticket, kq);
}

void kqueue_request_drop(const struct kqueue_ticket *ticket)
{
    struct kqueue *kq = lock_queue(ticket);
    struct knote *kn = kq != NULL ? knote_find(kq, ticket->ident, ticket->filter) : NULL;
    if (kn != NULL) {
        knote_drop(kq, kn);
    }
    unlock_queue(ticket, kq);
}
