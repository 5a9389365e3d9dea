/*
 * Cases of several threads.
 */
#include "micro.h"

/* ---- create and join ---- */

static struct abi_thread one;
static uint64_t ran;

static void count_run(void *argument)
{
    (*(uint64_t *)argument)++;
}

/* The stack is used again each time, as the thread libraries of both systems keep theirs. */
static void create_loop(uint64_t n)
{
    while (n-- > 0) {
        uint64_t before = ran;

        one.function = count_run;
        one.argument = &ran;
        expect("thread_start", abi_thread_start(&one), 0);
        abi_thread_join(&one);
        expect("the number of threads that ran", (int64_t)(ran - before), 1);
    }
}

/* ---- a byte to the other thread and back, over two pipes ---- */

static int to_echo[2], to_main[2], cpu_main, cpu_echo;

/* The first two CPUs that this thread may use; 1 if there is only one, and the second is the first again. */
static int find_cpus(int found[2])
{
    uint8_t mask[ABI_CPU_BYTES] = {0};
    int count = 0;

    expect("getaffinity", abi_get_cpus(mask), 0);
    for (int cpu = 0; cpu < ABI_CPU_BYTES * 8 && count < 2; cpu++)
        if (mask[cpu / 8] >> (cpu % 8) & 1)
            found[count++] = cpu;
    if (count < 2)
        found[1] = found[0];
    return count;
}

static void ping_prepare(void)
{
    must("pipe2", sys_pipe2(to_echo, 0));
    must("pipe2", sys_pipe2(to_main, 0));
    expect("setaffinity", abi_pin(cpu_main), 0);
}

static void ping_same_prepare(void)
{
    int cpus[2];

    find_cpus(cpus);
    cpu_main = cpu_echo = cpus[0];
    ping_prepare();
}

static void ping_cross_prepare(void)
{
    int cpus[2];

    expect("the number of CPUs to use", find_cpus(cpus), 2);
    cpu_main = cpus[0];
    cpu_echo = cpus[1];
    ping_prepare();
}

static void echo(void *argument)
{
    char byte = 0;

    expect("setaffinity", abi_pin(cpu_echo), 0);
    for (uint64_t n = *(uint64_t *)argument; n > 0; n--) {
        expect("read", sys_read(to_echo[0], &byte, 1), 1);
        byte++;
        expect("write", sys_write(to_main[1], &byte, 1), 1);
    }
}

static void ping_loop(uint64_t n)
{
    uint64_t rounds = n;
    char byte = 0;

    one.function = echo;
    one.argument = &rounds;
    expect("thread_start", abi_thread_start(&one), 0);
    while (n-- > 0) {
        char before = byte;

        expect("write", sys_write(to_echo[1], &byte, 1), 1);
        expect("read", sys_read(to_main[0], &byte, 1), 1);
        expect("the byte that came back", byte, (char)(before + 1));
    }
    abi_thread_join(&one);
}

/*
 * ---- a contended mutex ----
 *
 * Four threads, two on each of two CPUs. Who holds the mutex yields, so that the other thread of that CPU runs into
 * it and waits in the kernel, while those of the other CPU come by whenever they come: all ways through the mutex
 * are taken, at a rate that is nearly the same in each run. Left to themselves, the threads take it in long series,
 * and hardly ever wait.
 */

enum { LOCKERS = 4, HELD_STEPS = 20, FREE_STEPS = 20 };

struct locker {
    struct abi_thread thread;
    uint64_t turns;
    int cpu;
};

static struct locker lockers[LOCKERS];
static uint32_t mutex; /* 0 free, 1 held, 2 held and perhaps waited for */
static uint64_t guarded, waits, turns;

static void lock(void)
{
    uint32_t seen = 0;

    if (__atomic_compare_exchange_n(&mutex, &seen, 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
        return;
    if (seen != 2)
        seen = __atomic_exchange_n(&mutex, 2, __ATOMIC_ACQUIRE);
    while (seen != 0) {
        __atomic_fetch_add(&waits, 1, __ATOMIC_RELAXED);
        abi_wait_word(&mutex, 2);
        seen = __atomic_exchange_n(&mutex, 2, __ATOMIC_ACQUIRE);
    }
}

static void unlock(void)
{
    if (__atomic_exchange_n(&mutex, 0, __ATOMIC_RELEASE) == 2)
        must("wake", abi_wake_word(&mutex));
}

static void work(int steps)
{
    for (int i = 0; i < steps; i++)
        __asm__ volatile("" : : : "memory");
}

static void take_turns(void *argument)
{
    struct locker *self = argument;

    expect("setaffinity", abi_pin(self->cpu), 0);
    for (uint64_t n = self->turns; n > 0; n--) {
        lock();
        guarded++;
        work(HELD_STEPS);
        expect("sched_yield", sys_sched_yield(), 0);
        unlock();
        work(FREE_STEPS);
    }
}

static void mutex_prepare(void)
{
    int cpus[2];

    find_cpus(cpus);
    for (int i = 0; i < LOCKERS; i++)
        lockers[i].cpu = cpus[i % 2];
}

static void mutex_loop(uint64_t n)
{
    for (int i = 0; i < LOCKERS; i++) {
        lockers[i].turns = n / LOCKERS + 1;
        lockers[i].thread.function = take_turns;
        lockers[i].thread.argument = &lockers[i];
        expect("thread_start", abi_thread_start(&lockers[i].thread), 0);
    }
    for (int i = 0; i < LOCKERS; i++)
        abi_thread_join(&lockers[i].thread);
    turns += (n / LOCKERS + 1) * LOCKERS;
}

/* Nobody was let in beside another, and the kernel was asked to wait: without that the case shows nothing. */
static void mutex_finish(void)
{
    expect("turns counted under the mutex, minus turns taken", (int64_t)(guarded - turns), 0);
    expect("the mutex at the end", mutex, 0);
    if (waits == 0)
        fail("nobody ever waited; waits", 0);
}

const struct bench_case thread_cases[] = {
    {"thread", 200, NULL, create_loop, NULL},
    {"pipe_same", 200, ping_same_prepare, ping_loop, NULL},
    {"pipe_cross", 200, ping_cross_prepare, ping_loop, NULL},
    {"mutex", 2000, mutex_prepare, mutex_loop, mutex_finish},
    {NULL, 0, NULL, NULL, NULL},
};
