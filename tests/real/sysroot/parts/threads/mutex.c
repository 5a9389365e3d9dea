/* Mutexes: types, protocols, robustness, and that they exclude. pthread_mutex_lock(3), pthread_mutexattr(3). */
#include <pthread.h>

#include "check.h"

#include <sys/mman.h>
#include <sys/param.h>

enum { THREADS = 4, ROUNDS = 20000 };

static void make(pthread_mutex_t *m, int type, int protocol)
{
    pthread_mutexattr_t a;
    CHECK_EQ(pthread_mutexattr_init(&a), 0);
    CHECK_EQ(pthread_mutexattr_settype(&a, type), 0);
    CHECK_EQ(pthread_mutexattr_setprotocol(&a, protocol), 0);
    CHECK_EQ(pthread_mutex_init(m, &a), 0);
    CHECK_EQ(pthread_mutexattr_destroy(&a), 0);
}

static struct timespec soon(int clock, long milliseconds)
{
    struct timespec t;
    clock_gettime((clockid_t)clock, &t);
    t.tv_nsec += milliseconds % 1000 * 1000000;
    t.tv_sec += milliseconds / 1000 + t.tv_nsec / 1000000000;
    t.tv_nsec %= 1000000000;
    return t;
}

/* What another thread gets. */
struct other {
    pthread_mutex_t *mutex;
    int (*call)(pthread_mutex_t *);
    int result;
};
static void *other_thread(void *argument)
{
    struct other *o = argument;
    o->result = o->call(o->mutex);
    if (o->result == 0 && o->call != pthread_mutex_unlock)
        pthread_mutex_unlock(o->mutex);
    return NULL;
}
static int by_other(int (*call)(pthread_mutex_t *), pthread_mutex_t *m)
{
    struct other o = {m, call, -1};
    pthread_t t;
    CHECK_EQ(pthread_create(&t, NULL, other_thread, &o), 0);
    CHECK_EQ(pthread_join(t, NULL), 0);
    return o.result;
}
static int timed(pthread_mutex_t *m)
{
    struct timespec t = soon(CLOCK_REALTIME, 60);
    return pthread_mutex_timedlock(m, &t);
}

TEST(errorcheck)
{
    pthread_mutex_t m;
    make(&m, PTHREAD_MUTEX_ERRORCHECK, PTHREAD_PRIO_NONE);
    CHECK_EQ(pthread_mutex_unlock(&m), EPERM);
    CHECK_EQ(pthread_mutex_lock(&m), 0);
    CHECK_EQ(pthread_mutex_lock(&m), EDEADLK);
    CHECK_EQ(pthread_mutex_trylock(&m), EBUSY);
    CHECK_EQ(by_other(pthread_mutex_unlock, &m), EPERM);
    CHECK_EQ(by_other(pthread_mutex_trylock, &m), EBUSY);
    CHECK_EQ(pthread_mutex_unlock(&m), 0);
    CHECK_EQ(by_other(pthread_mutex_trylock, &m), 0);
    CHECK_EQ(pthread_mutex_destroy(&m), 0);
}

TEST(recursive)
{
    pthread_mutex_t m;
    make(&m, PTHREAD_MUTEX_RECURSIVE, PTHREAD_PRIO_NONE);
    CHECK_EQ(pthread_mutex_lock(&m), 0);
    CHECK_EQ(pthread_mutex_lock(&m), 0);
    CHECK_EQ(pthread_mutex_trylock(&m), 0);
    CHECK_EQ(pthread_mutex_unlock(&m), 0);
    CHECK_EQ(pthread_mutex_unlock(&m), 0);
    CHECK_EQ(by_other(pthread_mutex_trylock, &m), EBUSY);
    CHECK_EQ(pthread_mutex_unlock(&m), 0);
    CHECK_EQ(by_other(pthread_mutex_trylock, &m), 0);
    CHECK_EQ(pthread_mutex_unlock(&m), EPERM);
}

TEST(normal_waits_for_itself)
{
    pthread_mutex_t m;
    struct timespec end = soon(CLOCK_REALTIME, 60);
    make(&m, PTHREAD_MUTEX_NORMAL, PTHREAD_PRIO_NONE);
    CHECK_EQ(pthread_mutex_lock(&m), 0);
    CHECK_EQ(pthread_mutex_timedlock(&m, &end), ETIMEDOUT);
    CHECK_EQ(pthread_mutex_destroy(&m), EBUSY);
    CHECK_EQ(pthread_mutex_unlock(&m), 0);
    CHECK_EQ(pthread_mutex_destroy(&m), 0);
}

TEST(timedlock)
{
    pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
    struct timespec bad = {0, 1000000000}, past = {1, 0};
    CHECK_EQ(pthread_mutex_timedlock(&m, &past), 0); /* free: the time does not matter */
    CHECK_EQ(by_other(timed, &m), ETIMEDOUT);
    CHECK_EQ(pthread_mutex_unlock(&m), 0);
    CHECK_EQ(by_other(timed, &m), 0);
    CHECK_EQ(pthread_mutex_lock(&m), 0);
    CHECK_EQ(pthread_mutex_timedlock(&m, &past), ETIMEDOUT);
    CHECK_EQ(pthread_mutex_timedlock(&m, &bad), EINVAL);
    CHECK_EQ(pthread_mutex_lock(&m), EDEADLK); /* the default type checks */
}

static struct {
    pthread_mutex_t mutex;
    long count;
    volatile int inside, broken;
} shared;

static void *counter(void *argument)
{
    (void)argument;
    for (int i = 0; i < ROUNDS; i++) {
        if (pthread_mutex_lock(&shared.mutex) != 0)
            shared.broken = 1;
        if (shared.inside++ != 0)
            shared.broken = 1;
        shared.count++;
        shared.inside--;
        if (pthread_mutex_unlock(&shared.mutex) != 0)
            shared.broken = 1;
    }
    return NULL;
}

static void excludes(int type, int protocol)
{
    pthread_t t[THREADS];
    make(&shared.mutex, type, protocol);
    for (int i = 0; i < THREADS; i++)
        REQUIRE(pthread_create(&t[i], NULL, counter, NULL) == 0);
    for (int i = 0; i < THREADS; i++)
        CHECK_EQ(pthread_join(t[i], NULL), 0);
    CHECK_EQ(shared.count, (long)THREADS * ROUNDS);
    CHECK(!shared.broken);
    CHECK_EQ(pthread_mutex_destroy(&shared.mutex), 0);
}

TEST(normal_excludes)
{
    excludes(PTHREAD_MUTEX_NORMAL, PTHREAD_PRIO_NONE);
}
TEST(errorcheck_excludes)
{
    excludes(PTHREAD_MUTEX_ERRORCHECK, PTHREAD_PRIO_NONE);
}
TEST(recursive_excludes)
{
    excludes(PTHREAD_MUTEX_RECURSIVE, PTHREAD_PRIO_NONE);
}
TEST(adaptive_excludes)
{
    excludes(PTHREAD_MUTEX_ADAPTIVE_NP, PTHREAD_PRIO_NONE);
}
TEST(inherit_excludes)
{
    excludes(PTHREAD_MUTEX_NORMAL, PTHREAD_PRIO_INHERIT);
}

/* A ceiling needs a thread whose priority is not above it; that of ordinary threads is 0. */
TEST(protect)
{
    pthread_mutexattr_t a;
    pthread_mutex_t m;
    int ceiling = -1, old = -1, error;
    REQUIRE(pthread_mutexattr_init(&a) == 0);
    CHECK_EQ(pthread_mutexattr_setprotocol(&a, PTHREAD_PRIO_PROTECT), 0);
    CHECK_EQ(pthread_mutexattr_setprioceiling(&a, 20), 0);
    CHECK_EQ(pthread_mutexattr_getprioceiling(&a, &ceiling), 0);
    CHECK_EQ(ceiling, 20);
    REQUIRE(pthread_mutex_init(&m, &a) == 0);
    CHECK_EQ(pthread_mutex_getprioceiling(&m, &ceiling), 0);
    CHECK_EQ(ceiling, 20);
    /* Raising a thread is a privilege (rtprio(2)): EPERM where it is not had. */
    error = pthread_mutex_lock(&m);
    CHECK(error == 0 || error == EPERM);
    if (error == 0) {
        CHECK_EQ(by_other(pthread_mutex_trylock, &m), EBUSY);
        CHECK_EQ(pthread_mutex_unlock(&m), 0);
        CHECK_EQ(pthread_mutex_setprioceiling(&m, 10, &old), 0);
        CHECK_EQ(old, 20);
    }
}

TEST(spins_and_yields)
{
    pthread_mutex_t m = PTHREAD_ADAPTIVE_MUTEX_INITIALIZER_NP;
    int n = -1;
    CHECK_EQ(pthread_mutex_setspinloops_np(&m, 100), 0);
    CHECK_EQ(pthread_mutex_getspinloops_np(&m, &n), 0);
    CHECK_EQ(n, 100);
    CHECK_EQ(pthread_mutex_isowned_np(&m), 0);
    CHECK_EQ(pthread_mutex_lock(&m), 0);
    CHECK_EQ(pthread_mutex_isowned_np(&m), 1);
    CHECK_EQ(pthread_mutex_unlock(&m), 0);
}

#if __FreeBSD_version >= 1200000
static void make_robust(pthread_mutex_t *m, int pshared, int protocol)
{
    pthread_mutexattr_t a;
    CHECK_EQ(pthread_mutexattr_init(&a), 0);
    CHECK_EQ(pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST), 0);
    CHECK_EQ(pthread_mutexattr_setpshared(&a, pshared), 0);
    CHECK_EQ(pthread_mutexattr_setprotocol(&a, protocol), 0);
    CHECK_EQ(pthread_mutex_init(m, &a), 0);
}

static void *lock_and_leave(void *m)
{
    CHECK_EQ(pthread_mutex_lock(m), 0);
    return NULL;
}

static void robust_thread(int protocol)
{
    pthread_mutex_t m, n;
    pthread_t t;
    make_robust(&m, PTHREAD_PROCESS_PRIVATE, protocol);
    make_robust(&n, PTHREAD_PROCESS_PRIVATE, protocol);
    REQUIRE(pthread_create(&t, NULL, lock_and_leave, &m) == 0);
    pthread_join(t, NULL);
    CHECK_EQ(pthread_mutex_trylock(&m), EOWNERDEAD);
    CHECK_EQ(pthread_mutex_consistent(&m), 0);
    CHECK_EQ(pthread_mutex_consistent(&m), EINVAL);
    CHECK_EQ(pthread_mutex_unlock(&m), 0);
    CHECK_EQ(pthread_mutex_lock(&m), 0);
    CHECK_EQ(pthread_mutex_unlock(&m), 0);
    REQUIRE(pthread_create(&t, NULL, lock_and_leave, &n) == 0);
    pthread_join(t, NULL);
    CHECK_EQ(pthread_mutex_lock(&n), EOWNERDEAD);
    CHECK_EQ(pthread_mutex_unlock(&n), 0); /* without being made consistent */
    CHECK_EQ(pthread_mutex_lock(&n), ENOTRECOVERABLE);
    CHECK_EQ(pthread_mutex_trylock(&n), ENOTRECOVERABLE);
}

TEST(robust)
{
    robust_thread(PTHREAD_PRIO_NONE);
}
TEST(robust_inherit)
{
    robust_thread(PTHREAD_PRIO_INHERIT);
}

/* A waiter gets it when the owner ends while it waits. */
static pthread_mutex_t waited;
static volatile int holding;
static void *hold_and_leave(void *argument)
{
    pthread_mutex_lock(&waited);
    holding = 1;
    check_sleep(200);
    return argument;
}
TEST(robust_wakes_a_waiter)
{
    pthread_t t;
    make_robust(&waited, PTHREAD_PROCESS_PRIVATE, PTHREAD_PRIO_NONE);
    REQUIRE(pthread_create(&t, NULL, hold_and_leave, NULL) == 0);
    REQUIRE(check_await(&holding, 1));
    CHECK_EQ(pthread_mutex_lock(&waited), EOWNERDEAD);
    CHECK_EQ(pthread_mutex_consistent(&waited), 0);
    CHECK_EQ(pthread_mutex_unlock(&waited), 0);
    pthread_join(t, NULL);
}

static pthread_mutex_t *between;
static void lock_and_die(void)
{
    pthread_mutex_lock(between);
    kill(getpid(), SIGKILL);
}
static void lock_and_exit(void)
{
    pthread_mutex_lock(between);
    _exit(0);
}
static void lock_and_exec(void)
{
    pthread_mutex_lock(between);
    execl("/bin/nothing-of-that-name", "nothing", (char *)NULL);
    execl("/usr/bin/true", "true", (char *)NULL);
    execl("/bin/true", "true", (char *)NULL);
}

static void robust_process(void (*end)(void))
{
    between = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_ANON | MAP_SHARED, -1, 0);
    REQUIRE(between != MAP_FAILED);
    make_robust(between, PTHREAD_PROCESS_SHARED, PTHREAD_PRIO_NONE);
    check_child(end);
    CHECK_EQ(pthread_mutex_lock(between), EOWNERDEAD);
    CHECK_EQ(pthread_mutex_consistent(between), 0);
    CHECK_EQ(pthread_mutex_unlock(between), 0);
    CHECK_EQ(pthread_mutex_lock(between), 0);
}
TEST(robust_of_a_killed_process)
{
    robust_process(lock_and_die);
}
TEST(robust_of_an_ended_process)
{
    robust_process(lock_and_exit);
}
TEST(robust_of_an_executing_process)
{
    robust_process(lock_and_exec);
}
#endif
