/*
 * Events of asynchronous I/O for kqueues. Their descriptors are in the guest's table, which the worker has not, so they
 * are set off by a thread of their own, the notifier; see aio.h.
 */
#include <linux/futex.h>

#include "base/host.h"
#include "base/personality.h"
#include "process/process.h"
#include "process/thread.h"
#include "syscalls/common/aio_private.h"

int aio_event_add(struct thread *t, struct aio_notice *n, int filter, uint64_t ident)
{
    if (n->kind != AIO_NOTICE_KQUEUE) {
        return 0;
    }
    int r = kqueue_request_add(t, n->kqueue, filter, ident, n->flags, n->value, &n->ticket);
    n->has_ticket = r == 0;
    return r == 0 || r == -EBADF ? r : -EAGAIN;
}

void aio_event_drop(struct aio_notice *n)
{
    if (n->has_ticket) {
        n->has_ticket = false;
        kqueue_request_drop(&n->ticket);
    }
}

/* The event's data: the error of the request, as the guest numbers it. */
static int64_t guest_error(const struct personality *p, int64_t result)
{
    uint64_t host = result < 0 ? (uint64_t)-result : 0;
    return host < p->errno_from_host_count && p->errno_from_host[host] != 0 ? p->errno_from_host[host] : (int64_t)host;
}

static void set_off(struct aio_notice *n, bool *due, int64_t data)
{
    if (*due) {
        *due = false;
        if (n->has_ticket) {
            kqueue_request_done(&n->ticket, data);
        }
    }
}

/* Under the lock, so that no event is set off whose request is forgotten. */
static void set_off_all(struct thread *t, struct aio_state *s)
{
    lock_acquire(&s->lock);
    for (struct aio_job *job = s->first; job != NULL; job = job->next) {
        set_off(&job->notice, &job->event_due, guest_error(t->proc->personality, job->result));
    }
    for (struct aio_list *list = s->lists; list != NULL; list = list->next) {
        set_off(&list->notice, &list->event_due, 0);
    }
    lock_release(&s->lock);
}

static _Noreturn void notify(struct thread *t)
{
    struct aio_state *s = t->proc->aio;
    for (;;) {
        uint32_t seen = __atomic_load_n(&s->notices, __ATOMIC_SEQ_CST);
        set_off_all(t, s);
        host_call4(__NR_futex, &s->notices, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, seen, 0);
    }
}

int aio_start_notifier(struct thread *t, struct aio_state *s, const struct aio_notice *n)
{
    if (n->kind != AIO_NOTICE_KQUEUE || __atomic_load_n(&s->notifier, __ATOMIC_ACQUIRE) != NULL) {
        return 0;
    }
    lock_acquire(&s->starting);
    struct thread *notifier = s->notifier != NULL ? s->notifier : thread_start_engine(t, notify, 0, true);
    __atomic_store_n(&s->notifier, notifier, __ATOMIC_RELEASE);
    lock_release(&s->starting);
    return notifier != NULL ? 0 : -EAGAIN;
}
