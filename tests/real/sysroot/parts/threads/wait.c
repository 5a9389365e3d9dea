/* Condition variables, read-write locks, barriers, spin locks, semaphores. pthread_cond_wait(3) and the others. */
#include <pthread.h>
#include <pthread_np.h>
#include <semaphore.h>

#include "check.h"

#include <sys/mman.h>
#include <sys/param.h>

enum { THREADS = 4, ROUNDS = 3000 };

static struct timespec in(clockid_t clock, long milliseconds)
{
    struct timespec t;
    clock_gettime(clock, &t);
    t.tv_nsec += milliseconds % 1000 * 1000000;
    t.tv_sec += milliseconds / 1000 + t.tv_nsec / 1000000000;
    t.tv_nsec %= 1000000000;
    return t;
}

static long since(clockid_t clock, struct timespec began)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (now.tv_sec - began.tv_sec) * 1000 + (now.tv_nsec - began.tv_nsec) / 1000000;
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static volatile int state, waiting, woken;

static void timed_wait(clockid_t clock)
{
    pthread_condattr_t a;
    pthread_cond_t c;
    clockid_t got = -1;
    struct timespec began = in(clock, 0), end = in(clock, 80), bad = {0, -1};
    CHECK_EQ(pthread_condattr_init(&a), 0);
    CHECK_EQ(pthread_condattr_setclock(&a, clock), 0);
    CHECK_EQ(pthread_condattr_getclock(&a, &got), 0);
    CHECK_EQ(got, clock);
    CHECK_EQ(pthread_cond_init(&c, &a), 0);
    pthread_mutex_lock(&lock);
    CHECK_EQ(pthread_cond_timedwait(&c, &lock, &end), ETIMEDOUT);
    CHECK(since(clock, began) >= 79);
    CHECK_EQ(pthread_mutex_isowned_np(&lock), 1);
    CHECK_EQ(pthread_cond_timedwait(&c, &lock, &began), ETIMEDOUT);
    CHECK_EQ(pthread_cond_timedwait(&c, &lock, &bad), EINVAL);
    pthread_mutex_unlock(&lock);
    CHECK_EQ(pthread_cond_destroy(&c), 0);
}
TEST(cond_by_realtime)
{
    timed_wait(CLOCK_REALTIME);
}
TEST(cond_by_monotonic)
{
    timed_wait(CLOCK_MONOTONIC);
}

static void *wait_for_state(void *argument)
{
    (void)argument;
    pthread_mutex_lock(&lock);
    waiting++;
    while (state == 0)
        pthread_cond_wait(&cond, &lock);
    woken++;
    pthread_mutex_unlock(&lock);
    return NULL;
}
TEST(cond_broadcast_wakes_all)
{
    pthread_t t[16];
    for (int i = 0; i < 16; i++)
        REQUIRE(pthread_create(&t[i], NULL, wait_for_state, NULL) == 0);
    REQUIRE(check_await(&waiting, 16));
    pthread_mutex_lock(&lock);
    state = 1;
    CHECK_EQ(pthread_cond_broadcast(&cond), 0);
    CHECK_EQ(woken, 0);
    pthread_mutex_unlock(&lock);
    for (int i = 0; i < 16; i++)
        pthread_join(t[i], NULL);
    CHECK_EQ(woken, 16);
}

static void *wait_once(void *argument)
{
    (void)argument;
    pthread_mutex_lock(&lock);
    waiting++;
    pthread_cond_wait(&cond, &lock);
    woken++;
    pthread_mutex_unlock(&lock);
    return NULL;
}
TEST(cond_signal_wakes_one)
{
    pthread_t t[3];
    for (int i = 0; i < 3; i++)
        REQUIRE(pthread_create(&t[i], NULL, wait_once, NULL) == 0);
    REQUIRE(check_await(&waiting, 3));
    for (int i = 1; i <= 3; i++) {
        pthread_mutex_lock(&lock);
        pthread_cond_signal(&cond);
        pthread_mutex_unlock(&lock);
        CHECK(check_await(&woken, i));
        check_sleep(20);
        CHECK_EQ(woken, i);
    }
    for (int i = 0; i < 3; i++)
        pthread_join(t[i], NULL);
}

/* Turns are handed round: a lost wake-up hangs it. */
static volatile int turn;
static void *take_turns(void *argument)
{
    int me = (int)(long)argument;
    for (int i = 0; i < ROUNDS; i++) {
        pthread_mutex_lock(&lock);
        while (turn % THREADS != me)
            pthread_cond_wait(&cond, &lock);
        turn++;
        pthread_cond_broadcast(&cond);
        pthread_mutex_unlock(&lock);
    }
    return NULL;
}
TEST(cond_turns)
{
    pthread_t t[THREADS];
    for (long i = 0; i < THREADS; i++)
        REQUIRE(pthread_create(&t[i], NULL, take_turns, (void *)i) == 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(t[i], NULL);
    CHECK_EQ(turn, THREADS * ROUNDS);
}

static pthread_rwlock_t rw = PTHREAD_RWLOCK_INITIALIZER;
static volatile int readers, writers, most, broken;
static long written;
static void *read_and_write(void *argument)
{
    int me = (int)(long)argument;
    for (int i = 0; i < ROUNDS; i++) {
        if ((i + me) % 5 == 0) {
            broken |= pthread_rwlock_wrlock(&rw) != 0;
            broken |= __atomic_fetch_add(&writers, 1, __ATOMIC_SEQ_CST) != 0 || readers != 0;
            written++;
            __atomic_fetch_sub(&writers, 1, __ATOMIC_SEQ_CST);
        } else {
            broken |= pthread_rwlock_rdlock(&rw) != 0;
            int n = __atomic_add_fetch(&readers, 1, __ATOMIC_SEQ_CST);
            most = n > most ? n : most;
            broken |= writers != 0;
            __atomic_fetch_sub(&readers, 1, __ATOMIC_SEQ_CST);
        }
        broken |= pthread_rwlock_unlock(&rw) != 0;
    }
    return NULL;
}
TEST(rwlock_excludes)
{
    pthread_t t[THREADS];
    for (long i = 0; i < THREADS; i++)
        REQUIRE(pthread_create(&t[i], NULL, read_and_write, (void *)i) == 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(t[i], NULL);
    CHECK(!broken);
    CHECK_EQ(written, THREADS * ROUNDS / 5);
}

static void *try_both(void *argument)
{
    int *r = argument;
    struct timespec end = in(CLOCK_REALTIME, 40);
    r[0] = pthread_rwlock_tryrdlock(&rw);
    if (r[0] == 0)
        pthread_rwlock_unlock(&rw);
    r[1] = pthread_rwlock_trywrlock(&rw);
    if (r[1] == 0)
        pthread_rwlock_unlock(&rw);
    r[2] = pthread_rwlock_timedwrlock(&rw, &end);
    r[3] = pthread_rwlock_timedrdlock(&rw, &end);
    if (r[3] == 0)
        pthread_rwlock_unlock(&rw);
    return NULL;
}
TEST(rwlock_tries)
{
    int r[4];
    pthread_t t;
    CHECK_EQ(pthread_rwlock_rdlock(&rw), 0);
    REQUIRE(pthread_create(&t, NULL, try_both, r) == 0);
    pthread_join(t, NULL);
    CHECK_EQ(r[0], 0);
    CHECK_EQ(r[1], EBUSY);
    CHECK_EQ(r[2], ETIMEDOUT);
    CHECK_EQ(r[3], 0);
    CHECK_EQ(pthread_rwlock_unlock(&rw), 0);
    CHECK_EQ(pthread_rwlock_wrlock(&rw), 0);
    REQUIRE(pthread_create(&t, NULL, try_both, r) == 0);
    pthread_join(t, NULL);
    CHECK_EQ(r[0], EBUSY);
    CHECK_EQ(r[1], EBUSY);
    CHECK_EQ(r[2], ETIMEDOUT);
    CHECK_EQ(r[3], ETIMEDOUT);
    CHECK_EQ(pthread_rwlock_unlock(&rw), 0);
    CHECK_EQ(pthread_rwlock_destroy(&rw), 0);
}

static pthread_barrier_t barrier;
static volatile int serial, phase[ROUNDS];
static void *meet(void *argument)
{
    (void)argument;
    for (int i = 0; i < ROUNDS / 10; i++) {
        __atomic_fetch_add(&phase[i], 1, __ATOMIC_SEQ_CST);
        int r = pthread_barrier_wait(&barrier);
        if (r == PTHREAD_BARRIER_SERIAL_THREAD)
            __atomic_fetch_add(&serial, 1, __ATOMIC_SEQ_CST);
        else
            broken |= r != 0;
        broken |= phase[i] != THREADS;
    }
    return NULL;
}
TEST(barrier_rounds)
{
    pthread_t t[THREADS];
    CHECK_EQ(pthread_barrier_init(&barrier, NULL, 0), EINVAL);
    CHECK_EQ(pthread_barrier_init(&barrier, NULL, THREADS), 0);
    for (int i = 0; i < THREADS; i++)
        REQUIRE(pthread_create(&t[i], NULL, meet, NULL) == 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(t[i], NULL);
    CHECK(!broken);
    CHECK_EQ(serial, ROUNDS / 10);
    CHECK_EQ(pthread_barrier_destroy(&barrier), 0);
}

static pthread_spinlock_t spin;
static void *spinner(void *argument)
{
    for (int i = 0; i < ROUNDS; i++) {
        pthread_spin_lock(&spin);
        ++*(volatile long *)argument;
        pthread_spin_unlock(&spin);
    }
    return NULL;
}
TEST(spinlock_excludes)
{
    pthread_t t[2];
    long count = 0;
    CHECK_EQ(pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE), 0);
    for (int i = 0; i < 2; i++)
        REQUIRE(pthread_create(&t[i], NULL, spinner, &count) == 0);
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    CHECK_EQ(count, 2 * ROUNDS);
    CHECK_EQ(pthread_spin_lock(&spin), 0);
    CHECK_EQ(pthread_spin_trylock(&spin), EBUSY);
}

static sem_t *there, *back;
static void *bounce(void *argument)
{
    for (int i = 0; i < ROUNDS; i++) {
        while (sem_wait(there) != 0)
            ;
        sem_post(back);
    }
    return argument;
}
static void ping(void)
{
    for (int i = 0; i < ROUNDS; i++) {
        CHECK_EQ(sem_post(there), 0);
        CHECK_EQ(sem_wait(back), 0);
    }
}
TEST(semaphore)
{
    sem_t a, b;
    pthread_t t;
    int value = -1;
    there = &a;
    back = &b;
    CHECK_EQ(sem_init(&a, 0, 0), 0);
    CHECK_EQ(sem_init(&b, 0, 2), 0);
    CHECK_EQ(sem_getvalue(&b, &value), 0);
    CHECK_EQ(value, 2);
    CHECK_EQ(sem_wait(&b), 0);
    CHECK_EQ(sem_trywait(&b), 0);
    CHECK_ERRNO(sem_trywait(&b), EAGAIN);
    REQUIRE(pthread_create(&t, NULL, bounce, NULL) == 0);
    ping();
    pthread_join(t, NULL);
    CHECK_EQ(sem_destroy(&a), 0);
}
TEST(semaphore_times_out)
{
    sem_t s;
    struct timespec began = in(CLOCK_REALTIME, 0), end = in(CLOCK_REALTIME, 60), bad = {0, 1000000000};
    CHECK_EQ(sem_init(&s, 0, 0), 0);
    CHECK_ERRNO(sem_timedwait(&s, &end), ETIMEDOUT);
    CHECK(since(CLOCK_REALTIME, began) >= 59);
    CHECK_ERRNO(sem_timedwait(&s, &bad), EINVAL);
    CHECK_EQ(sem_post(&s), 0);
    CHECK_EQ(sem_timedwait(&s, &began), 0);
#if __FreeBSD_version >= 1200000
    struct timespec left = {9, 9}, span = {0, 50000000};
    CHECK_ERRNO(sem_clockwait_np(&s, CLOCK_MONOTONIC, 0, &span, &left), ETIMEDOUT);
    end = in(CLOCK_MONOTONIC, 50);
    CHECK_ERRNO(sem_clockwait_np(&s, CLOCK_MONOTONIC, TIMER_ABSTIME, &end, NULL), ETIMEDOUT);
#endif
}
static void on_alarm(int signo)
{
    (void)signo;
}
TEST(semaphore_is_interrupted)
{
    sem_t s;
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_alarm;
    sigaction(SIGALRM, &action, NULL);
    CHECK_EQ(sem_init(&s, 0, 0), 0);
    ualarm(50000, 0);
    CHECK_ERRNO(sem_wait(&s), EINTR);
}
static void ponger(void)
{
    bounce(NULL);
}
TEST(semaphore_between_processes)
{
    sem_t *both = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_ANON | MAP_SHARED, -1, 0);
    REQUIRE(both != MAP_FAILED);
    there = both;
    back = both + 1;
    CHECK_EQ(sem_init(there, 1, 0), 0);
    CHECK_EQ(sem_init(back, 1, 0), 0);
    pid_t pid = fork();
    if (pid == 0) {
        ping();
        _exit(check_failed);
    }
    ponger();
    int status = -1;
    waitpid(pid, &status, 0);
    CHECK_EQ(status, 0);
}
TEST(named_semaphore)
{
    char name[64];
    snprintf(name, sizeof name, "/dragoman-%d", (int)getpid());
    sem_unlink(name);
    CHECK_EQ(sem_open(name, 0) == SEM_FAILED ? errno : 0, ENOENT);
    sem_t *s = sem_open(name, O_CREAT | O_EXCL, 0600, 1);
    REQUIRE(s != SEM_FAILED);
    CHECK_EQ(sem_open(name, O_CREAT | O_EXCL, 0600, 1) == SEM_FAILED ? errno : 0, EEXIST);
    CHECK(sem_open(name, 0) == s); /* one address for one name */
    CHECK_EQ(sem_close(s), 0);
    pid_t pid = fork();
    if (pid == 0) {
        sem_t *mine = sem_open(name, 0);
        _exit(mine == SEM_FAILED || sem_wait(mine) != 0 || sem_trywait(mine) == 0 || sem_post(mine) != 0 ||
              sem_post(mine) != 0);
    }
    int status = -1, value = -1;
    waitpid(pid, &status, 0);
    CHECK_EQ(status, 0);
    CHECK_EQ(sem_getvalue(s, &value), 0);
    CHECK_EQ(value, 2);
    CHECK_EQ(sem_close(s), 0);
    CHECK_EQ(sem_unlink(name), 0);
    CHECK_ERRNO(sem_unlink(name), ENOENT);
}
