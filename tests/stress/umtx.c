/*
 * Threads that lock, wait and wake as fast as they can, as libthr does it in user space with _umtx_op(2) behind it: a
 * wake-up that is lost stands still, a lock that two threads have shows in what it protects.
 */
#include "answer.h"
#include "stress.h"

enum { TURNS = 150, TOKENS = 2, ROOM = 4 };
#define CONTESTED     0x80000000U /* UMUTEX_CONTESTED */
#define SEM_WAITERS   0x80000000U /* USEM_HAS_WAITERS */
#define WRITE_OWNER   0x80000000U
#define WRITE_WAITERS 0x40000000U
#define READ_WAITERS  0x20000000U

struct mutex {
    uint32_t owner, flags, ceilings[2];
    uint64_t rb_link;
    uint32_t spare[2];
};
struct cond {
    uint32_t has_waiters, flags, clockid, spare;
};
struct rwlock {
    uint32_t state, flags, blocked_readers, blocked_writers, spare[4];
};
struct semaphore {
    uint32_t count, flags;
};

static struct mutex guard, queue_guard;
static struct cond not_empty, not_full;
static struct rwlock shared_lock;
static struct semaphore tokens = {TOKENS, 0};
static uint64_t left, right, read_left, read_right;
static uint32_t holders;
static uint64_t queue[ROOM], put, taken, put_sum, taken_sum;
static struct answer_barrier begin, finish;
static volatile bool last_round;

static int64_t op(void *object, int operation, uint64_t value, const void *size, const void *timeout)
{
    return SYS(_umtx_op, object, operation, value, size, timeout);
}

static bool swap(uint32_t *word, uint32_t from, uint32_t to)
{
    return __atomic_compare_exchange_n(word, &from, to, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

static void must(int64_t result, const char *what)
{
    if (result != 0 && result != -FREEBSD_EINTR && result != -FREEBSD_ETIMEDOUT)
        guest_fail(__FILE__, __LINE__, "%s gives error %ld", what, (long)-result);
}

static void lock(struct stress_worker *w, struct mutex *m)
{
    static const struct freebsd_timespec soon = {0, 50000};
    uint32_t me = (uint32_t)w->thread.tid;

    while (!swap(&m->owner, 0, me) && !swap(&m->owner, CONTESTED, me | CONTESTED)) {
        bool timed = stress_random(w, 8) == 0;
        int64_t r = op(m, FREEBSD_UMTX_OP_MUTEX_LOCK, 0, timed ? (void *)sizeof(soon) : NULL, timed ? &soon : NULL);

        must(r, "MUTEX_LOCK");
        if (r == 0)
            return;
    }
}

static void unlock(struct stress_worker *w, struct mutex *m)
{
    if (!swap(&m->owner, (uint32_t)w->thread.tid, 0))
        must(op(m, FREEBSD_UMTX_OP_MUTEX_UNLOCK, 0, 0, 0), "MUTEX_UNLOCK");
}

/* Returns with the mutex locked, as pthread_cond_wait() does; possibly for nothing. */
static void wait(struct stress_worker *w, struct cond *c, struct mutex *m)
{
    must(op(c, FREEBSD_UMTX_OP_CV_WAIT, 0, m, 0), "CV_WAIT");
    lock(w, m);
}

static void signal_one(struct cond *c)
{
    if (__atomic_load_n(&c->has_waiters, __ATOMIC_ACQUIRE) != 0)
        must(op(c, FREEBSD_UMTX_OP_CV_SIGNAL, 0, 0, 0), "CV_SIGNAL");
}

static void under_mutex(struct stress_worker *w)
{
    lock(w, &guard);
    if (left++ != right)
        guest_fail(__FILE__, __LINE__, "two threads have one mutex");
    if (stress_random(w, 16) == 0)
        SYS(yield);
    right++;
    unlock(w, &guard);
}

/* Every second worker puts in, the others take out: as often, so that nobody is left waiting. */
static void through_queue(struct stress_worker *w)
{
    lock(w, &queue_guard);
    if (w->index % 2 == 0) {
        while (put - taken == ROOM)
            wait(w, &not_full, &queue_guard);
        put_sum += put * put;
        queue[put % ROOM] = put * put;
        put++;
        signal_one(&not_empty);
    } else {
        while (put == taken)
            wait(w, &not_empty, &queue_guard);
        taken_sum += queue[taken++ % ROOM];
        signal_one(&not_full);
    }
    unlock(w, &queue_guard);
}

static void with_token(struct stress_worker *w)
{
    for (;;) {
        uint32_t seen = __atomic_load_n(&tokens.count, __ATOMIC_ACQUIRE);

        if ((seen & ~SEM_WAITERS) != 0) {
            if (swap(&tokens.count, seen, seen - 1))
                break;
        } else {
            must(op(&tokens, FREEBSD_UMTX_OP_SEM2_WAIT, 0, 0, 0), "SEM2_WAIT");
        }
    }
    if (__atomic_add_fetch(&holders, 1, __ATOMIC_ACQ_REL) > TOKENS)
        guest_fail(__FILE__, __LINE__, "more threads have a token than there are");
    if (stress_random(w, 4) == 0)
        SYS(yield);
    __atomic_sub_fetch(&holders, 1, __ATOMIC_ACQ_REL);
    if ((__atomic_fetch_add(&tokens.count, 1, __ATOMIC_ACQ_REL) & SEM_WAITERS) != 0)
        must(op(&tokens, FREEBSD_UMTX_OP_SEM2_WAKE, 0, 0, 0), "SEM2_WAKE");
}

static bool try_read(void)
{
    uint32_t seen = __atomic_load_n(&shared_lock.state, __ATOMIC_ACQUIRE);

    return (seen & (WRITE_OWNER | WRITE_WAITERS)) == 0 && swap(&shared_lock.state, seen, seen + 1);
}

static bool try_write(void)
{
    uint32_t seen = __atomic_load_n(&shared_lock.state, __ATOMIC_ACQUIRE);

    return (seen & ~(WRITE_WAITERS | READ_WAITERS)) == 0 && swap(&shared_lock.state, seen, seen | WRITE_OWNER);
}

/* Takes it at once, or has the kernel take it; that may be interrupted, and is tried again. */
static void take(bool (*try)(void), int operation)
{
    while (!try()) {
        int64_t r = op(&shared_lock, operation, 0, 0, 0);

        must(r, "RW_RDLOCK or RW_WRLOCK");
        if (r == 0)
            return;
    }
}

static void under_rwlock(struct stress_worker *w)
{
    if (stress_random(w, 4) == 0) {
        take(try_write, FREEBSD_UMTX_OP_RW_WRLOCK);
        read_left++;
        if (stress_random(w, 8) == 0)
            SYS(yield);
        read_right++;
    } else {
        take(try_read, FREEBSD_UMTX_OP_RW_RDLOCK);
        if (*(volatile uint64_t *)&read_left != *(volatile uint64_t *)&read_right)
            guest_fail(__FILE__, __LINE__, "a reader beside a writer");
    }
    must(op(&shared_lock, FREEBSD_UMTX_OP_RW_UNLOCK, 0, 0, 0), "RW_UNLOCK");
}

/* Rounds of all together, whose end one of them decides for all: whoever waits in a round has partners in it. */
static void work(struct stress_worker *w)
{
    static void (*const ways[])(struct stress_worker *) = {under_mutex, through_queue, with_token, under_rwlock};

    do {
        answer_meet(&begin, STRESS_WORKERS);
        for (unsigned i = 0; i < TURNS; i++) {
            for (unsigned way = 0; way < sizeof(ways) / sizeof(ways[0]); way++)
                ways[way](w);
            w->done++;
        }
        if (w->index == 0)
            last_round = stress_over();
        answer_meet(&finish, STRESS_WORKERS);
    } while (!last_round);
}

TEST(umtx)
{
    stress_run(work, "rounds of four locks");
    CHECK_EQ(put, taken);
    CHECK_EQ(put_sum, taken_sum);
    CHECK_EQ(holders, 0);
}
