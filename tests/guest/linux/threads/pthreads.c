/*
 * Threads as libc makes them: create, join, cancel, thread-local storage, mutexes of each kind, condition variables,
 * barriers, read-write locks, semaphores, robust and priority-inheriting mutexes across processes.
 */
#include "conf.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

static __thread int local = 7;
static __thread char big_local[5000] = "thread-local";
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static volatile int counter;

static void *square(void *argument)
{
    intptr_t value = (intptr_t)argument;

    if (local != 7 || strcmp(big_local, "thread-local") != 0)
        return (void *)-1;
    local = (int)value;
    big_local[4999] = (char)value;
    sched_yield();
    return local == value && big_local[4999] == (char)value ? (void *)(value * value) : (void *)-2;
}

TEST(create_and_join)
{
    pthread_t threads[20];
    intptr_t sum = 0;

    for (int i = 0; i < 20; i++)
        pthread_create(&threads[i], NULL, square, (void *)(intptr_t)i);
    for (int i = 0; i < 20; i++) {
        void *result;

        pthread_join(threads[i], &result);
        sum += (intptr_t)result;
    }
    DEC(sum);
    DEC(local);
    RET(pthread_create(&threads[0], NULL, square, (void *)3));
    RET(pthread_detach(threads[0]));
    RET(pthread_join(pthread_self(), NULL));
}

static void *add(void *argument)
{
    for (int i = 0; i < 20000; i++) {
        pthread_mutex_lock(argument);
        counter++;
        pthread_mutex_unlock(argument);
    }
    return NULL;
}

static void count_with(const char *what, int kind, int protocol)
{
    pthread_mutexattr_t attributes;
    pthread_mutex_t mutex;
    pthread_t threads[4];

    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, kind);
    pthread_mutexattr_setprotocol(&attributes, protocol);
    pthread_mutex_init(&mutex, &attributes);
    counter = 0;
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, add, &mutex);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    say("%s: %d", what, counter);
    pthread_mutex_lock(&mutex);
    struct timespec past = {1, 0};

    if (kind != PTHREAD_MUTEX_RECURSIVE)
        RET(pthread_mutex_timedlock(&mutex, &past));
    RET(pthread_mutex_trylock(&mutex));
    RET(pthread_mutex_unlock(&mutex));
    if (kind == PTHREAD_MUTEX_ERRORCHECK)
        RET(pthread_mutex_unlock(&mutex));
}

TEST(mutexes)
{
    count_with("plain", PTHREAD_MUTEX_NORMAL, PTHREAD_PRIO_NONE);
    count_with("recursive", PTHREAD_MUTEX_RECURSIVE, PTHREAD_PRIO_NONE);
    count_with("checking", PTHREAD_MUTEX_ERRORCHECK, PTHREAD_PRIO_NONE);
    count_with("adaptive", PTHREAD_MUTEX_ADAPTIVE_NP, PTHREAD_PRIO_NONE);
    count_with("inheriting", PTHREAD_MUTEX_NORMAL, PTHREAD_PRIO_INHERIT);
}

static void *ping(void *argument)
{
    int mine = (int)(intptr_t)argument;

    pthread_mutex_lock(&lock);
    while (counter < 2000) {
        if (counter % 2 == mine) {
            counter++;
            pthread_cond_broadcast(&changed);
        } else {
            pthread_cond_wait(&changed, &lock);
        }
    }
    pthread_mutex_unlock(&lock);
    return NULL;
}

TEST(conditions)
{
    pthread_t threads[2];
    struct timespec until;
    pthread_condattr_t attributes;
    pthread_cond_t monotonic;

    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, ping, (void *)(intptr_t)i);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    DEC(counter);
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += 20000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&lock);
    RET(pthread_cond_timedwait(&changed, &lock, &until));
    until.tv_nsec = -1;
    RET(pthread_cond_timedwait(&changed, &lock, &until));
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&monotonic, &attributes);
    clock_gettime(CLOCK_MONOTONIC, &until);
    RET(pthread_cond_timedwait(&monotonic, &lock, &until));
}

static pthread_barrier_t barrier;

static void *meet(void *argument)
{
    intptr_t serial = 0;

    (void)argument;
    for (int i = 0; i < 50; i++)
        serial += pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD;
    return (void *)serial;
}

TEST(barriers)
{
    pthread_t threads[5];
    intptr_t total = 0;

    RET(pthread_barrier_init(&barrier, NULL, 5));
    for (int i = 0; i < 5; i++)
        pthread_create(&threads[i], NULL, meet, NULL);
    for (int i = 0; i < 5; i++) {
        void *result;

        pthread_join(threads[i], &result);
        total += (intptr_t)result;
    }
    DEC(total);
}

static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static sem_t semaphore;

static void *read_and_write(void *argument)
{
    for (int i = 0; i < 2000; i++) {
        if (i % 5 == 0) {
            pthread_rwlock_wrlock(&rwlock);
            counter++;
        } else {
            pthread_rwlock_rdlock(&rwlock);
        }
        pthread_rwlock_unlock(&rwlock);
        sem_post(&semaphore);
    }
    return argument;
}

TEST(other_locks)
{
    pthread_t threads[3];
    struct timespec past = {1, 0};
    int value;

    counter = 0;
    CALL(sem_init(&semaphore, 0, 0));
    for (int i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, read_and_write, NULL);
    for (int i = 0; i < 6000; i++)
        sem_wait(&semaphore);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    DEC(counter);
    CALL(sem_getvalue(&semaphore, &value));
    DEC(value);
    CALL(sem_trywait(&semaphore));
    CALL(sem_timedwait(&semaphore, &past));
    RET(pthread_rwlock_wrlock(&rwlock));
    RET(pthread_rwlock_tryrdlock(&rwlock));
    RET(pthread_rwlock_timedrdlock(&rwlock, &past));
    sem_t *named = sem_open("/dragoman-conformance", O_CREAT, 0600, 2);

    DEC(named != SEM_FAILED);
    CALL(sem_wait(named));
    CALL(sem_getvalue(named, &value));
    DEC(value);
    CALL(sem_unlink("/dragoman-conformance"));
    CALL(sem_unlink("/dragoman-conformance"));
}

static void post(void *argument)
{
    sem_post(argument);
}

static void *wait_for_ever(void *argument)
{
    pthread_cleanup_push(post, argument);
    for (;;)
        pause();
    pthread_cleanup_pop(0);
    return NULL;
}

static void *compute_for_ever(void *argument)
{
    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
    sem_post(argument);
    for (volatile unsigned n = 0;; n++)
        ;
    return NULL;
}

TEST(cancelling)
{
    pthread_t thread;
    void *result;
    int value;

    sem_init(&semaphore, 0, 0);
    pthread_create(&thread, NULL, wait_for_ever, &semaphore);
    conf_sleep(20);
    RET(pthread_cancel(thread));
    RET(pthread_join(thread, &result));
    DEC(result == PTHREAD_CANCELED);
    sem_getvalue(&semaphore, &value);
    DEC(value);
    sem_init(&semaphore, 0, 0);
    pthread_create(&thread, NULL, compute_for_ever, &semaphore);
    sem_wait(&semaphore);
    RET(pthread_cancel(thread));
    RET(pthread_join(thread, &result));
    DEC(result == PTHREAD_CANCELED);
}

static pthread_key_t key;
static volatile int destroyed;

static void destroy(void *value)
{
    destroyed += (int)(intptr_t)value;
}

static void *use_key(void *argument)
{
    pthread_setspecific(key, argument);
    return pthread_getspecific(key);
}

TEST(keys)
{
    pthread_t threads[3];

    RET(pthread_key_create(&key, destroy));
    for (int i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, use_key, (void *)(intptr_t)(i + 1));
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    DEC(destroyed);
}

struct shared {
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    int value;
};

TEST(between_processes)
{
    struct shared *s = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pthread_mutexattr_t attributes;
    pthread_condattr_t of_condition;

    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    RET(pthread_mutex_init(&s->mutex, &attributes));
    pthread_condattr_init(&of_condition);
    pthread_condattr_setpshared(&of_condition, PTHREAD_PROCESS_SHARED);
    pthread_cond_init(&s->cond, &of_condition);
    pid_t child = fork();

    if (child == 0) {
        pthread_mutex_lock(&s->mutex);
        s->value = 1;
        pthread_cond_signal(&s->cond);
        while (s->value != 2)
            pthread_cond_wait(&s->cond, &s->mutex);
        s->value = 3;
        /* Dies with the lock held. */
        _exit(0);
    }
    pthread_mutex_lock(&s->mutex);
    while (s->value != 1)
        pthread_cond_wait(&s->cond, &s->mutex);
    s->value = 2;
    pthread_cond_signal(&s->cond);
    pthread_mutex_unlock(&s->mutex);
    ended("child", child);
    RET(pthread_mutex_lock(&s->mutex));
    DEC(s->value);
    RET(pthread_mutex_consistent(&s->mutex));
    RET(pthread_mutex_unlock(&s->mutex));
    RET(pthread_mutex_lock(&s->mutex));
}

static void *die_with(void *mutex)
{
    pthread_mutex_lock(mutex);
    return NULL;
}

TEST(robust_in_a_thread)
{
    pthread_mutexattr_t attributes;
    pthread_mutex_t mutex;
    pthread_t thread;

    for (int protocol = PTHREAD_PRIO_NONE; protocol <= PTHREAD_PRIO_INHERIT; protocol++) {
        pthread_mutexattr_init(&attributes);
        pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
        pthread_mutexattr_setprotocol(&attributes, protocol);
        pthread_mutex_init(&mutex, &attributes);
        pthread_create(&thread, NULL, die_with, &mutex);
        pthread_join(thread, NULL);
        RET(pthread_mutex_lock(&mutex));
        RET(pthread_mutex_unlock(&mutex));
        RET(pthread_mutex_lock(&mutex));
    }
}

static volatile sig_atomic_t thread_signals;
static pthread_t expected_thread;

static void in_thread(int signal)
{
    (void)signal;
    thread_signals += pthread_equal(pthread_self(), expected_thread) ? 1 : 100;
}

static void *wait_for_signals(void *argument)
{
    while (thread_signals < 3)
        conf_sleep(1);
    return argument;
}

TEST(signals_to_threads)
{
    conf_handle(SIGUSR1, in_thread, 0);
    pthread_create(&expected_thread, NULL, wait_for_signals, NULL);
    for (int i = 1; i <= 3; i++) {
        pthread_kill(expected_thread, SIGUSR1);
        while (thread_signals < i)
            conf_sleep(1);
    }
    pthread_join(expected_thread, NULL);
    DEC(thread_signals);
    RET(pthread_kill(pthread_self(), 0));
    RET(pthread_kill(pthread_self(), 99));
}

static void *fork_here(void *argument)
{
    (void)argument;
    local = 55;
    pid_t child = fork();

    if (child == 0)
        _exit(local == 55 && getpid() == syscall(SYS_gettid) ? 44 : 1);
    ended("a thread's child", child);
    return NULL;
}

TEST(fork_in_a_thread)
{
    pthread_t thread;

    pthread_create(&thread, NULL, fork_here, NULL);
    pthread_join(thread, NULL);
}

static volatile int changing;

static void *change_an_action(void *argument)
{
    while (changing) {
        signal(SIGPIPE, SIG_IGN);
        signal(SIGPIPE, SIG_DFL);
    }
    return argument;
}

/* A vfork's child has the actions of one moment, whatever other threads of its parent's make of theirs meanwhile. */
TEST(vfork_beside_changes)
{
    pthread_t thread;
    int died = 0;

    changing = 1;
    pthread_create(&thread, NULL, change_an_action, NULL);
    for (int i = 0; i < 200; i++) {
        int status;
        pid_t child = vfork();

        if (child == 0) {
            signal(SIGPIPE, SIG_DFL);
            kill(getpid(), SIGPIPE);
            _exit(1);
        }
        waitpid(child, &status, 0);
        died += WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE;
    }
    changing = 0;
    pthread_join(thread, NULL);
    DEC(died);
}

static void *exit_here(void *argument)
{
    (void)argument;
    _exit(21);
}

static void *die_here(void *argument)
{
    (void)argument;
    *(volatile int *)16 = 0;
    return NULL;
}

TEST(the_end_of_all)
{
    void *(*const ends[])(void *) = {exit_here, die_here};
    pthread_t thread;

    for (int i = 0; i < 2; i++) {
        pid_t child = fork();

        if (child == 0) {
            pthread_create(&thread, NULL, ends[i], NULL);
            for (;;)
                pause();
        }
        ended("a process whose thread ends it", child);
    }
    pid_t child = fork();

    if (child == 0) {
        pthread_create(&thread, NULL, exit_here, NULL);
        pthread_exit(NULL);
    }
    ended("a process whose first thread ends before", child);
}

static volatile int on_its_stack;

static void *small_stack(void *argument)
{
    pthread_attr_t attributes;
    size_t size = 0;
    void *base = NULL;
    char here;

    pthread_getattr_np(pthread_self(), &attributes);
    pthread_attr_getstack(&attributes, &base, &size);
    on_its_stack += &here >= (char *)base && &here < (char *)base + size;
    return argument;
}

TEST(stacks)
{
    pthread_attr_t attributes;
    pthread_t thread;
    size_t size;

    pthread_attr_init(&attributes);
    RET(pthread_attr_setstacksize(&attributes, 65536));
    RET(pthread_attr_setguardsize(&attributes, 4096));
    RET(pthread_create(&thread, &attributes, small_stack, NULL));
    RET(pthread_join(thread, NULL));
    RET(pthread_attr_setstack(
        &attributes, mmap(NULL, 1 << 18, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 1 << 18));
    RET(pthread_create(&thread, &attributes, small_stack, NULL));
    RET(pthread_join(thread, NULL));
    DEC(on_its_stack);
    RET(pthread_attr_setstacksize(&attributes, 10));
    RET(pthread_getattr_np(pthread_self(), &attributes));
    pthread_attr_getstacksize(&attributes, &size);
    DEC(size > 100000);
}
