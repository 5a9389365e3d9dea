/* Threads and signals, and threads that are suspended. pthread_kill(3), sigwait(3), pthread_suspend_np(3). */
#include <pthread.h>
#include <pthread_np.h>

#include "check.h"

#include <sched.h>

static volatile int ready, go, count;

static void *add_one(void *argument)
{
    __atomic_fetch_add(&count, 1, __ATOMIC_SEQ_CST);
    return argument;
}

static void *wait_for_go(void *argument)
{
    __atomic_fetch_add(&ready, 1, __ATOMIC_SEQ_CST);
    while (!go)
        check_sleep(10);
    return argument;
}

static volatile int got[129];
static volatile pthread_t got_by;
static void handler(int signo)
{
    got_by = pthread_self();
    got[signo] = 1;
}
static void catch (int signo)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    CHECK_EQ(sigaction(signo, &action, NULL), 0);
}
TEST(kill_reaches_the_thread)
{
    pthread_t t;
    catch (SIGUSR1);
    catch (SIGRTMIN + 3);
    REQUIRE(pthread_create(&t, NULL, wait_for_go, NULL) == 0);
    REQUIRE(check_await(&ready, 1));
    CHECK_EQ(pthread_kill(t, 0), 0);
    CHECK_EQ(pthread_kill(t, 1000), EINVAL);
    CHECK_EQ(pthread_kill(t, SIGUSR1), 0);
    CHECK(check_await(&got[SIGUSR1], 1));
    CHECK(got_by == t);
    CHECK_EQ(pthread_kill(t, SIGRTMIN + 3), 0);
    CHECK(check_await(&got[SIGRTMIN + 3], 1));
    CHECK(got_by == t);
    go = 1;
    pthread_join(t, NULL);
}

static void *take_signals(void *argument)
{
    sigset_t *set = argument;
    for (;;) {
        int signo = 0;
        CHECK_EQ(sigwait(set, &signo), 0);
        if (signo == SIGTERM)
            return NULL;
        __atomic_fetch_add(&count, 1, __ATOMIC_SEQ_CST);
    }
}
TEST(sigwait_in_a_thread)
{
    pthread_t t;
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    sigaddset(&set, SIGTERM);
    CHECK_EQ(pthread_sigmask(SIG_BLOCK, &set, NULL), 0);
    REQUIRE(pthread_create(&t, NULL, take_signals, &set) == 0);
    for (int i = 1; i <= 20; i++) {
        CHECK_EQ(kill(getpid(), SIGUSR2), 0);
        REQUIRE(check_await(&count, i));
    }
    kill(getpid(), SIGTERM);
    CHECK_EQ(pthread_join(t, NULL), 0);
}

static void *tell_mask(void *argument)
{
    CHECK_EQ(pthread_sigmask(SIG_SETMASK, NULL, argument), 0);
    return NULL;
}
TEST(masks_are_inherited_and_own)
{
    pthread_t t;
    sigset_t set, seen;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGRTMAX);
    CHECK_EQ(pthread_sigmask(SIG_SETMASK, &set, NULL), 0);
    REQUIRE(pthread_create(&t, NULL, tell_mask, &seen) == 0);
    pthread_join(t, NULL);
    CHECK(memcmp(&set, &seen, sizeof set) == 0);
}

static volatile long turns[3];
static void *turning(void *argument)
{
    volatile long *mine = argument;
    __atomic_fetch_add(&ready, 1, __ATOMIC_SEQ_CST);
    while (!go) {
        ++*mine;
        if (*mine % 1000 == 0)
            sched_yield();
    }
    return NULL;
}
/* Whether the counter stands still. */
static int stands(volatile long *n)
{
    long before = *n;
    check_sleep(50);
    return *n == before;
}
static int moves(volatile long *n)
{
    long before = *n;
    for (int i = 0; i < 1000 && *n == before; i++)
        check_sleep(10);
    return *n != before;
}
TEST(suspend_and_resume)
{
    pthread_t t[3];
    for (int i = 0; i < 3; i++)
        REQUIRE(pthread_create(&t[i], NULL, turning, (void *)&turns[i]) == 0);
    REQUIRE(check_await(&ready, 3));
    CHECK(moves(&turns[0]));
    for (int i = 0; i < 20; i++) {
        CHECK_EQ(pthread_suspend_np(t[0]), 0);
        CHECK(stands(&turns[0]));
        CHECK_EQ(pthread_resume_np(t[0]), 0);
        CHECK(moves(&turns[0]));
    }
    pthread_suspend_all_np();
    CHECK(stands(&turns[0]) && stands(&turns[1]) && stands(&turns[2]));
    pthread_resume_all_np();
    CHECK(moves(&turns[0]) && moves(&turns[1]) && moves(&turns[2]));
    go = 1;
    for (int i = 0; i < 3; i++)
        pthread_join(t[i], NULL);
}
TEST(created_suspended)
{
    pthread_attr_t a;
    pthread_t t;
    REQUIRE(pthread_attr_init(&a) == 0);
    CHECK_EQ(pthread_attr_setcreatesuspend_np(&a), 0);
    REQUIRE(pthread_create(&t, &a, add_one, NULL) == 0);
    check_sleep(100);
    CHECK_EQ(count, 0);
    CHECK_EQ(pthread_resume_np(t), 0);
    CHECK_EQ(pthread_join(t, NULL), 0);
    CHECK_EQ(count, 1);
}
