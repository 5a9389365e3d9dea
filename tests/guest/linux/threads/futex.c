/*
 * futex(2) and the calls threads are made of: clone(2), set_tid_address(2), robust lists, scheduling.
 */
#include "conf.h"

#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#if defined(__i386__)
#define SYS_futex_own SYS_futex_time64
#else
#define SYS_futex_own SYS_futex
#endif

/* What the kernel takes for a timespec of futex_own, whatever libc's is. */
struct time64 {
    int64_t sec;
    int64_t nsec;
};

static uint32_t word;
static uint32_t second;

static long futex(uint32_t *at, int op, uint32_t value, void *timeout, uint32_t *other, uint32_t value3)
{
    return syscall(SYS_futex_own, at, op, value, timeout, other, value3);
}

TEST(simple)
{
    struct time64 soon = {0, 20000000};
    struct time64 bad = {0, 1000000000};
    struct time64 negative = {-1, 0};

    word = 5;
    CALL(futex(&word, FUTEX_WAIT, 4, NULL, NULL, 0));
    CALL(futex(&word, FUTEX_WAIT, 5, &soon, NULL, 0));
    CALL(futex(&word, FUTEX_WAIT_PRIVATE, 5, &soon, NULL, 0));
    CALL(futex(&word, FUTEX_WAIT, 5, &bad, NULL, 0));
    CALL(futex(&word, FUTEX_WAIT, 5, &negative, NULL, 0));
    CALL(futex(&word, FUTEX_WAIT, 5, WILD, NULL, 0));
    CALL(futex(&word, FUTEX_WAKE, 1, NULL, NULL, 0));
    CALL(futex((uint32_t *)((char *)&word + 1), FUTEX_WAKE, 1, NULL, NULL, 0));
    CALL(futex(WILD, FUTEX_WAIT, 1, NULL, NULL, 0));
    CALL(futex(WILD, FUTEX_WAKE, 1, NULL, NULL, 0));
    CALL(futex(LOW, FUTEX_WAIT, 1, NULL, NULL, 0));
    CALL(futex(&word, FUTEX_WAIT_BITSET, 5, &soon, NULL, 0));
    CALL(futex(&word, FUTEX_WAKE_BITSET, 5, NULL, NULL, 0));
    CALL(futex(&word, FUTEX_WAIT_BITSET, 5, &soon, NULL, 1));
    CALL(futex(&word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 5, &soon, NULL, 1));
    CALL(futex(&word, 99, 0, NULL, NULL, 0));
    CALL(futex(&word, FUTEX_FD, 0, NULL, NULL, 0));
    CALL(futex(&word, FUTEX_WAKE | FUTEX_CLOCK_REALTIME, 0, NULL, NULL, 0));
    CALL(futex(&word, FUTEX_CMP_REQUEUE, 1, (void *)1, &second, 4));
    CALL(futex(&word, FUTEX_CMP_REQUEUE, 1, (void *)1, &second, 5));
    CALL(futex(&word, FUTEX_REQUEUE, 1, (void *)1, &second, 0));
    CALL(futex(&word, FUTEX_REQUEUE, (uint32_t)-1, (void *)1, &second, 0));
    CALL(futex(&word, FUTEX_WAKE_OP, 1, (void *)1, &second, FUTEX_OP(FUTEX_OP_SET, 77, FUTEX_OP_CMP_EQ, 0)));
    DEC(second);
    CALL(futex(&word, FUTEX_WAKE_OP, 1, (void *)1, &second, FUTEX_OP(FUTEX_OP_ADD, 3, FUTEX_OP_CMP_GT, 0)));
    DEC(second);
    CALL(futex(&word, FUTEX_WAKE_OP, 1, (void *)1, &second, 0x50000000));
}

static void *sleeper(void *argument)
{
    uint32_t *at = argument;
    long result = futex(at, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);

    return (void *)(intptr_t)(result < 0 ? -errno : result);
}

TEST(requeued)
{
    pthread_t threads[5];
    intptr_t sum = 0;
    static uint32_t from;
    static uint32_t to;

    for (int i = 0; i < 5; i++)
        pthread_create(&threads[i], NULL, sleeper, &from);
    conf_sleep(150);
    CALL(futex(&from, FUTEX_CMP_REQUEUE_PRIVATE, 1, (void *)3, &to, 0));
    CALL(futex(&from, FUTEX_WAKE_PRIVATE, 100, NULL, NULL, 0));
    CALL(futex(&to, FUTEX_WAKE_PRIVATE, 2, NULL, NULL, 0));
    CALL(futex(&to, FUTEX_WAKE_PRIVATE, 100, NULL, NULL, 0));
    for (int i = 0; i < 5; i++) {
        void *result;

        pthread_join(threads[i], &result);
        sum += (intptr_t)result;
    }
    DEC(sum);
}

TEST(inheriting)
{
    uint32_t tid = (uint32_t)syscall(SYS_gettid);
    struct time64 past = {1, 0};
    static uint32_t pi;

    CALL(futex(&pi, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
    DEC(pi == tid);
    CALL(futex(&pi, FUTEX_LOCK_PI, 0, &past, NULL, 0));
    CALL(futex(&pi, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0));
    CALL(futex(&pi, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
    DEC(pi);
    CALL(futex(&pi, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
    pi = 0x3fffffff;
    CALL(futex(&pi, FUTEX_LOCK_PI, 0, &past, NULL, 0));
    pi = 0;
    CALL(futex(&pi, FUTEX_LOCK_PI2, 0, NULL, NULL, 0));
    CALL(futex(&pi, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
}

TEST(between_processes)
{
    uint32_t *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t child = fork();

    if (child == 0) {
        while (__atomic_load_n(shared, __ATOMIC_ACQUIRE) == 0)
            futex(shared, FUTEX_WAIT, 0, NULL, NULL, 0);
        _exit((int)*shared);
    }
    conf_await_sleep(child);
    __atomic_store_n(shared, 9, __ATOMIC_RELEASE);
    CALL(futex(shared, FUTEX_WAKE, 10, NULL, NULL, 0));
    ended("child", child);
}

TEST(several)
{
    struct futex_waitv waiters[2] = {{0, (uintptr_t)&word, FUTEX_32 | FUTEX_PRIVATE_FLAG, 0},
                                     {1, (uintptr_t)&second, FUTEX_32 | FUTEX_PRIVATE_FLAG, 0}};
    struct time64 past = {1, 0};

    word = 0;
    second = 0;
    CALL(syscall(SYS_futex_waitv, waiters, 2, 0, NULL, CLOCK_MONOTONIC));
    waiters[1].val = 0;
    CALL(syscall(SYS_futex_waitv, waiters, 2, 0, &past, CLOCK_MONOTONIC));
    CALL(syscall(SYS_futex_waitv, waiters, 0, 0, &past, CLOCK_MONOTONIC));
    CALL(syscall(SYS_futex_waitv, waiters, 129, 0, &past, CLOCK_MONOTONIC));
    CALL(syscall(SYS_futex_waitv, waiters, 2, 1, &past, CLOCK_MONOTONIC));
    CALL(syscall(SYS_futex_waitv, WILD, 2, 0, &past, CLOCK_MONOTONIC));
    CALL(syscall(SYS_futex_waitv, waiters, 2, 0, WILD, CLOCK_MONOTONIC));
}

TEST(lists)
{
    void *head = NULL;
    size_t length = 0;

    CALL(syscall(SYS_get_robust_list, 0, &head, &length));
    DEC(head != NULL);
    WORD(length);
    CALL(syscall(SYS_get_robust_list, 0, WILD, &length));
    CALL(syscall(SYS_get_robust_list, 0x7ffffff, &head, &length));
    CALL(syscall(SYS_set_robust_list, head, 5));
    CALL(syscall(SYS_set_robust_list, head, length));
    DEC(syscall(SYS_set_tid_address, &word) == syscall(SYS_gettid));
}

static char stack[65536];

static int cloned(void *argument)
{
    *(int *)argument = 5;
    return 6;
}

TEST(clones)
{
    volatile int value = 0;
    static int child_tid;
    static int parent_tid;

    pid_t child = clone(cloned, stack + sizeof(stack), SIGCHLD, (void *)&value);

    ended("without shared memory", child);
    DEC(value);
    child = clone(cloned, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | SIGCHLD, (void *)&value);
    ended("with it", child);
    DEC(value);
    child = clone(cloned, stack + sizeof(stack), CLONE_VM | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD,
                  (void *)&value, &parent_tid, NULL, &child_tid);
    DEC(parent_tid == child);
    ended("with identifiers", child);
    child = clone(cloned, stack + sizeof(stack), CLONE_VM | CLONE_VFORK, (void *)&value);
    CALL(waitpid(child, NULL, 0));
    DEC(waitpid(child, NULL, __WCLONE) == child);
    CALL(syscall(SYS_clone, CLONE_THREAD, 0, 0, 0, 0));
    CALL(syscall(SYS_clone, CLONE_SIGHAND, 0, 0, 0, 0));
    CALL(syscall(SYS_clone, CLONE_FS | CLONE_NEWNS, 0, 0, 0, 0));
    CALL(syscall(SYS_clone, CLONE_THREAD | CLONE_SIGHAND, 0, 0, 0, 0));
}

TEST(clone3)
{
    struct {
        uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size,
            cgroup;
    } how = {.exit_signal = SIGCHLD};
    int pidfd = -1;

    long child = syscall(SYS_clone3, &how, sizeof(how));

    if (child == 0)
        _exit(12);
    ended("child", (pid_t)child);
    how.flags = CLONE_PIDFD;
    how.pidfd = (uintptr_t)&pidfd;
    child = syscall(SYS_clone3, &how, 64);
    if (child == 0)
        _exit(13);
    ended("child with a descriptor", (pid_t)child);
    DEC(pidfd > 2);
    CALL(syscall(SYS_clone3, &how, 10));
    CALL(syscall(SYS_clone3, WILD, sizeof(how)));
    how.flags = CLONE_DETACHED;
    CALL(syscall(SYS_clone3, &how, sizeof(how)));
    how.flags = 0;
    how.exit_signal = 200;
    CALL(syscall(SYS_clone3, &how, sizeof(how)));
    how.exit_signal = SIGCHLD;
    how.stack = 4096;
    CALL(syscall(SYS_clone3, &how, sizeof(how)));
}

TEST(scheduling)
{
    struct sched_param param = {0};
    struct timespec interval;
    cpu_set_t set;

    CALL(sched_getscheduler(0));
    CALL(sched_getparam(0, &param));
    DEC(param.sched_priority);
    CALL(sched_setparam(0, &param));
    param.sched_priority = 50;
    CALL(sched_setscheduler(0, SCHED_OTHER, &param));
    CALL(sched_setscheduler(0, 99, &param));
    CALL(sched_setscheduler(-1, SCHED_OTHER, &param));
    CALL(sched_setscheduler(0, SCHED_OTHER, NULL));
    param.sched_priority = 0;
    CALL(sched_setscheduler(0, SCHED_BATCH, &param));
    CALL(sched_getscheduler(0));
    CALL(sched_get_priority_max(SCHED_FIFO));
    CALL(sched_get_priority_min(SCHED_RR));
    CALL(sched_get_priority_max(77));
    CALL(sched_rr_get_interval(0, &interval));
    CALL(sched_rr_get_interval(-5, &interval));
    CALL(sched_yield());
    CPU_ZERO(&set);
    CALL(sched_getaffinity(0, sizeof(set), &set));
    DEC(CPU_COUNT(&set) > 0);
    CALL(sched_setaffinity(0, sizeof(set), &set));
    CPU_ZERO(&set);
    CALL(sched_setaffinity(0, sizeof(set), &set));
    WORD(syscall(SYS_sched_getaffinity, 0, 4, &set) > 0);
    CALL(syscall(SYS_sched_getaffinity, 0, 3, &set));
    CALL(syscall(SYS_sched_getaffinity, 0, 128, WILD));
    CALL(syscall(SYS_sched_setaffinity, 0, 128, WILD));
    unsigned cpu = 999;
    unsigned node = 999;

    CALL(syscall(SYS_getcpu, &cpu, &node, NULL));
    DEC(cpu < 999 && node < 999);
    CALL(syscall(SYS_getcpu, WILD, NULL, NULL));
    CALL(getpriority(PRIO_PROCESS, 0));
    CALL(setpriority(PRIO_PROCESS, 0, 5));
    CALL(getpriority(PRIO_PROCESS, 0));
    CALL(getpriority(9, 0));
    CALL(nice(1));
    struct {
        uint32_t size, policy;
        uint64_t flags;
        int32_t nice;
        uint32_t priority;
        uint64_t runtime, deadline, period;
    } attributes;

    memset(&attributes, 0, sizeof(attributes));
    CALL(syscall(SYS_sched_getattr, 0, &attributes, sizeof(attributes), 0));
    say("size %u policy %u nice %d", attributes.size, attributes.policy, attributes.nice);
    attributes.nice = 7;
    CALL(syscall(SYS_sched_setattr, 0, &attributes, 0));
    CALL(syscall(SYS_sched_getattr, 0, &attributes, 10, 0));
    CALL(syscall(SYS_sched_setattr, 0, WILD, 0));
    CALL(syscall(SYS_membarrier, 0, 0, 0) > 0);
    CALL(syscall(SYS_membarrier, 0x10000, 0, 0));
}
