/*
 * _umtx_op(2), as libthr and the Go and Rust runtimes use it. Sources: _umtx_op(2), sys/kern/kern_umtx.c,
 * sys/sys/_umtx.h.
 */
#include "guest.h"

struct umutex {
    uint32_t owner;
    uint32_t flags;
    uint32_t ceilings[2];
    uint64_t rb_link;
    uint32_t spare[2];
};
struct ucond {
    uint32_t has_waiters;
    uint32_t flags;
    uint32_t clockid;
    uint32_t spare;
};
struct urwlock {
    int32_t state;
    uint32_t flags;
    uint32_t blocked_readers;
    uint32_t blocked_writers;
    uint32_t spare[4];
};
struct usem2 {
    uint32_t count;
    uint32_t flags;
};

enum { CONTESTED = 0x80000000U };

static int64_t op(volatile void *object, int operation, uint64_t value, void *arg1, void *arg2)
{
    return SYS(_umtx_op, object, operation, value, arg1, arg2);
}

static volatile uint32_t word;
static volatile uint32_t stage;
static volatile int64_t waited;

static void wait_word(void *operation)
{
    stage = 1;
    waited = op(&word, *(int *)operation, 5, 0, 0);
    stage = 2;
}

static void wait_and_wake(int wait_op, int wake_op)
{
    struct guest_thread thread;

    word = 5;
    stage = 0;
    CHECK_OK(guest_thread_start(&thread, wait_word, &wait_op));
    CHECK(guest_await(&stage, 1));
    guest_sleep_ms(30);
    CHECK_EQ(stage, 1);
    word = 6;
    CHECK_OK(op(&word, wake_op, 1, 0, 0));
    CHECK(guest_await(&stage, 2));
    CHECK_EQ(waited, 0);
    guest_thread_join(&thread);
}

TEST(wait_uint)
{
    wait_and_wake(FREEBSD_UMTX_OP_WAIT_UINT, FREEBSD_UMTX_OP_WAKE);
}

TEST(wait_uint_private)
{
    wait_and_wake(FREEBSD_UMTX_OP_WAIT_UINT_PRIVATE, FREEBSD_UMTX_OP_WAKE_PRIVATE);
}

/* Another value: no wait, and no error */
TEST(wait_other_value)
{
    uint64_t wide = 1UL << 40;

    word = 5;
    CHECK_OK(op(&word, FREEBSD_UMTX_OP_WAIT_UINT_PRIVATE, 6, 0, 0));
    CHECK_OK(op(&wide, FREEBSD_UMTX_OP_WAIT, 0, 0, 0)); /* 64 bits are compared */
}

/* The fourth argument is the size of what the fifth points to: a bare timespec is relative */
TEST(relative_timeout)
{
    struct freebsd_timespec ts = {0, 40000000};
    uint64_t begin = guest_now();

    word = 5;
    CHECK_ERR(op(&word, FREEBSD_UMTX_OP_WAIT_UINT_PRIVATE, 5, (void *)sizeof(ts), &ts), FREEBSD_ETIMEDOUT);
    CHECK(guest_now() - begin >= 39000000);
}

TEST(absolute_timeout)
{
    struct freebsd_umtx_time t = {{0, 0}, FREEBSD_UMTX_ABSTIME, FREEBSD_CLOCK_MONOTONIC};
    uint64_t begin = guest_now();
    uint64_t end = begin + 40000000;

    t.timeout.sec = (int64_t)(end / 1000000000);
    t.timeout.nsec = (int64_t)(end % 1000000000);
    word = 5;
    CHECK_ERR(op(&word, FREEBSD_UMTX_OP_WAIT_UINT_PRIVATE, 5, (void *)sizeof(t), &t), FREEBSD_ETIMEDOUT);
    CHECK(guest_now() >= end - 1000000);
    t.clockid = FREEBSD_CLOCK_REALTIME;
    t.timeout.sec = 1;
    CHECK_ERR(op(&word, FREEBSD_UMTX_OP_WAIT_UINT, 5, (void *)sizeof(t), &t), FREEBSD_ETIMEDOUT);
}

TEST(bad_timeout)
{
    struct freebsd_timespec ts = {0, 1000000000};

    word = 5;
    CHECK_ERR(op(&word, FREEBSD_UMTX_OP_WAIT_UINT_PRIVATE, 5, (void *)sizeof(ts), &ts), FREEBSD_EINVAL);
    CHECK_ERR(op(&word, FREEBSD_UMTX_OP_WAIT_UINT_PRIVATE, 5, (void *)sizeof(ts), (void *)0x10), FREEBSD_EFAULT);
}

TEST(unknown_operation)
{
    CHECK_ERR(op(&word, 99, 0, 0, 0), FREEBSD_EINVAL);
    CHECK_ERR(op(&word, -1, 0, 0, 0), FREEBSD_EINVAL);
}

static volatile uint64_t long_word;

static void wait_long(void *unused)
{
    (void)unused;
    stage = 1;
    waited = op(&long_word, FREEBSD_UMTX_OP_WAIT, 1UL << 33 | 1, 0, 0);
    stage = 2;
}

TEST(wait_long)
{
    struct guest_thread thread;

    long_word = 1UL << 33 | 1;
    stage = 0;
    CHECK_OK(guest_thread_start(&thread, wait_long, NULL));
    CHECK(guest_await(&stage, 1));
    guest_sleep_ms(30);
    CHECK_EQ(stage, 1);
    long_word = 0;
    CHECK_OK(op(&long_word, FREEBSD_UMTX_OP_WAKE, 1, 0, 0));
    CHECK(guest_await(&stage, 2));
    CHECK_EQ(waited, 0);
    guest_thread_join(&thread);
}

static volatile uint32_t woken;

static void wait_counted(void *unused)
{
    (void)unused;
    __atomic_fetch_add(&stage, 1, __ATOMIC_SEQ_CST);
    op(&word, FREEBSD_UMTX_OP_WAIT_UINT_PRIVATE, 5, 0, 0);
    __atomic_fetch_add(&woken, 1, __ATOMIC_SEQ_CST);
}

TEST(wake_some_and_all)
{
    struct guest_thread threads[4];

    word = 5;
    stage = woken = 0;
    for (int i = 0; i < 4; i++)
        CHECK_OK(guest_thread_start(&threads[i], wait_counted, NULL));
    CHECK(guest_await(&stage, 4));
    for (int i = 0; i < 4; i++)
        guest_await_asleep((int)SYS(getpid), threads[i].tid);
    CHECK_OK(op(&word, FREEBSD_UMTX_OP_WAKE_PRIVATE, 1, 0, 0));
    CHECK(guest_await(&woken, 1));
    guest_sleep_ms(30);
    CHECK_EQ(woken, 1);
    CHECK_OK(op(&word, FREEBSD_UMTX_OP_WAKE_PRIVATE, 0x7fffffff, 0, 0));
    CHECK(guest_await(&woken, 4));
    for (int i = 0; i < 4; i++)
        guest_thread_join(&threads[i]);
}

static volatile uint32_t words[3];

static void wait_own_word(void *index)
{
    __atomic_fetch_add(&stage, 1, __ATOMIC_SEQ_CST);
    op(&words[(uint64_t)index], FREEBSD_UMTX_OP_WAIT_UINT_PRIVATE, 0, 0, 0);
    __atomic_fetch_add(&woken, 1, __ATOMIC_SEQ_CST);
}

TEST(nwake_private)
{
    struct guest_thread threads[3];
    const volatile void *addresses[3] = {&words[0], &words[1], &words[2]};

    stage = woken = 0;
    for (uint64_t i = 0; i < 3; i++)
        CHECK_OK(guest_thread_start(&threads[i], wait_own_word, (void *)i));
    CHECK(guest_await(&stage, 3));
    for (int i = 0; i < 3; i++)
        guest_await_asleep((int)SYS(getpid), threads[i].tid);
    CHECK_OK(op(addresses, FREEBSD_UMTX_OP_NWAKE_PRIVATE, 3, 0, 0));
    CHECK(guest_await(&woken, 3));
    for (int i = 0; i < 3; i++)
        guest_thread_join(&threads[i]);
}

static struct umutex mutex;
static volatile uint32_t inside;
static volatile uint32_t total;

static uint32_t self(void)
{
    int64_t tid = 0;

    SYS(thr_self, &tid);
    return (uint32_t)tid;
}

/* libthr's way: compare-and-swap first, the kernel only when that fails */
static void lock(struct umutex *m, uint32_t me)
{
    uint32_t expected = 0;

    if (!__atomic_compare_exchange_n(&m->owner, &expected, me, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
        CHECK_OK(op(m, FREEBSD_UMTX_OP_MUTEX_LOCK, 0, 0, 0));
}

static void unlock(struct umutex *m, uint32_t me)
{
    uint32_t expected = me;

    if (!__atomic_compare_exchange_n(&m->owner, &expected, 0, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
        CHECK_OK(op(m, FREEBSD_UMTX_OP_MUTEX_UNLOCK, 0, 0, 0));
}

static void contend(void *unused)
{
    uint32_t me = self();

    (void)unused;
    for (int i = 0; i < 500; i++) {
        lock(&mutex, me);
        if (__atomic_fetch_add(&inside, 1, __ATOMIC_SEQ_CST) != 0)
            guest_fail(__FILE__, __LINE__, "two threads inside");
        total = total + 1;
        if (i % 50 == 0)
            SYS(sched_yield);
        __atomic_fetch_sub(&inside, 1, __ATOMIC_SEQ_CST);
        unlock(&mutex, me);
    }
}

TEST(mutex_excludes)
{
    struct guest_thread threads[4];

    memset(&mutex, 0, sizeof(mutex));
    inside = total = 0;
    for (int i = 0; i < 4; i++)
        CHECK_OK(guest_thread_start(&threads[i], contend, NULL));
    for (int i = 0; i < 4; i++)
        guest_thread_join(&threads[i]);
    CHECK_EQ(total, 2000);
    CHECK_EQ(mutex.owner & ~CONTESTED, 0);
}

TEST(mutex_try_and_errors)
{
    struct freebsd_timespec ts = {0, 20000000};
    uint32_t me = self();

    memset(&mutex, 0, sizeof(mutex));
    CHECK_OK(op(&mutex, FREEBSD_UMTX_OP_MUTEX_TRYLOCK, 0, 0, 0));
    CHECK_EQ(mutex.owner & ~CONTESTED, me);
    CHECK_ERR(op(&mutex, FREEBSD_UMTX_OP_MUTEX_TRYLOCK, 0, 0, 0), FREEBSD_EBUSY);
    CHECK_OK(op(&mutex, FREEBSD_UMTX_OP_MUTEX_UNLOCK, 0, 0, 0));
    CHECK_ERR(op(&mutex, FREEBSD_UMTX_OP_MUTEX_UNLOCK, 0, 0, 0), FREEBSD_EPERM);
    mutex.owner = me + 1;
    CHECK_ERR(op(&mutex, FREEBSD_UMTX_OP_MUTEX_LOCK, 0, (void *)sizeof(ts), &ts), FREEBSD_ETIMEDOUT);
    mutex.owner = 0;
}

static struct ucond condition;

static void wait_condition(void *unused)
{
    uint32_t me = self();

    (void)unused;
    lock(&mutex, me);
    __atomic_fetch_add(&stage, 1, __ATOMIC_SEQ_CST);
    CHECK_OK(op(&condition, FREEBSD_UMTX_OP_CV_WAIT, 0, &mutex, 0));
    /* CV_WAIT gives the mutex up; the caller takes it again itself (_umtx_op(2)). */
    __atomic_fetch_add(&woken, 1, __ATOMIC_SEQ_CST);
}

TEST(condition_variables)
{
    struct guest_thread threads[3];
    uint32_t me = self();

    memset(&mutex, 0, sizeof(mutex));
    memset(&condition, 0, sizeof(condition));
    stage = woken = 0;
    for (int i = 0; i < 3; i++)
        CHECK_OK(guest_thread_start(&threads[i], wait_condition, NULL));
    CHECK(guest_await(&stage, 3));
    for (int i = 0; i < 3; i++)
        guest_await_asleep((int)SYS(getpid), threads[i].tid);
    lock(&mutex, me); /* it was given up by the waiters */
    unlock(&mutex, me);
    CHECK_EQ(condition.has_waiters, 1);
    CHECK_OK(op(&condition, FREEBSD_UMTX_OP_CV_SIGNAL, 0, 0, 0));
    CHECK(guest_await(&woken, 1));
    guest_sleep_ms(30);
    CHECK_EQ(woken, 1);
    CHECK_OK(op(&condition, FREEBSD_UMTX_OP_CV_BROADCAST, 0, 0, 0));
    CHECK(guest_await(&woken, 3));
    for (int i = 0; i < 3; i++)
        guest_thread_join(&threads[i]);
    CHECK_EQ(condition.has_waiters, 0);
}

TEST(condition_timeout)
{
    struct freebsd_timespec ts = {0, 30000000};

    memset(&mutex, 0, sizeof(mutex));
    memset(&condition, 0, sizeof(condition));
    lock(&mutex, self());
    CHECK_ERR(op(&condition, FREEBSD_UMTX_OP_CV_WAIT, 0, &mutex, &ts), FREEBSD_ETIMEDOUT);
    CHECK_EQ(mutex.owner & ~CONTESTED, 0);
}

static struct urwlock rwlock;

static void read_side(void *unused)
{
    (void)unused;
    stage = 1;
    CHECK_OK(op(&rwlock, FREEBSD_UMTX_OP_RW_RDLOCK, 0, 0, 0));
    stage = 2;
    CHECK_OK(op(&rwlock, FREEBSD_UMTX_OP_RW_UNLOCK, 0, 0, 0));
}

TEST(read_write_lock)
{
    struct guest_thread thread;
    struct freebsd_timespec ts = {0, 20000000};

    memset(&rwlock, 0, sizeof(rwlock));
    CHECK_OK(op(&rwlock, FREEBSD_UMTX_OP_RW_RDLOCK, 0, 0, 0));
    CHECK_OK(op(&rwlock, FREEBSD_UMTX_OP_RW_RDLOCK, 0, 0, 0));
    CHECK_EQ(rwlock.state, 2);
    CHECK_ERR(op(&rwlock, FREEBSD_UMTX_OP_RW_WRLOCK, 0, (void *)sizeof(ts), &ts), FREEBSD_ETIMEDOUT);
    CHECK_OK(op(&rwlock, FREEBSD_UMTX_OP_RW_UNLOCK, 0, 0, 0));
    CHECK_OK(op(&rwlock, FREEBSD_UMTX_OP_RW_UNLOCK, 0, 0, 0));
    CHECK_OK(op(&rwlock, FREEBSD_UMTX_OP_RW_WRLOCK, 0, 0, 0));
    CHECK_EQ((uint32_t)rwlock.state & CONTESTED, CONTESTED);
    stage = 0;
    CHECK_OK(guest_thread_start(&thread, read_side, NULL));
    CHECK(guest_await(&stage, 1));
    guest_sleep_ms(30);
    CHECK_EQ(stage, 1);
    CHECK_OK(op(&rwlock, FREEBSD_UMTX_OP_RW_UNLOCK, 0, 0, 0));
    CHECK(guest_await(&stage, 2));
    guest_thread_join(&thread);
    CHECK_EQ(rwlock.state & 0x1fffffff, 0);
    CHECK_ERR(op(&rwlock, FREEBSD_UMTX_OP_RW_UNLOCK, 0, 0, 0), FREEBSD_EPERM);
}

static struct usem2 semaphore;

static void take_semaphore(void *unused)
{
    (void)unused;
    stage = 1;
    waited = op(&semaphore, FREEBSD_UMTX_OP_SEM2_WAIT, 0, 0, 0);
    stage = 2;
}

/* SEM2_WAIT returns when there is something to take; taking is the caller's own compare-and-swap */
TEST(semaphore)
{
    struct guest_thread thread;
    struct freebsd_umtx_time t = {{0, 20000000}, 0, FREEBSD_CLOCK_MONOTONIC};

    semaphore = (struct usem2){0, 0};
    CHECK_ERR(op(&semaphore, FREEBSD_UMTX_OP_SEM2_WAIT, 0, (void *)sizeof(t), &t), FREEBSD_ETIMEDOUT);
    stage = 0;
    CHECK_OK(guest_thread_start(&thread, take_semaphore, NULL));
    CHECK(guest_await(&stage, 1));
    guest_await_asleep((int)SYS(getpid), thread.tid);
    CHECK_EQ(stage, 1);
    CHECK_EQ(semaphore.count & CONTESTED, CONTESTED); /* USEM_HAS_WAITERS */
    __atomic_fetch_add(&semaphore.count, 1, __ATOMIC_SEQ_CST);
    CHECK_OK(op(&semaphore, FREEBSD_UMTX_OP_SEM2_WAKE, 0, 0, 0));
    CHECK(guest_await(&stage, 2));
    CHECK_EQ(waited, 0);
    guest_thread_join(&thread);
    semaphore.count = 1;
    CHECK_OK(op(&semaphore, FREEBSD_UMTX_OP_SEM2_WAIT, 0, 0, 0));
}

static void note(int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *context)
{
    (void)signo;
    (void)info;
    (void)context;
}

static void wait_interrupted(void *unused)
{
    (void)unused;
    stage = 1;
    waited = op(&word, FREEBSD_UMTX_OP_WAIT_UINT_PRIVATE, 5, 0, 0);
    stage = 2;
}

/* A signal ends the wait: EINTR (without SA_RESTART) */
TEST(signal_during_wait)
{
    struct guest_thread thread;

    word = 5;
    stage = 0;
    CHECK_OK(guest_handle(FREEBSD_SIGUSR1, note, 0));
    CHECK_OK(guest_thread_start(&thread, wait_interrupted, NULL));
    CHECK(guest_await(&stage, 1));
    guest_await_asleep((int)SYS(getpid), thread.tid);
    CHECK_OK(SYS(thr_kill, thread.tid, FREEBSD_SIGUSR1));
    CHECK(guest_await(&stage, 2));
    CHECK_EQ(waited, -FREEBSD_EINTR);
    guest_thread_join(&thread);
}

/* Two threads hand a word to each other thousands of times: a lost wake-up would hang */
static volatile uint32_t ball;

static void ping(void *parity)
{
    uint32_t mine = (uint32_t)(uint64_t)parity;

    for (;;) {
        uint32_t now = __atomic_load_n(&ball, __ATOMIC_ACQUIRE);

        if (now >= 5000)
            break;
        if (now % 2 != mine) {
            op(&ball, FREEBSD_UMTX_OP_WAIT_UINT_PRIVATE, now, 0, 0);
            continue;
        }
        __atomic_store_n(&ball, now + 1, __ATOMIC_RELEASE);
        op(&ball, FREEBSD_UMTX_OP_WAKE_PRIVATE, 1, 0, 0);
    }
}

TEST(no_lost_wakeups)
{
    struct guest_thread a;
    struct guest_thread b;

    ball = 0;
    CHECK_OK(guest_thread_start(&a, ping, (void *)0));
    CHECK_OK(guest_thread_start(&b, ping, (void *)1));
    guest_thread_join(&a);
    guest_thread_join(&b);
    CHECK(ball >= 5000);
}

/* Shared between processes: WAIT_UINT without PRIVATE on shared memory */
TEST(across_processes)
{
    volatile uint32_t *shared = (volatile uint32_t *)SYS(mmap, 0, 4096, FREEBSD_PROT_READ | FREEBSD_PROT_WRITE,
                                                         FREEBSD_MAP_SHARED | FREEBSD_MAP_ANON, -1, 0);
    int pid = guest_fork();

    if (pid == 0) {
        int64_t r = op(shared, FREEBSD_UMTX_OP_WAIT_UINT, 0, 0, 0);

        guest_exit(r == 0 && *shared == 1 ? 0 : 1);
    }
    guest_sleep_ms(50);
    *shared = 1;
    CHECK_OK(op(shared, FREEBSD_UMTX_OP_WAKE, 1, 0, 0));
    CHECK_EQ(guest_wait(pid), 0);
}
