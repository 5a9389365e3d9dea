/* Threads themselves: attributes, stacks, names, data of their own, fork. pthread(3). */
#include <pthread.h>
#include <pthread_np.h>

#include "check.h"

#include <sched.h>
#include <sys/cpuset.h>
#include <sys/mman.h>
#include <sys/param.h>
#include <sys/resource.h>
#include <sys/thr.h>

static volatile int ready, go, count;

static void *add_one(void *argument)
{
    __atomic_fetch_add(&count, 1, __ATOMIC_SEQ_CST);
    return argument;
}

TEST(many_one_after_another)
{
    for (long i = 0; i < 2000; i++) {
        pthread_t t;
        void *result = NULL;
        REQUIRE(pthread_create(&t, NULL, add_one, (void *)i) == 0);
        REQUIRE(pthread_join(t, &result) == 0);
        CHECK((long)result == i);
    }
    CHECK_EQ(count, 2000);
}

static void *wait_for_go(void *argument)
{
    __atomic_fetch_add(&ready, 1, __ATOMIC_SEQ_CST);
    while (!go)
        check_sleep(10);
    return argument;
}

TEST(many_at_once)
{
    pthread_t t[200];
    for (int i = 0; i < 200; i++)
        REQUIRE(pthread_create(&t[i], NULL, wait_for_go, NULL) == 0);
    CHECK(check_await(&ready, 200));
    go = 1;
    for (int i = 0; i < 200; i++)
        CHECK_EQ(pthread_join(t[i], NULL), 0);
}

TEST(detached)
{
    pthread_attr_t a;
    pthread_t t;
    REQUIRE(pthread_attr_init(&a) == 0);
    CHECK_EQ(pthread_attr_setdetachstate(&a, PTHREAD_CREATE_DETACHED), 0);
    for (int i = 0; i < 100; i++)
        REQUIRE(pthread_create(&t, &a, add_one, NULL) == 0);
    CHECK(check_await(&count, 100));
    REQUIRE(pthread_create(&t, NULL, wait_for_go, NULL) == 0);
    CHECK_EQ(pthread_detach(t), 0);
    CHECK_EQ(pthread_detach(t), EINVAL);
    CHECK_EQ(pthread_join(t, NULL), EINVAL);
}

TEST(join_times_out)
{
    pthread_t t;
    struct timespec end;
    REQUIRE(pthread_create(&t, NULL, wait_for_go, (void *)7) == 0);
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_nsec += 30000000;
    end.tv_sec += end.tv_nsec / 1000000000;
    end.tv_nsec %= 1000000000;
    CHECK_EQ(pthread_timedjoin_np(t, NULL, &end), ETIMEDOUT);
    CHECK_EQ(pthread_join(pthread_self(), NULL), EDEADLK);
    go = 1;
    void *result = NULL;
    CHECK_EQ(pthread_join(t, &result), 0);
    CHECK(result == (void *)7);
}

static void on_overflow(int signo, siginfo_t *info, void *context)
{
    (void)context;
    _exit(signo == SIGSEGV && info->si_addr != NULL ? 42 : 43);
}
static __attribute__((noinline)) int recurse(int n)
{
    volatile char room[1024];
    room[0] = (char)n;
    return recurse(n + 1) + room[0];
}
static void *overflow(void *argument)
{
    static char alternate[65536];
    stack_t s = {.ss_sp = alternate, .ss_size = sizeof alternate};
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = on_overflow;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigaltstack(&s, NULL);
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
    recurse(0);
    return argument;
}
static void thread_overflows(void)
{
    pthread_t t;
    pthread_create(&t, NULL, overflow, NULL);
    pthread_join(t, NULL);
}
static void main_overflows(void)
{
    struct rlimit limit = {1 << 20, 1 << 20};
    setrlimit(RLIMIT_STACK, &limit);
    overflow(NULL);
}
TEST(overflow_hits_the_guard)
{
    CHECK_EQ(check_child(thread_overflows), 42 << 8);
}
TEST(main_stack_has_an_end)
{
    CHECK_EQ(check_child(main_overflows), 42 << 8);
}

static void *stack_of_own(void *argument)
{
    pthread_attr_t a;
    void *base = NULL;
    size_t size = 0, guard = 0;
    char here;
    CHECK_EQ(pthread_attr_init(&a), 0);
    CHECK_EQ(pthread_attr_get_np(pthread_self(), &a), 0);
    CHECK_EQ(pthread_attr_getstack(&a, &base, &size), 0);
    CHECK_EQ(pthread_attr_getguardsize(&a, &guard), 0);
    CHECK(&here >= (char *)base && &here < (char *)base + size);
    memset(base, 1, 4096); /* all of it is there */
    *(size_t *)argument = size;
    pthread_attr_destroy(&a);
    return base;
}
TEST(stack_sizes)
{
    pthread_attr_t a;
    pthread_t t;
    size_t size = 0;
    void *base = NULL;
    REQUIRE(pthread_attr_init(&a) == 0);
    CHECK_EQ(pthread_attr_setstacksize(&a, 1), EINVAL);
    CHECK_EQ(pthread_attr_setstacksize(&a, 256 << 10), 0);
    CHECK_EQ(pthread_attr_setguardsize(&a, 16384), 0);
    REQUIRE(pthread_create(&t, &a, stack_of_own, &size) == 0);
    pthread_join(t, &base);
    CHECK_EQ(size, 256 << 10);
    char *own = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_ANON | MAP_PRIVATE, -1, 0);
    REQUIRE(own != MAP_FAILED);
    CHECK_EQ(pthread_attr_setstack(&a, own, 1 << 20), 0);
    REQUIRE(pthread_create(&t, &a, stack_of_own, &size) == 0);
    pthread_join(t, &base);
    CHECK(base == own);
    CHECK_EQ(size, 1 << 20);
    stack_of_own(&size); /* and the first thread's */
}

static pthread_key_t key;
static int destroyed;
static void destroy(void *value)
{
    destroyed++;
    if ((long)value < 3)
        pthread_setspecific(key, (void *)((long)value + 1));
}
static void *use_key(void *argument)
{
    CHECK(pthread_getspecific(key) == NULL);
    CHECK_EQ(pthread_setspecific(key, (void *)1), 0);
    return argument;
}
TEST(specific_data)
{
    pthread_t t;
    pthread_key_t more;
    int n = 0;
    CHECK_EQ(pthread_key_create(&key, destroy), 0);
    pthread_setspecific(key, (void *)5);
    REQUIRE(pthread_create(&t, NULL, use_key, NULL) == 0);
    pthread_join(t, NULL);
    CHECK_EQ(destroyed, 3);
    CHECK(pthread_getspecific(key) == (void *)5);
    while (pthread_key_create(&more, NULL) == 0 && n < 10000)
        n++;
    CHECK(n > 100 && n <= PTHREAD_KEYS_MAX);
    CHECK_EQ(pthread_key_create(&more, NULL), EAGAIN);
    CHECK_EQ(pthread_key_delete(key), 0);
    CHECK_EQ(pthread_key_delete(key), EINVAL);
}

static __thread int own = 5;
static __thread char zero[10000];
static void *own_variable(void *argument)
{
    CHECK_EQ(own, 5);
    own = (int)(long)argument;
    for (unsigned i = 0; i < sizeof zero; i++)
        if (zero[i] != 0)
            CHECK_EQ(i, -1);
    memset(zero, 1, sizeof zero);
    errno = own;
    sched_yield();
    CHECK_EQ(errno, own);
    return (void *)&own;
}
TEST(thread_variables)
{
    pthread_t t[8];
    for (long i = 0; i < 8; i++)
        REQUIRE(pthread_create(&t[i], NULL, own_variable, (void *)(i + 10)) == 0);
    for (int i = 0; i < 8; i++)
        pthread_join(t[i], NULL);
    CHECK_EQ(own, 5);
}

static pthread_once_t once = PTHREAD_ONCE_INIT;
static void once_only(void)
{
    check_sleep(50);
    count++;
}
static void *call_once(void *argument)
{
    pthread_once(&once, once_only);
    CHECK_EQ(count, 1);
    return argument;
}
TEST(once)
{
    pthread_t t[8];
    for (int i = 0; i < 8; i++)
        REQUIRE(pthread_create(&t[i], NULL, call_once, NULL) == 0);
    for (int i = 0; i < 8; i++)
        pthread_join(t[i], NULL);
    CHECK_EQ(count, 1);
}

static char order[16];
static void note(char c)
{
    order[strlen(order)] = c;
}
static void prepare1(void)
{
    note('1');
}
static void prepare2(void)
{
    note('2');
}
static void parent1(void)
{
    note('p');
}
static void parent2(void)
{
    note('q');
}
static void child1(void)
{
    note('c');
}
static void child2(void)
{
    note('d');
}
static void *allocate(void *argument)
{
    while (!go)
        free(malloc(1000));
    return argument;
}
TEST(fork_in_a_threaded_program)
{
    pthread_t t[3];
    CHECK_EQ(pthread_atfork(prepare1, parent1, child1), 0);
    CHECK_EQ(pthread_atfork(prepare2, parent2, child2), 0);
    for (int i = 0; i < 3; i++)
        REQUIRE(pthread_create(&t[i], NULL, allocate, NULL) == 0);
    for (int i = 0; i < 30; i++) {
        memset(order, 0, sizeof order);
        pid_t pid = fork();
        if (pid == 0) {
            pthread_t own_thread;
            CHECK_STR(order, "21cd");
            go = 1;
            free(malloc(5000));
            CHECK_EQ(pthread_create(&own_thread, NULL, allocate, NULL), 0);
            CHECK_EQ(pthread_join(own_thread, NULL), 0);
            _exit(check_failed);
        }
        int status = -1;
        CHECK_STR(order, "21pq");
        CHECK_EQ(waitpid(pid, &status, 0), pid);
        CHECK_EQ(status, 0);
    }
    go = 1;
    for (int i = 0; i < 3; i++)
        pthread_join(t[i], NULL);
}

/* The thread is the child's only one, and can have others. */
static void *thread_forks(void *argument)
{
    pid_t pid = fork();
    int status = -1;
    if (pid == 0) {
        pthread_t t;
        if (pthread_create(&t, NULL, add_one, NULL) != 0 || pthread_join(t, NULL) != 0)
            _exit(4);
        exit(count == 1 ? 3 : 5);
    }
    waitpid(pid, &status, 0);
    *(int *)argument = status;
    return NULL;
}
TEST(fork_by_another_thread)
{
    pthread_t t;
    int status = -1;
    CHECK_EQ(pthread_main_np(), 1);
    REQUIRE(pthread_create(&t, NULL, thread_forks, &status) == 0);
    pthread_join(t, NULL);
    CHECK_EQ(status, 3 << 8);
}

static void *last(void *argument)
{
    check_sleep(100);
    exit(23);
    return argument;
}
static void first_ends(void)
{
    pthread_t t;
    pthread_create(&t, NULL, last, NULL);
    pthread_exit(NULL);
}
static void all_end(void)
{
    pthread_t t;
    pthread_create(&t, NULL, add_one, NULL);
    pthread_exit(NULL);
}
TEST(first_thread_ends_first)
{
    CHECK_EQ(check_child(first_ends), 23 << 8);
}
TEST(last_thread_ends_the_process)
{
    CHECK_EQ(check_child(all_end), 0);
}

TEST(names)
{
    pthread_t t;
    REQUIRE(pthread_create(&t, NULL, wait_for_go, NULL) == 0);
    pthread_set_name_np(t, "worker");
    pthread_set_name_np(pthread_self(), "first");
#if __FreeBSD_version >= 1202000
    char name[32] = "";
    pthread_get_name_np(t, name, sizeof name);
    CHECK_STR(name, "worker");
    CHECK_EQ(pthread_setname_np(t, "another"), 0);
    CHECK_EQ(pthread_getname_np(t, name, sizeof name), 0);
    CHECK_STR(name, "another");
#endif
    CHECK(pthread_getthreadid_np() >= 100000);
    go = 1;
    pthread_join(t, NULL);
}

static void *burn(void *argument)
{
    struct timespec t = {0, 0};
    ready = 1;
    while (!go) {
        CHECK_EQ(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t), 0);
        if (t.tv_nsec > 50000000 || t.tv_sec > 0)
            go = 1;
    }
    check_await(&count, 1);
    return argument;
}
TEST(clock_of_a_thread)
{
    pthread_t t;
    clockid_t clock;
    struct timespec used = {0, 0}, mine = {0, 0};
    REQUIRE(pthread_create(&t, NULL, burn, NULL) == 0);
    REQUIRE(check_await(&go, 1));
    CHECK_EQ(pthread_getcpuclockid(t, &clock), 0);
    CHECK_EQ(clock_gettime(clock, &used), 0);
    CHECK(used.tv_sec > 0 || used.tv_nsec >= 50000000);
    CHECK_EQ(pthread_getcpuclockid(pthread_self(), &clock), 0);
    CHECK_EQ(clock_gettime(clock, &mine), 0);
    CHECK(mine.tv_sec < used.tv_sec || (mine.tv_sec == used.tv_sec && mine.tv_nsec < used.tv_nsec));
    count = 1;
    pthread_join(t, NULL);
}

static void *tell_affinity(void *argument)
{
    CHECK_EQ(pthread_getaffinity_np(pthread_self(), sizeof(cpuset_t), argument), 0);
    return NULL;
}
TEST(affinity)
{
    cpuset_t all, one, seen;
    pthread_attr_t a;
    pthread_t t;
    int first = 0;
    CPU_ZERO(&all);
    CHECK_EQ(pthread_getaffinity_np(pthread_self(), sizeof all, &all), 0);
    while (first < CPU_SETSIZE && !CPU_ISSET(first, &all))
        first++;
    REQUIRE(first < CPU_SETSIZE);
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    REQUIRE(pthread_attr_init(&a) == 0);
    CHECK_EQ(pthread_attr_setaffinity_np(&a, sizeof one, &one), 0);
    REQUIRE(pthread_create(&t, &a, tell_affinity, &seen) == 0);
    pthread_join(t, NULL);
    CHECK(CPU_CMP(&seen, &one) == 0);
    CHECK_EQ(pthread_setaffinity_np(pthread_self(), sizeof one, &one), 0);
    CHECK_EQ(pthread_getaffinity_np(pthread_self(), sizeof seen, &seen), 0);
    CHECK(CPU_CMP(&seen, &one) == 0);
}

TEST(scheduling)
{
    struct sched_param p = {.sched_priority = -1};
    int policy = -1;
    CHECK_EQ(pthread_getschedparam(pthread_self(), &policy, &p), 0);
    CHECK_EQ(policy, SCHED_OTHER);
    CHECK_EQ(pthread_setschedparam(pthread_self(), policy, &p), 0);
    p.sched_priority = sched_get_priority_max(SCHED_FIFO);
    int error = pthread_setschedparam(pthread_self(), SCHED_FIFO, &p);
    CHECK(error == 0 || error == EPERM);
    pthread_yield();
}

#if __FreeBSD_version >= 1301000
TEST(peek_at_an_end)
{
    pthread_t t;
    void *result = NULL;
    REQUIRE(pthread_create(&t, NULL, wait_for_go, (void *)9) == 0);
    CHECK_EQ(pthread_peekjoin_np(t, &result), EBUSY);
    go = 1;
    for (int i = 0; i < 1000 && pthread_peekjoin_np(t, &result) == EBUSY; i++)
        check_sleep(10);
    CHECK(result == (void *)9);
    CHECK_EQ(pthread_join(t, &result), 0);
}
#endif
