/* The queue of pending signals that the host cannot keep: queue.h tells of it. */
#include "signals/queue.h"

#include <linux/membarrier.h>

#include "base/host.h"
#include "base/mem.h"
#include "base/personality.h"
#include "base/process.h"
#include "base/thread.h"
#include "signals/signals.h"

/* Every host signal is blocked while the lock is held. Returns the mask to go back to. */
static uint64_t queue_enter(struct process *p)
{
    uint64_t all = ~0ULL, old = 0;
    host_call4(__NR_rt_sigprocmask, SIG_SETMASK, &all, &old, sizeof old);
    lock_acquire(&p->queue.lock);
    return old;
}

static void queue_leave(struct process *p, uint64_t old)
{
    lock_release(&p->queue.lock);
    host_call4(__NR_rt_sigprocmask, SIG_SETMASK, &old, 0, sizeof old);
}

static struct signal_pending *pending_of(struct process *p, struct thread *owner)
{
    return owner != NULL ? &owner->pending : &p->queue.pending;
}

static void set_add(struct signal_set *set, int signo)
{
    uint64_t *word = &set->bits[(signo - 1) >> 6];
    __atomic_store_n(word, *word | 1ULL << ((signo - 1) & 63), __ATOMIC_RELAXED);
}

static void set_remove(struct signal_set *set, int signo)
{
    uint64_t *word = &set->bits[(signo - 1) >> 6];
    __atomic_store_n(word, *word & ~(1ULL << ((signo - 1) & 63)), __ATOMIC_RELAXED);
}

/*
 * A free entry, NULL: none. Only what sigqueue(2) sent is kept beyond the limit: a sender in another process cannot know
 * how many there are.
 */
static struct signal_entry *entry_new(struct signal_queue *q, bool queued)
{
    if (q->count >= SIGNAL_QUEUE_LIMIT && !queued) {
        return NULL;
    }
    for (uint32_t i = 0; i < q->used; i++) {
        if (q->entries[i].signo == 0) {
            return &q->entries[i];
        }
    }
    return q->used < q->room ? &q->entries[q->used++] : NULL;
}

static void entry_free(struct signal_queue *q, struct signal_entry *e)
{
    e->signo = 0;
    q->count--;
    while (q->used > 0 && q->entries[q->used - 1].signo == 0) {
        q->used--;
    }
}

/* A timer has one signal pending; what else it would send counts as overrun (itimer_fire(), kern_time.c). */
static bool overruns(struct signal_queue *q, uint32_t signo, const siginfo_t *info)
{
    for (uint32_t i = 0; i < q->used && info->si_code == SI_TIMER; i++) {
        siginfo_t *there = (siginfo_t *)q->entries[i].info;
        if (q->entries[i].signo == signo && there->si_code == SI_TIMER && there->si_tid == info->si_tid) {
            there->si_overrun += 1 + info->si_overrun;
            return true;
        }
    }
    return false;
}

static void add(struct process *p, struct thread *owner, int signo, const siginfo_t *info)
{
    struct signal_entry fresh = {.owner = owner, .signo = (uint32_t)signo};
    struct signal_pending *pending = pending_of(p, owner);
    memcpy(fresh.info, info, sizeof fresh.info);
    uint64_t old = queue_enter(p);
    if (!overruns(&p->queue, fresh.signo, info)) {
        struct signal_entry *e = entry_new(&p->queue, carrier_is_queued(p->personality, info));
        if (e != NULL) {
            fresh.order = ++p->queue.order;
            *e = fresh;
            p->queue.count++;
        } else {
            set_add(&pending->bare, signo);
        }
    }
    set_add(&pending->set, signo);
    queue_leave(p, old);
}

struct offer {
    struct thread *self;
    int signo;
    struct thread *to;
};

static bool would_take(const struct thread *t, int signo)
{
    return !signal_set_has(&t->mask, signo) || (t->waiting && signal_set_has(&t->awaited, signo));
}

static int is_taker(struct thread *t, void *arg)
{
    struct offer *o = arg;
    if (t == o->self || t->proc != o->self->proc || !would_take(t, o->signo)) {
        return 0;
    }
    o->to = t;
    return 1;
}

/*
 * Other threads change their masks and then look at the queue, without a fence; here the queue has changed and their
 * masks are looked at. So the fence is put to them from here.
 */
static void fence_all(void)
{
    if (is_error(host_call2(__NR_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0))) {
        host_call2(__NR_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0);
        host_call2(__NR_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0);
    }
}

static void offer(struct thread *t, int signo)
{
    struct offer o = {t, signo, NULL};
    fence_all();
    t->proc->hooks->each_thread(is_taker, &o);
    if (o.to != NULL) {
        carrier_kick(t, o.to->tid);
    }
}

void signal_keep(struct thread *t, const siginfo_t *info)
{
    int signo = signal_number(t, info);
    if (signo == 0) {
        return;
    }
    bool threads = signal_is_threads(t, info);
    add(t->proc, threads ? t : NULL, signo, info);
    if (!threads && !would_take(t, signo)) {
        offer(t, signo);
    }
    if (signal_due(t)) {
        t->held_due = true; /* never false here: a handler may just have set it */
    }
}

bool signals_queue_full(const struct process *p)
{
    return __atomic_load_n(&p->queue.count, __ATOMIC_RELAXED) >= SIGNAL_QUEUE_LIMIT;
}

static struct signal_set waiting_for(const struct thread *t)
{
    const struct signal_set *own = &t->pending.set, *all = &t->proc->queue.pending.set;
    return (struct signal_set){{
        __atomic_load_n(&own->bits[0], __ATOMIC_RELAXED) | __atomic_load_n(&all->bits[0], __ATOMIC_RELAXED),
        __atomic_load_n(&own->bits[1], __ATOMIC_RELAXED) | __atomic_load_n(&all->bits[1], __ATOMIC_RELAXED),
    }};
}

struct signal_set signals_held(const struct thread *t)
{
    return waiting_for(t);
}

/* Whether something of the set waits. */
static bool waits(const struct thread *t, const struct signal_set *set)
{
    struct signal_set w = waiting_for(t);
    return ((w.bits[0] & set->bits[0]) | (w.bits[1] & set->bits[1])) != 0;
}

static struct signal_set let_through(const struct thread *t)
{
    return (struct signal_set){{~t->mask.bits[0], ~t->mask.bits[1]}};
}

bool signal_due(const struct thread *t)
{
    struct signal_set open = let_through(t);
    return waits(t, &open);
}

int signal_lowest(const struct thread *t, const struct signal_set *set)
{
    struct signal_set w = waiting_for(t);
    for (int word = 0; word < 2; word++) {
        uint64_t both = w.bits[word] & set->bits[word];
        if (both != 0) {
            return word * 64 + __builtin_ctzll(both) + 1;
        }
    }
    return 0;
}

/* How many entries of the number the owner has, at most 2, and the oldest. */
static int find(struct signal_queue *q, const struct thread *owner, int signo, struct signal_entry **oldest)
{
    int n = 0;
    *oldest = NULL;
    for (uint32_t i = 0; i < q->used; i++) {
        struct signal_entry *e = &q->entries[i];
        if (e->signo == (uint32_t)signo && e->owner == owner) {
            *oldest = *oldest == NULL || (int32_t)(e->order - (*oldest)->order) < 0 ? e : *oldest;
            n += n < 2;
        }
    }
    return n;
}

/* sigqueue_get(): a number without information comes first. */
static void take_one(struct process *p, struct thread *owner, int signo, siginfo_t *info)
{
    struct signal_pending *pending = pending_of(p, owner);
    struct signal_entry *e;
    int n = find(&p->queue, owner, signo, &e);
    memset(info, 0, sizeof *info);
    if (signal_set_has(&pending->bare, signo) || e == NULL) {
        set_remove(&pending->bare, signo);
        carrier_fill(p->personality, info, &(struct guest_signal){.signo = signo}, owner != NULL);
    } else {
        memcpy(info, e->info, sizeof e->info);
        entry_free(&p->queue, e);
        n--;
    }
    if (n <= 0) {
        set_remove(&pending->set, signo);
    }
}

bool signal_take(struct thread *t, const struct signal_set *set, siginfo_t *info)
{
    if (!waits(t, set)) {
        return false;
    }
    struct process *p = t->proc;
    uint64_t old = queue_enter(p);
    int signo = signal_lowest(t, set);
    if (signo != 0) {
        take_one(p, signal_set_has(&t->pending.set, signo) ? t : NULL, signo, info);
    }
    queue_leave(p, old);
    return signo != 0;
}

bool signal_take_due(struct thread *t, siginfo_t *info)
{
    struct signal_set open = let_through(t);
    return signal_take(t, &open, info);
}

/* Drops entries of the number (0: any) and of the owner; owner NULL with any number: all. */
static void drop(struct signal_queue *q, int signo, const struct thread *owner)
{
    for (uint32_t i = q->used; i-- > 0;) {
        struct signal_entry *e = &q->entries[i];
        bool meant = e->signo != 0 && (signo == 0 || e->signo == (uint32_t)signo);
        if (meant && (owner == NULL || e->owner == owner)) {
            entry_free(q, e);
        }
    }
}

struct discard {
    struct process *p;
    int signo;
};

static int discard_of(struct thread *t, void *arg)
{
    const struct discard *d = arg;
    if (t->proc == d->p) {
        set_remove(&t->pending.set, d->signo);
        set_remove(&t->pending.bare, d->signo);
    }
    return 0;
}

void signal_queue_discard(struct process *p, int signo)
{
    if (p->queue.used == 0 && (p->queue.pending.bare.bits[0] | p->queue.pending.bare.bits[1]) == 0) {
        return;
    }
    struct discard d = {p, signo};
    uint64_t old = queue_enter(p);
    drop(&p->queue, signo, NULL);
    set_remove(&p->queue.pending.set, signo);
    set_remove(&p->queue.pending.bare, signo);
    p->hooks->each_thread(discard_of, &d);
    queue_leave(p, old);
}

void signal_queue_leave(struct thread *t)
{
    if ((t->pending.set.bits[0] | t->pending.set.bits[1]) != 0) {
        uint64_t old = queue_enter(t->proc);
        drop(&t->proc->queue, 0, t);
        memset(&t->pending, 0, sizeof t->pending);
        queue_leave(t->proc, old);
    }
}

void signal_queue_offer(struct thread *t)
{
    struct signal_set rest = t->proc->queue.pending.set;
    for (int word = 0; word < 2; word++) {
        for (; rest.bits[word] != 0; rest.bits[word] &= rest.bits[word] - 1) {
            int signo = word * 64 + __builtin_ctzll(rest.bits[word]) + 1;
            if (!would_take(t, signo)) {
                offer(t, signo);
            }
        }
    }
}

void signal_record_now(struct thread *t, const siginfo_t *info)
{
    uint64_t blocked = HOST_ALL_BUT_NEEDED;
    host_call4(__NR_rt_sigprocmask, SIG_SETMASK, &blocked, 0, sizeof blocked);
    t->mask_stale = true;
    if (t->recorded) {
        signal_keep(t, info);
        return;
    }
    memcpy(&t->recorded_info, info, sizeof t->recorded_info);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    t->recorded = true;
}
