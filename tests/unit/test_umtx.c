/*
 * _umtx_op against threads that use it as FreeBSD's thread library does (lib/libthr/thread/thr_umtx.c,
 * lib/libc/gen/sem_new.c): counters must come out right, and nobody may sleep for ever.
 */
#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/guest.h"
#include "freebsd_syscalls.h"
#include "process/process.h"
#include "process/thread.h"
#include "signals/signals.h"
#include "syscalls/freebsd/process_data.h"
#include "syscalls/freebsd/threads/umtx.h"

enum { THREADS = 4, ROUNDS = 20000, PATIENCE = 60 };

enum {
    OP_WAIT = 2,
    OP_WAKE = 3,
    OP_TRYLOCK = 4,
    OP_LOCK = 5,
    OP_UNLOCK = 6,
    OP_CEILING = 7,
    OP_CV_WAIT = 8,
    OP_CV_SIGNAL = 9,
    OP_CV_BROADCAST = 10,
    OP_WAIT_UINT = 11,
    OP_RDLOCK = 12,
    OP_WRLOCK = 13,
    OP_RW_UNLOCK = 14,
    OP_WAIT_UINT_PRIVATE = 15,
    OP_WAKE_PRIVATE = 16,
    OP_MUTEX_WAIT = 17,
    OP_NWAKE = 21,
    OP_WAKE2 = 22,
    OP_SEM2_WAIT = 23,
    OP_SEM2_WAKE = 24,
    OP_ROBUST = 26,
};

/* The engine's own stands on signal handling that a test has not. */
__attribute__((weak)) int64_t host_call_intr(struct thread *t, long nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
                                             uint64_t e, uint64_t f)
{
    (void)t;
    long r = syscall(nr, a, b, c, d, e, f);
    return r < 0 ? -errno : r;
}

static struct freebsd_process data;
static struct process process = {.personality_data = &data};
static struct freebsd_umutex mutex;
static struct freebsd_ucond cond;
static struct freebsd_urwlock rwlock;
static struct freebsd_usem2 sem;
static volatile long counter, inside_readers, inside_writers, tokens, taken, finished;

static guest_ptr at(const volatile void *p)
{
    return guest_addr((uint64_t)p);
}

static int64_t op(struct thread *t, volatile void *object, int number, uint64_t value)
{
    return freebsd_umtx_op(t, at(object), number, value, guest_addr(0), guest_addr(0));
}

static struct thread new_thread(void)
{
    struct thread t;
    memset(&t, 0, sizeof t);
    t.self = &t;
    t.tid = (int32_t)syscall(SYS_gettid);
    t.proc = &process;
    return t;
}

/* The library's mutex: user space takes and frees the word, the kernel waits and wakes. */
static void library_lock(struct thread *t)
{
    uint32_t self = umtx_self(t);
    for (;;) {
        uint32_t owner = FREEBSD_UMUTEX_UNOWNED;
        if (__atomic_compare_exchange_n(&mutex.m_owner, &owner, self, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
            return;
        }
        if (owner == FREEBSD_UMUTEX_CONTESTED &&
            __atomic_compare_exchange_n(&mutex.m_owner, &owner, self | FREEBSD_UMUTEX_CONTESTED, 0, __ATOMIC_SEQ_CST,
                                        __ATOMIC_SEQ_CST)) {
            return;
        }
        ck_assert_int_eq(op(t, &mutex, OP_MUTEX_WAIT, 0), 0);
    }
}

static void library_unlock(struct thread *t)
{
    uint32_t owner = __atomic_exchange_n(&mutex.m_owner, FREEBSD_UMUTEX_UNOWNED, __ATOMIC_SEQ_CST);
    ck_assert_uint_eq(owner & ~FREEBSD_UMUTEX_CONTESTED, umtx_self(t));
    if (owner & FREEBSD_UMUTEX_CONTESTED) {
        ck_assert_int_eq(op(t, &mutex, OP_WAKE2, mutex.m_flags), 0);
    }
}

static void *library_mutex_user(void *unused)
{
    struct thread t = new_thread();
    (void)unused;
    for (int i = 0; i < ROUNDS; i++) {
        library_lock(&t);
        counter = counter + 1;
        if (i % 64 == 0) {
            sched_yield();
        }
        library_unlock(&t);
    }
    return NULL;
}

static void *kernel_mutex_user(void *unused)
{
    struct thread t = new_thread();
    (void)unused;
    for (int i = 0; i < ROUNDS; i++) {
        ck_assert_int_eq(op(&t, &mutex, OP_LOCK, 0), 0);
        counter = counter + 1;
        if (i % 64 == 0) {
            sched_yield();
        }
        ck_assert_int_eq(op(&t, &mutex, OP_UNLOCK, 0), 0);
    }
    return NULL;
}

static void *cond_consumer(void *unused)
{
    struct thread t = new_thread();
    (void)unused;
    for (;;) {
        library_lock(&t);
        while (tokens == 0 && !finished) {
            ck_assert_int_eq(freebsd_umtx_op(&t, at(&cond), OP_CV_WAIT, 0, at(&mutex), guest_addr(0)), 0);
            library_lock(&t);
        }
        if (tokens == 0) {
            library_unlock(&t);
            return NULL;
        }
        tokens--;
        taken++;
        library_unlock(&t);
    }
}

static void *cond_producer(void *unused)
{
    struct thread t = new_thread();
    (void)unused;
    for (int i = 0; i < ROUNDS; i++) {
        library_lock(&t);
        tokens++;
        library_unlock(&t);
        if (__atomic_load_n(&cond.c_has_waiters, __ATOMIC_SEQ_CST)) {
            ck_assert_int_eq(op(&t, &cond, i % 16 ? OP_CV_SIGNAL : OP_CV_BROADCAST, 0), 0);
        }
    }
    return NULL;
}

static void *rwlock_user(void *seed)
{
    struct thread t = new_thread();
    for (int i = 0; i < ROUNDS; i++) {
        if ((i + (int)(long)seed) % 4 == 0) {
            ck_assert_int_eq(op(&t, &rwlock, OP_WRLOCK, 0), 0);
            ck_assert_int_eq(__atomic_add_fetch(&inside_writers, 1, __ATOMIC_SEQ_CST), 1);
            ck_assert_int_eq(inside_readers, 0);
            counter = counter + 1;
            __atomic_sub_fetch(&inside_writers, 1, __ATOMIC_SEQ_CST);
        } else {
            ck_assert_int_eq(op(&t, &rwlock, OP_RDLOCK, 0), 0);
            __atomic_add_fetch(&inside_readers, 1, __ATOMIC_SEQ_CST);
            ck_assert_int_eq(inside_writers, 0);
            if (i % 128 == 1) {
                sched_yield();
            }
            __atomic_sub_fetch(&inside_readers, 1, __ATOMIC_SEQ_CST);
        }
        ck_assert_int_eq(op(&t, &rwlock, OP_RW_UNLOCK, 0), 0);
    }
    return NULL;
}

static void sem_post_as_library(struct thread *t)
{
    uint32_t count = __atomic_fetch_add(&sem.count, 1, __ATOMIC_SEQ_CST);
    if (count & FREEBSD_USEM_HAS_WAITERS) {
        ck_assert_int_eq(op(t, &sem, OP_SEM2_WAKE, 0), 0);
    }
}

static void sem_wait_as_library(struct thread *t)
{
    for (;;) {
        uint32_t count = __atomic_load_n(&sem.count, __ATOMIC_SEQ_CST);
        while ((count & ~FREEBSD_USEM_HAS_WAITERS) != 0) {
            if (__atomic_compare_exchange_n(&sem.count, &count, count - 1, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
                return;
            }
        }
        ck_assert_int_eq(op(t, &sem, OP_SEM2_WAIT, 0), 0);
    }
}

static void *sem_poster(void *unused)
{
    struct thread t = new_thread();
    (void)unused;
    for (int i = 0; i < ROUNDS; i++) {
        sem_post_as_library(&t);
        if (i % 8 == 0) {
            sched_yield();
        }
    }
    return NULL;
}

static void *sem_waiter(void *unused)
{
    struct thread t = new_thread();
    (void)unused;
    for (int i = 0; i < ROUNDS; i++) {
        sem_wait_as_library(&t);
        __atomic_add_fetch(&taken, 1, __ATOMIC_SEQ_CST);
    }
    return NULL;
}

static void run_threads(void *(*first)(void *), void *(*second)(void *), int n)
{
    pthread_t ids[2 * THREADS];
    for (int i = 0; i < n; i++) {
        pthread_create(&ids[2 * i], NULL, first, (void *)(long)i);
        pthread_create(&ids[2 * i + 1], NULL, second, (void *)(long)(i + n));
    }
    for (int i = 0; i < 2 * n; i++) {
        pthread_join(ids[i], NULL);
    }
}

static void reset(void)
{
    memset(&mutex, 0, sizeof mutex);
    memset(&cond, 0, sizeof cond);
    memset(&rwlock, 0, sizeof rwlock);
    memset(&sem, 0, sizeof sem);
    counter = inside_readers = inside_writers = tokens = taken = finished = 0;
}

/* do_unlock_umutex(), do_wake2_umutex(), do_lock_umutex(): both ways of locking at once. */
START_TEST(mutexes_keep_count)
{
    mutex.m_flags = _i == 0 ? 0 : FREEBSD_USYNC_PROCESS_SHARED;
    run_threads(library_mutex_user, library_mutex_user, THREADS / 2);
    ck_assert_int_eq(counter, THREADS * ROUNDS);
    counter = 0;
    run_threads(kernel_mutex_user, library_mutex_user, THREADS / 2);
    ck_assert_int_eq(counter, THREADS * ROUNDS);
    ck_assert_uint_eq(mutex.m_owner & ~FREEBSD_UMUTEX_CONTESTED, 0);
}
END_TEST

START_TEST(conditions_lose_no_signal)
{
    pthread_t consumers[THREADS];
    struct thread t = new_thread();
    cond.c_flags = mutex.m_flags = _i == 0 ? 0 : FREEBSD_USYNC_PROCESS_SHARED;
    for (int i = 0; i < THREADS; i++) {
        pthread_create(&consumers[i], NULL, cond_consumer, NULL);
    }
    run_threads(cond_producer, cond_producer, 1);
    library_lock(&t);
    finished = 1;
    library_unlock(&t);
    ck_assert_int_eq(op(&t, &cond, OP_CV_BROADCAST, 0), 0);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(consumers[i], NULL);
    }
    ck_assert_int_eq(taken, 2 * ROUNDS);
    ck_assert_uint_eq(cond.c_has_waiters, 0);
}
END_TEST

START_TEST(rwlocks_exclude)
{
    rwlock.rw_flags = _i == 0 ? 0 : FREEBSD_URWLOCK_PREFER_READER;
    run_threads(rwlock_user, rwlock_user, THREADS / 2);
    ck_assert_int_eq(counter, THREADS * ROUNDS / 4);
    ck_assert_uint_eq(rwlock.rw_state, 0);
    ck_assert_uint_eq(rwlock.rw_blocked_readers, 0);
    ck_assert_uint_eq(rwlock.rw_blocked_writers, 0);
}
END_TEST

START_TEST(semaphores_lose_no_post)
{
    run_threads(sem_poster, sem_waiter, THREADS / 2);
    ck_assert_int_eq(taken, THREADS / 2 * ROUNDS);
    ck_assert_uint_eq(sem.count & ~FREEBSD_USEM_HAS_WAITERS, 0);
}
END_TEST

static volatile uint32_t ball;

static void *player(void *side)
{
    struct thread t = new_thread();
    for (uint32_t i = 0; i < ROUNDS; i++) {
        uint32_t mine = 2 * i + (uint32_t)(long)side;
        uint32_t seen;
        while ((seen = __atomic_load_n(&ball, __ATOMIC_SEQ_CST)) != mine) {
            ck_assert_int_eq(op(&t, &ball, OP_WAIT_UINT_PRIVATE, seen), 0);
        }
        __atomic_store_n(&ball, mine + 1, __ATOMIC_SEQ_CST);
        ck_assert_int_eq(op(&t, &ball, OP_WAKE_PRIVATE, 0x7fffffff), 0);
    }
    return NULL;
}

START_TEST(plain_waits_lose_no_wakeup)
{
    ball = 0;
    run_threads(player, player, 1);
    ck_assert_uint_eq(ball, 2 * ROUNDS);
}
END_TEST

/* Both kinds of wait, one private wake: FreeBSD has one key for unshared memory. */
static void *auto_waiter(void *unused)
{
    struct thread t = new_thread();
    (void)unused;
    while (__atomic_load_n(&ball, __ATOMIC_SEQ_CST) == 7) {
        ck_assert_int_eq(op(&t, &ball, OP_WAIT_UINT, 7), 0);
    }
    return NULL;
}

START_TEST(private_wake_reaches_other_waits)
{
    struct thread t = new_thread();
    pthread_t id;
    uint64_t list[1] = {(uint64_t)&ball};
    ball = 7;
    pthread_create(&id, NULL, auto_waiter, NULL);
    usleep(20000);
    ball = 8;
    ck_assert_int_eq(op(&t, list, OP_NWAKE, 1), 0);
    pthread_join(id, NULL);
}
END_TEST

static int64_t milliseconds_since(const struct timespec *start)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (now.tv_sec - start->tv_sec) * 1000 + (now.tv_nsec - start->tv_nsec) / 1000000;
}

/* _umtx_op(2): relative timespec, relative and absolute struct _umtx_time. */
START_TEST(timeouts_end_waits)
{
    struct thread t = new_thread();
    struct timespec start, now;
    uint32_t word = 1;
    int64_t plain[2] = {0, 20000000};
    clock_gettime(CLOCK_MONOTONIC, &start);
    ck_assert_int_eq(freebsd_umtx_op(&t, at(&word), OP_WAIT_UINT_PRIVATE, 1, guest_addr(0), at(plain)), -ETIMEDOUT);
    ck_assert_int_ge(milliseconds_since(&start), 20);
    for (uint32_t clock = 0; clock <= 4; clock += 4) {
        clock_gettime(clock == 0 ? CLOCK_REALTIME : CLOCK_MONOTONIC, &now);
        struct freebsd_umtx_time absolute = {now.tv_sec, now.tv_nsec, FREEBSD_UMTX_ABSTIME, clock};
        ck_assert_int_eq(freebsd_umtx_op(&t, at(&word), OP_WAIT_UINT_PRIVATE, 1, guest_addr(24), at(&absolute)),
                         -ETIMEDOUT);
    }
    struct freebsd_umtx_time cpu = {0, 1, 0, 14};
    ck_assert_int_eq(freebsd_umtx_op(&t, at(&word), OP_WAIT_UINT, 1, guest_addr(24), at(&cpu)), -ETIMEDOUT);
    struct freebsd_umtx_time bad = {0, 1000000000, 0, 0};
    ck_assert_int_eq(freebsd_umtx_op(&t, at(&word), OP_WAIT_UINT, 1, guest_addr(24), at(&bad)), -EINVAL);
    ck_assert_int_eq(freebsd_umtx_op(&t, at(&word), OP_WAIT_UINT, 2, guest_addr(24), at(&cpu)), 0);
    uint64_t wide = 1ULL << 32;
    ck_assert_int_eq(freebsd_umtx_op(&t, at(&wide), OP_WAIT, 1ULL << 32, guest_addr(0), at(plain)), -ETIMEDOUT);
    ck_assert_int_eq(freebsd_umtx_op(&t, at(&wide), OP_WAIT, 0, guest_addr(0), at(plain)), 0);
    ck_assert_int_eq(freebsd_umtx_op(&t, at(&mutex), OP_CV_WAIT, 0, at(&mutex), at(plain)), -EPERM);
}
END_TEST

START_TEST(mutex_errors)
{
    struct thread t = new_thread();
    struct thread other = new_thread();
    int64_t soon[2] = {0, 1000000};
    other.tid++;
    ck_assert_int_eq(op(&t, &mutex, OP_UNLOCK, 0), -EPERM);
    ck_assert_int_eq(op(&t, &mutex, OP_TRYLOCK, 0), 0);
    ck_assert_uint_eq(mutex.m_owner, umtx_self(&t));
    ck_assert_int_eq(op(&other, &mutex, OP_TRYLOCK, 0), -EBUSY);
    ck_assert_int_eq(freebsd_umtx_op(&other, at(&mutex), OP_LOCK, 0, guest_addr(0), at(soon)), -ETIMEDOUT);
    ck_assert_uint_eq(mutex.m_owner, umtx_self(&t) | FREEBSD_UMUTEX_CONTESTED);
    ck_assert_int_eq(op(&t, &mutex, OP_UNLOCK, 0), 0);
    mutex.m_flags = FREEBSD_UMUTEX_PRIO_INHERIT;
    ck_assert_int_eq(op(&t, &mutex, OP_LOCK, 0), 0);
    ck_assert_int_eq(op(&t, &mutex, OP_LOCK, 0), -EDEADLK);
    mutex.m_flags = FREEBSD_UMUTEX_PRIO_INHERIT | FREEBSD_UMUTEX_PRIO_PROTECT;
    ck_assert_int_eq(op(&t, &mutex, OP_LOCK, 0), -EINVAL);
    mutex.m_flags = 0;
    ck_assert_int_eq(op(&t, &mutex, OP_CEILING, 1), -EINVAL);
    ck_assert_int_eq(op(&t, &mutex, 29, 0), -EINVAL);
    ck_assert_int_eq(op(&t, &rwlock, OP_RW_UNLOCK, 0), -EPERM);
}
END_TEST

/* umtx_thread_cleanup(): the next owner learns that the last one died. */
START_TEST(robust_mutexes_pass_on)
{
    struct thread t = new_thread();
    struct thread heir = new_thread();
    struct freebsd_umutex second;
    uint64_t head = (uint64_t)&mutex, passing = 0;
    struct freebsd_robust_lists lists = {(uint64_t)&head, 0, (uint64_t)&passing};
    heir.tid++;
    memset(&second, 0, sizeof second);
    mutex.m_flags = second.m_flags = FREEBSD_UMUTEX_ROBUST;
    ck_assert_int_eq(op(&t, &mutex, OP_LOCK, 0), 0);
    ck_assert_int_eq(op(&t, &second, OP_LOCK, 0), 0);
    mutex.m_rb_lnk = (uint64_t)&second;
    ck_assert_int_eq(freebsd_umtx_op(&t, guest_addr(0), OP_ROBUST, sizeof lists, at(&lists), guest_addr(0)), 0);
    freebsd_umtx_thread_exit(&t);
    ck_assert_uint_eq(mutex.m_owner, FREEBSD_UMUTEX_RB_OWNERDEAD);
    ck_assert_int_eq(op(&heir, &mutex, OP_LOCK, 0), -EOWNERDEAD);
    ck_assert_int_eq(op(&heir, &second, OP_LOCK, 0), -EOWNERDEAD);
    mutex.m_flags |= FREEBSD_UMUTEX_NONCONSISTENT;
    ck_assert_int_eq(op(&heir, &mutex, OP_UNLOCK, 0), 0);
    ck_assert_uint_eq(mutex.m_owner, FREEBSD_UMUTEX_RB_NOTRECOV);
    ck_assert_int_eq(op(&t, &mutex, OP_LOCK, 0), -ENOTRECOVERABLE);
}
END_TEST

/* A process that was killed ran no clean-up: who waits for its shared robust mutex finds out. */
START_TEST(killed_owner_is_noticed)
{
    struct thread t = new_thread();
    pid_t child = fork();
    if (child == 0) {
        _exit(0);
    }
    usleep(1000);
    mutex.m_flags = FREEBSD_UMUTEX_ROBUST | FREEBSD_USYNC_PROCESS_SHARED;
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    mutex.m_owner = (uint32_t)child + FREEBSD_TID_OFFSET;
    ck_assert_int_eq(op(&t, &mutex, OP_LOCK, 0), -EOWNERDEAD);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("umtx");
    TCase *stress = tcase_create("stress");
    tcase_set_timeout(stress, PATIENCE);
    tcase_add_checked_fixture(stress, reset, NULL);
    tcase_add_loop_test(stress, mutexes_keep_count, 0, 2);
    tcase_add_loop_test(stress, conditions_lose_no_signal, 0, 2);
    tcase_add_loop_test(stress, rwlocks_exclude, 0, 2);
    tcase_add_test(stress, semaphores_lose_no_post);
    tcase_add_test(stress, plain_waits_lose_no_wakeup);
    TCase *rules = tcase_create("rules");
    tcase_add_checked_fixture(rules, reset, NULL);
    tcase_add_test(rules, private_wake_reaches_other_waits);
    tcase_add_test(rules, timeouts_end_waits);
    tcase_add_test(rules, mutex_errors);
    tcase_add_test(rules, robust_mutexes_pass_on);
    tcase_add_test(rules, killed_owner_is_noticed);
    suite_add_tcase(suite, stress);
    suite_add_tcase(suite, rules);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
