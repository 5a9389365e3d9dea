/*
 * Mutexes as the thread libraries before FreeBSD 10 have them: whoever frees a contested one leaves "free, but contested"
 * and asks the kernel to wake a waiter, which takes the bit away with the last of them (do_wake_umutex(),
 * sys/kern/kern_umtx.c). Such a library neither takes nor destroys a mutex that still has the bit.
 */
#include "guest.h"

enum { MUTEX_WAIT = 17, MUTEX_WAKE = 18, THREADS = 4, ROUNDS = 3000 };
#define CONTESTED 0x80000000U

static struct {
    uint32_t owner;
    uint32_t flags;
    uint32_t rest[8];
} mutex;
static volatile uint32_t inside, total, stage;

static int64_t op(int operation)
{
    return SYS(_umtx_op, &mutex, operation, 0, 0, 0);
}

static bool change(uint32_t from, uint32_t to)
{
    return __atomic_compare_exchange_n(&mutex.owner, &from, to, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

static void lock(uint32_t me)
{
    while (!change(0, me) && !change(CONTESTED, me | CONTESTED))
        CHECK_OK(op(MUTEX_WAIT));
}

static void unlock(uint32_t me)
{
    if (change(me, 0))
        return;
    __atomic_store_n(&mutex.owner, CONTESTED, __ATOMIC_SEQ_CST);
    CHECK_OK(op(MUTEX_WAKE));
}

static void contend(void *unused)
{
    int64_t me = 0;

    (void)unused;
    SYS(thr_self, &me);
    for (int i = 0; i < ROUNDS; i++) {
        lock((uint32_t)me);
        if (__atomic_fetch_add(&inside, 1, __ATOMIC_SEQ_CST) != 0)
            guest_fail(__FILE__, __LINE__, "two threads inside");
        total++;
        if (i % 20 == 0)
            SYS(sched_yield);
        __atomic_fetch_sub(&inside, 1, __ATOMIC_SEQ_CST);
        unlock((uint32_t)me);
    }
}

/* None is left asleep, and the word is as it was */
TEST(excludes)
{
    struct guest_thread threads[THREADS];

    memset(&mutex, 0, sizeof(mutex));
    for (int i = 0; i < THREADS; i++)
        CHECK_OK(guest_thread_start(&threads[i], contend, NULL));
    for (int i = 0; i < THREADS; i++)
        guest_thread_join(&threads[i]);
    CHECK_EQ(total, THREADS * ROUNDS);
    CHECK_EQ(mutex.owner, 0);
}

static void wait(void *unused)
{
    int64_t me = 0;

    (void)unused;
    SYS(thr_self, &me);
    __atomic_fetch_add(&stage, 1, __ATOMIC_SEQ_CST);
    while (!change(0, (uint32_t)me) && !change(CONTESTED, (uint32_t)me | CONTESTED))
        CHECK_OK(op(MUTEX_WAIT));
    __atomic_fetch_add(&stage, 10, __ATOMIC_SEQ_CST);
}

/* The bit goes with the last waiter, and stays as long as another is left */
TEST(bit_goes_with_the_last)
{
    struct guest_thread threads[2];
    int64_t me = 0;

    SYS(thr_self, &me);
    memset(&mutex, 0, sizeof(mutex));
    mutex.owner = CONTESTED;
    CHECK_OK(op(MUTEX_WAKE)); /* nobody waits */
    CHECK_EQ(mutex.owner, 0);
    mutex.owner = (uint32_t)me;
    for (int i = 0; i < 2; i++)
        CHECK_OK(guest_thread_start(&threads[i], wait, NULL));
    CHECK(guest_await(&stage, 2));
    for (int i = 0; i < 2; i++)
        guest_await_asleep((int)SYS(getpid), threads[i].tid);
    CHECK_EQ(mutex.owner, (uint32_t)me | CONTESTED);
    unlock((uint32_t)me);
    CHECK(guest_await(&stage, 12));
    CHECK_EQ(mutex.owner & CONTESTED, CONTESTED); /* the second still waits */
    __atomic_store_n(&mutex.owner, CONTESTED, __ATOMIC_SEQ_CST);
    CHECK_OK(op(MUTEX_WAKE));
    CHECK(guest_await(&stage, 22));
    CHECK_EQ(mutex.owner & CONTESTED, 0);
    for (int i = 0; i < 2; i++)
        guest_thread_join(&threads[i]);
}

/* Of a mutex that has an owner nothing is changed */
TEST(owned_is_left_alone)
{
    memset(&mutex, 0, sizeof(mutex));
    mutex.owner = 5 | CONTESTED;
    CHECK_OK(op(MUTEX_WAKE));
    CHECK_EQ(mutex.owner, 5 | CONTESTED);
}
