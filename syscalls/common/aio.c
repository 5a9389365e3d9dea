/* Asynchronous I/O: submitting, waiting, taking results, cancelling; see aio.h. */
#include "syscalls/common/aio.h"

#include <linux/futex.h>
#include <linux/time_types.h>

#include "base/heap.h"
#include "base/host.h"
#include "base/host_signal.h"
#include "base/mem.h"
#include "process/descriptors.h"
#include "process/process.h"
#include "process/thread.h"
#include "signals/signals.h"
#include "syscalls/common/aio_private.h"

struct aio_job *aio_job_new(uint32_t pieces)
{
    struct aio_job *job = heap_alloc(sizeof *job + pieces * sizeof job->pieces[0]);
    if (job != NULL) {
        job->piece_count = pieces;
        job->host_fd = -1;
    }
    return job;
}

static struct aio_state *state_of(const struct thread *t)
{
    return __atomic_load_n(&t->proc->aio, __ATOMIC_ACQUIRE);
}

bool aio_used(const struct thread *t)
{
    return state_of(t) != NULL;
}

int aio_use(struct thread *t)
{
    if (aio_used(t)) {
        return 0;
    }
    if (t->proc->shares_memory) {
        return -EAGAIN; /* a vfork child: its parent's memory is no place for its worker */
    }
    struct aio_state *fresh = heap_alloc(sizeof *fresh), *none = NULL;
    if (fresh == NULL) {
        return -ENOMEM;
    }
    fresh->socket = -1;
    if (!__atomic_compare_exchange_n(&t->proc->aio, &none, fresh, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
        heap_free(fresh); /* another thread was first */
    }
    return 0;
}

bool aio_full(struct thread *t)
{
    struct aio_state *s = state_of(t);
    return s != NULL && __atomic_load_n(&s->count, __ATOMIC_RELAXED) >= AIO_JOBS_MAX;
}

/* Changes a word that is waited on, and wakes all who do. */
static void wake(uint32_t *word)
{
    __atomic_fetch_add(word, 1, __ATOMIC_SEQ_CST);
    host_call3(__NR_futex, word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, FUTEX_WAKE_ALL);
}

void aio_job_put(struct aio_job *job)
{
    if (--job->references == 0) {
        heap_free(job);
    }
}

/* Into and out of the list of all. */
static void link_job(struct aio_state *s, struct aio_job *job)
{
    job->previous = s->last;
    if (s->last != NULL) {
        s->last->next = job;
    } else {
        s->first = job;
    }
    s->last = job;
    s->count++;
}

static void unlink_job(struct aio_state *s, struct aio_job *job)
{
    if (job->previous != NULL) {
        job->previous->next = job->next;
    } else {
        s->first = job->next;
    }
    if (job->next != NULL) {
        job->next->previous = job->previous;
    } else {
        s->last = job->previous;
    }
    s->count--;
}

static void free_list(struct aio_state *s, struct aio_list *list)
{
    struct aio_list **at = &s->lists;
    while (*at != list) {
        at = &(*at)->next;
    }
    *at = list->next;
    aio_event_drop(&list->notice);
    heap_free(list);
}

/* The guest has taken the result: nothing more is heard of the job. */
static void forget_job(struct aio_state *s, struct aio_job *job)
{
    struct aio_job **at = &s->done_first, *before = NULL;
    while (*at != job) {
        before = *at;
        at = &before->next_done;
    }
    *at = job->next_done;
    if (s->done_last == job) {
        s->done_last = before;
    }
    unlink_job(s, job);
    aio_event_drop(&job->notice);
    struct aio_list *list = job->list;
    if (list != NULL) {
        list->ended--;
        if (--list->jobs == 0) {
            free_list(s, list);
        }
    }
    aio_job_put(job);
}

/* Sends a signal with its value, as coming from a request that has ended (aio_sendsig()). */
static void send_signal(struct thread *t, const struct aio_notice *n)
{
    int32_t pid = t->proc->pid;
    if (n->host_signo == 0) {
        struct guest_signal sig = {.signo = n->signo, .code = n->signal_code, .value = n->value};
        signal_carry(t, pid, n->host_tid, &sig);
        return;
    }
    siginfo_t info;
    memset(&info, 0, sizeof info);
    info.si_signo = n->host_signo;
    info.si_code = SI_ASYNCIO;
    info.si_ptr = (void *)n->value;
    if (n->kind == AIO_NOTICE_THREAD) {
        host_call4(__NR_rt_tgsigqueueinfo, pid, n->host_tid, n->host_signo, &info);
    } else {
        host_call3(__NR_rt_sigqueueinfo, pid, n->host_signo, &info);
    }
}

/* Tells of a request or a list that has ended; *event_due: the notifier is to. */
static void tell(struct thread *t, struct aio_state *s, const struct aio_notice *n, bool *event_due)
{
    if (s->leaving) {
        return;
    }
    if (n->kind == AIO_NOTICE_SIGNAL || n->kind == AIO_NOTICE_THREAD) {
        send_signal(t, n);
    } else if (n->kind == AIO_NOTICE_KQUEUE) {
        *event_due = true;
        wake(&s->notices);
    }
}

static void tell_list(struct thread *t, struct aio_state *s, struct aio_list *list)
{
    if (!list->told) {
        list->told = true;
        tell(t, s, &list->notice, &list->event_due);
    }
}

void aio_finish(struct thread *t, struct aio_state *s, struct aio_job *job, int64_t result)
{
    job->result = result;
    job->phase = AIO_DONE;
    job->next_done = NULL;
    if (s->done_last != NULL) {
        s->done_last->next_done = job;
    } else {
        s->done_first = job;
    }
    s->done_last = job;
    tell(t, s, &job->notice, &job->event_due);
    if (job->list != NULL && ++job->list->ended == job->list->jobs) {
        tell_list(t, s, job->list);
    }
    if (s->waiters != 0) {
        wake(&s->turn);
    }
}

/* Takes a job that was not sent out of the lists again. */
static void withdraw(struct aio_state *s, struct aio_job *job)
{
    unlink_job(s, job);
    aio_event_drop(&job->notice);
    if (job->list != NULL) {
        job->list->jobs--;
    }
}

int aio_submit(struct thread *t, struct aio_job *job, struct aio_list *list)
{
    if (aio_use(t) != 0) {
        return -EAGAIN;
    }
    struct aio_state *s = state_of(t);
    struct aio_message m = {job};
    if (aio_start_worker(t, s) != 0 || aio_start_notifier(t, s, &job->notice) != 0) {
        return -EAGAIN;
    }
    lock_acquire(&s->lock);
    int r = s->count >= AIO_JOBS_MAX ? -EAGAIN : 0;
    if (r == 0) {
        r = aio_event_add(t, &job->notice, KQ_FILTER_AIO, job->ident);
    }
    if (r == 0) {
        job->references = 2;
        job->phase = AIO_QUEUED;
        job->list = list;
        if (list != NULL) {
            list->jobs++;
        }
        link_job(s, job);
        r = aio_send(s, &m, job->fd);
        if (r != 0) {
            withdraw(s, job);
            r = r == -EBADF ? r : -EAGAIN; /* or the host has no room for a message with a descriptor */
        }
    }
    lock_release(&s->lock);
    return r;
}

static struct aio_job *find(struct aio_state *s, uint64_t ident)
{
    struct aio_job *job = s->first;
    while (job != NULL && job->ident != ident) {
        job = job->next;
    }
    return job;
}

int aio_look(struct thread *t, uint64_t ident, bool *done, int64_t *result)
{
    struct aio_state *s = state_of(t);
    if (s == NULL) {
        return -ENOENT;
    }
    lock_acquire(&s->lock);
    const struct aio_job *job = find(s, ident);
    if (job != NULL) {
        *done = job->phase == AIO_DONE;
        *result = job->result;
    }
    lock_release(&s->lock);
    return job != NULL ? 0 : -ENOENT;
}

int aio_take(struct thread *t, uint64_t ident, int64_t *result)
{
    struct aio_state *s = state_of(t);
    if (s == NULL) {
        return -ENOENT;
    }
    lock_acquire(&s->lock);
    struct aio_job *job = s->done_first;
    while (job != NULL && job->ident != ident) {
        job = job->next_done;
    }
    if (job != NULL) {
        *result = job->result;
        forget_job(s, job);
    }
    lock_release(&s->lock);
    return job != NULL ? 0 : -ENOENT;
}

/* Waits for a request to end. Called with the lock, which is given up meanwhile. Returns 0, -EAGAIN or -EINTR. */
static int wait_turn(struct thread *t, struct aio_state *s, const struct deadline *d)
{
    struct __kernel_timespec end = {d->seconds, d->nanoseconds};
    uint32_t turn = s->turn;
    s->waiters++;
    lock_release(&s->lock);
    int64_t r = host_call_intr(t, __NR_futex, (uint64_t)&s->turn, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, turn,
                               d->kind == DEADLINE_NONE ? 0 : (uint64_t)&end, 0, FUTEX_ANYBODY);
    lock_acquire(&s->lock);
    s->waiters--;
    return r == -ETIMEDOUT ? -EAGAIN : r == -EINTR ? -EINTR : 0;
}

int aio_take_next(struct thread *t, bool now, const struct deadline *d, uint64_t *ident, int64_t *result)
{
    int r = aio_use(t);
    if (r != 0) {
        return r;
    }
    struct aio_state *s = state_of(t);
    lock_acquire(&s->lock);
    while (s->done_first == NULL && r == 0) {
        r = now ? -EAGAIN : wait_turn(t, s, d);
    }
    struct aio_job *job = s->done_first;
    if (job != NULL) {
        *ident = job->ident;
        *result = job->result;
        forget_job(s, job);
        r = 0;
    }
    lock_release(&s->lock);
    return r;
}

/* Whether there is a request among those named, and whether one of them has ended. */
static bool any_of(const struct aio_state *s, const uint64_t *idents, uint32_t count, bool *ended)
{
    bool found = false;
    for (const struct aio_job *job = s->first; job != NULL; job = job->next) {
        for (uint32_t i = 0; i < count; i++) {
            if (job->ident == idents[i]) {
                found = true;
                *ended |= job->phase == AIO_DONE;
            }
        }
    }
    return found;
}

int aio_wait(struct thread *t, const uint64_t *idents, uint32_t count, const struct deadline *d)
{
    struct aio_state *s = state_of(t);
    if (s == NULL) {
        return -EAGAIN;
    }
    int r = 0;
    bool ended = false;
    lock_acquire(&s->lock);
    while (any_of(s, idents, count, &ended) && !ended && r == 0) {
        r = wait_turn(t, s, d);
    }
    lock_release(&s->lock);
    return ended ? 0 : r;
}

/* What can be cancelled at once is; a job that is running only notes it. Returns whether it was cancelled. */
static bool cancel_job(struct thread *t, struct aio_state *s, struct aio_job *job)
{
    if (job->phase == AIO_RUNNING) {
        job->cancelled = true;
        return false;
    }
    bool part = job->transferred != 0; /* what has been sent cannot be taken back: soo_aio_cancel() */
    aio_finish(t, s, job, part ? (int64_t)job->transferred : -ECANCELED);
    return !part;
}

enum aio_cancelled aio_cancel(struct thread *t, int32_t fd, uint64_t ident)
{
    struct aio_state *s = state_of(t);
    uint32_t cancelled = 0, left = 0;
    if (s == NULL) {
        return AIO_ALL_DONE;
    }
    lock_acquire(&s->lock);
    for (struct aio_job *job = s->first, *next; job != NULL; job = next) {
        next = job->next;
        if (job->phase == AIO_DONE || job->fd != fd || (ident != 0 && job->ident != ident)) {
            continue;
        }
        if (cancel_job(t, s, job)) {
            cancelled++;
        } else {
            left++;
        }
        if (ident != 0) {
            break;
        }
    }
    if (cancelled + left != 0) {
        aio_send(s, &(struct aio_message){NULL}, -1); /* for the descriptors it waits on in vain */
    }
    lock_release(&s->lock);
    return left != 0 ? AIO_SOME_LEFT : cancelled != 0 ? AIO_ALL_CANCELLED : AIO_ALL_DONE;
}

struct aio_list *aio_list_new(struct thread *t, uint64_t ident, const struct aio_notice *notice, int *error)
{
    struct aio_list *list = heap_alloc(sizeof *list);
    if (list == NULL || aio_use(t) != 0) {
        heap_free(list);
        *error = -EAGAIN;
        return NULL;
    }
    struct aio_state *s = state_of(t);
    list->notice = *notice;
    list->jobs = 1;
    *error = aio_start_notifier(t, s, &list->notice);
    lock_acquire(&s->lock);
    if (*error == 0) {
        *error = aio_event_add(t, &list->notice, KQ_FILTER_LIO, ident);
    }
    if (*error == 0) {
        list->next = s->lists;
        s->lists = list;
    }
    lock_release(&s->lock);
    if (*error != 0) {
        heap_free(list);
        return NULL;
    }
    return list;
}

int aio_list_done(struct thread *t, struct aio_list *list, bool wait)
{
    const struct deadline never = {.kind = DEADLINE_NONE};
    struct aio_state *s = state_of(t);
    int r = 0;
    lock_acquire(&s->lock);
    while (wait && list->jobs - 1 != list->ended && r == 0) {
        r = wait_turn(t, s, &never);
    }
    if (!wait && list->jobs - 1 == list->ended) {
        tell_list(t, s, list);
    }
    if (--list->jobs == 0) {
        free_list(s, list);
    }
    lock_release(&s->lock);
    return r;
}

void aio_rundown(struct thread *t)
{
    struct aio_state *s = state_of(t);
    if (s == NULL || t->proc->shares_memory) {
        return;
    }
    lock_acquire(&s->lock);
    s->leaving = true;
    bool running = true;
    while (running) {
        running = false;
        for (struct aio_job *job = s->first; job != NULL; job = job->next) {
            if (job->phase == AIO_RUNNING) {
                running = true;
                job->cancelled = true; /* so that it does not wait again, on a socket */
            } else if (job->phase == AIO_QUEUED || job->phase == AIO_WAITING) {
                aio_finish(t, s, job, -ECANCELED);
            }
        }
        if (running) {
            uint32_t turn = s->turn;
            s->waiters++;
            lock_release(&s->lock);
            host_call4(__NR_futex, &s->turn, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, turn, 0);
            lock_acquire(&s->lock);
            s->waiters--;
        }
    }
    s->leaving = false; /* an exec may fail yet */
    lock_release(&s->lock);
}

struct aio_state *aio_hold_for_fork(struct thread *t)
{
    struct aio_state *s = state_of(t);
    if (s != NULL) {
        lock_acquire(&s->lock);
    }
    return s;
}

void aio_release_after_fork(struct thread *t, struct aio_state *held, bool child)
{
    if (!child && held != NULL) {
        lock_release(&held->lock);
    }
    struct aio_state *s = state_of(t);
    if (!child || s == NULL) {
        return;
    }
    engine_descriptor_close(s->socket);
    for (struct aio_job *job = s->first, *next; job != NULL; job = next) {
        next = job->next;
        heap_free(job);
    }
    for (struct aio_list *list = s->lists, *next; list != NULL; list = next) {
        next = list->next;
        heap_free(list);
    }
    heap_free(s);
    t->proc->aio = NULL;
}
