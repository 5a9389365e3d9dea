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

/* The n-th CPU that this thread may use. */
static int nth_cpu(int n)
{
    uint8_t mask[ABI_CPU_BYTES] = {0};

    expect("getaffinity", abi_get_cpus(mask), 0);
    for (int cpu = 0; cpu < ABI_CPU_BYTES * 8; cpu++)
        if ((mask[cpu / 8] >> (cpu % 8) & 1) && n-- == 0)
            return cpu;
    fail("too few CPUs; missing", n + 1);
}

static void ping_prepare(void)
{
    must("pipe2", sys_pipe2(to_echo, 0));
    must("pipe2", sys_pipe2(to_main, 0));
    expect("setaffinity", abi_pin(cpu_main), 0);
}

static void ping_same_prepare(void)
{
    cpu_main = cpu_echo = nth_cpu(0);
    ping_prepare();
}

static void ping_cross_prepare(void)
{
    cpu_main = nth_cpu(0);
    cpu_echo = nth_cpu(1);
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

/* ---- a contended mutex ---- */

enum { LOCKERS = 4, HELD_STEPS = 200, FREE_STEPS = 100 };

static struct abi_thread lockers[LOCKERS];
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

static void locker(void *argument)
{
    for (uint64_t n = *(uint64_t *)argument; n > 0; n--) {
        lock();
        guarded++;
        work(HELD_STEPS);
        unlock();
        work(FREE_STEPS);
    }
}

static void mutex_loop(uint64_t n)
{
    uint64_t each = n / LOCKERS + 1;

    for (int i = 0; i < LOCKERS; i++) {
        lockers[i].function = locker;
        lockers[i].argument = &each;
        expect("thread_start", abi_thread_start(&lockers[i]), 0);
    }
    for (int i = 0; i < LOCKERS; i++)
        abi_thread_join(&lockers[i]);
    turns += each * LOCKERS;
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
    {"mutex", 2000, NULL, mutex_loop, mutex_finish},
    {NULL, 0, NULL, NULL, NULL},
};
