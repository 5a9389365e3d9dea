/*
 * thr_new, thr_self, thr_exit, thr_kill. Sources: thr_new(2), sys/kern/kern_thr.c,
 * sys/amd64/amd64/vm_machdep.c cpu_set_upcall.
 */
#include "guest.h"

static volatile uint32_t flag;
static volatile int64_t seen_tid;
static volatile uint64_t seen_fs;
static volatile uint64_t seen_rsp;

static void look(void *argument)
{
    int64_t tid = 0;
    uint64_t fs = 0;

    SYS(thr_self, &tid);
    SYS(sysarch, FREEBSD_AMD64_GET_FSBASE, &fs);
    seen_tid = tid;
    seen_fs = fs;
    CHECK_EQ((uint64_t)argument, 0xabc);
}

TEST(identity)
{
    struct guest_thread thread;
    int64_t me = 0;

    CHECK_OK(SYS(thr_self, &me));
    CHECK(me >= 100000); /* sys/kern/kern_thread.c: PID_MAX + 2 is the first */
    CHECK_OK(guest_thread_start(&thread, look, (void *)0xabc));
    guest_thread_join(&thread);
    CHECK(seen_tid >= 100000 && seen_tid != me);
    CHECK_EQ(thread.tid, seen_tid);
    CHECK_EQ(seen_fs, (uint64_t)thread.tls);
}

void first_registers(void *argument);
__asm__("first_registers:\n\t"
        "movq %rsp, seen_rsp(%rip)\n\t"
        "movl $1, flag(%rip)\n\t"
        "xorl %edi, %edi\n\t"
        "movl $431, %eax\n\t"
        "syscall\n\t"
        "ud2");

/* The new stack: ((base + size) & ~15) - 8, as after a call */
TEST(stack_of_a_thread)
{
    struct freebsd_thr_param param = {0};
    char *stack = guest_pages(65536);

    flag = 0;
    param.start_func = first_registers;
    param.stack_base = stack;
    param.stack_size = 65530;
    CHECK_OK(SYS(thr_new, &param, sizeof(param)));
    CHECK(guest_await(&flag, 1));
    CHECK_EQ(seen_rsp, (((uint64_t)stack + 65530) & ~15UL) - 8);
}

TEST(parameters)
{
    struct freebsd_thr_param param = {0};

    CHECK_ERR(SYS(thr_new, &param, sizeof(param) + 8), FREEBSD_EINVAL);
    CHECK_ERR(SYS(thr_new, &param, -1), FREEBSD_EINVAL);
}

static void spin_with_handler(void *argument)
{
    (void)argument;
    flag = 1;
    guest_await(&flag, 3);
}

static volatile int64_t handler_tid;
static struct freebsd_siginfo handler_info;

static void in_thread(int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *context)
{
    int64_t tid = 0;

    (void)signo;
    (void)context;
    handler_info = *info;
    SYS(thr_self, &tid);
    handler_tid = tid;
    flag = 2;
}

/* thr_kill(2): to that thread and no other, with SI_LWP */
TEST(kill_one_thread)
{
    struct guest_thread thread;

    flag = 0;
    CHECK_OK(guest_handle(FREEBSD_SIGUSR1, in_thread, 0));
    CHECK_OK(guest_thread_start(&thread, spin_with_handler, NULL));
    CHECK(guest_await(&flag, 1));
    CHECK_OK(SYS(thr_kill, thread.tid, FREEBSD_SIGUSR1));
    CHECK(guest_await(&flag, 2));
    CHECK_EQ(handler_tid, thread.tid);
    CHECK_EQ(handler_info.code, FREEBSD_SI_LWP);
    CHECK_OK(SYS(thr_kill2, SYS(getpid), thread.tid, 0));
    flag = 3;
    guest_thread_join(&thread);
    /* thr_exit wakes the waiter before the thread is quite gone (sys_thr_exit). */
    for (int i = 0; i < 1000 && SYS(thr_kill, thread.tid, 0) == 0; i++)
        guest_sleep_ms(1);
    CHECK_ERR(SYS(thr_kill, thread.tid, FREEBSD_SIGUSR1), FREEBSD_ESRCH);
    CHECK_ERR(SYS(thr_kill, 99, FREEBSD_SIGUSR1), FREEBSD_ESRCH);
}

static void block_one(void *argument)
{
    (void)argument;
    guest_block(FREEBSD_SIGUSR2);
}

/* Masks are a thread's own */
TEST(masks_are_separate)
{
    struct guest_thread thread;
    struct freebsd_sigset mask;

    CHECK_OK(guest_thread_start(&thread, block_one, NULL));
    guest_thread_join(&thread);
    CHECK_OK(SYS(sigprocmask, FREEBSD_SIG_BLOCK, 0, &mask));
    CHECK(!guest_set_has(&mask, FREEBSD_SIGUSR2));
}

static volatile uint32_t total;

static void add(void *argument)
{
    for (int i = 0; i < 1000; i++) {
        __atomic_fetch_add(&total, 1, __ATOMIC_RELAXED);
        if (i % 100 == 0)
            SYS(sched_yield);
    }
    (void)argument;
}

TEST(many_threads)
{
    struct guest_thread threads[20];

    total = 0;
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < 20; i++)
            CHECK_OK(guest_thread_start(&threads[i], add, NULL));
        for (int i = 0; i < 20; i++)
            guest_thread_join(&threads[i]);
    }
    CHECK_EQ(total, 100000);
}

static void fork_inside(void *argument)
{
    int pid = guest_fork();

    (void)argument;
    if (pid == 0) {
        guest_exit(11);
    }
    CHECK_EQ(guest_wait(pid), 11 << 8);
}

/* fork in a thread: the child has that thread only, and lives */
TEST(fork_from_a_thread)
{
    struct guest_thread thread;

    CHECK_OK(guest_thread_start(&thread, fork_inside, NULL));
    guest_thread_join(&thread);
}

static void end_process(void *argument)
{
    (void)argument;
    guest_exit(12);
}

static void start_ender(void *argument)
{
    struct guest_thread thread;

    (void)argument;
    guest_thread_start(&thread, end_process, NULL);
    guest_sleep_ms(10000);
}

/* exit(2) from any thread ends them all */
TEST(exit_from_a_thread)
{
    CHECK_EQ(guest_in_child(start_ender, NULL), 12 << 8);
}

int guest_child(int argc, char **argv)
{
    (void)argv;
    return argc == 2 ? 13 : 1;
}

static void exec_in_thread(void *argument)
{
    char *argv[] = {"name", "--child", NULL};
    char *envp[] = {NULL};

    (void)argument;
    SYS(execve, guest_self, argv, envp);
}

static void start_execer(void *argument)
{
    struct guest_thread thread;

    (void)argument;
    guest_thread_start(&thread, exec_in_thread, NULL);
    guest_sleep_ms(10000);
}

/* execve(2) from any thread: the new image is the process, under its number */
TEST(exec_from_a_thread)
{
    CHECK_EQ(guest_in_child(start_execer, NULL), 13 << 8);
}

/* thr_exit of the last thread ends the process with status 0 (kern_thr.c) */
static void last_thread_leaves(void *argument)
{
    (void)argument;
    SYS(thr_exit, 0);
}

TEST(last_thread_exit)
{
    CHECK_EQ(guest_in_child(last_thread_leaves, NULL), 0);
}

/* thr_set_name(2) */
TEST(name_a_thread)
{
    int64_t me = 0;

    CHECK_OK(SYS(thr_self, &me));
    CHECK_OK(SYS(thr_set_name, me, "guest"));
}

static volatile uint64_t seen_xmm[2];
static volatile uint32_t seen_mxcsr;

void first_vectors(void *argument);
__asm__("first_vectors:\n\t"
        "movups %xmm13, seen_xmm(%rip)\n\t"
        "stmxcsr seen_mxcsr(%rip)\n\t"
        "movl $1, flag(%rip)\n\t"
        "xorl %edi, %edi\n\t"
        "movl $431, %eax\n\t"
        "syscall\n\t"
        "ud2");

int64_t new_with_vectors(struct freebsd_thr_param *param, uint64_t size, const uint64_t *xmm, const uint32_t *mxcsr);
__asm__("new_with_vectors:\n\t"
        "movups (%rdx), %xmm13\n\t"
        "ldmxcsr (%rcx)\n\t"
        "movl $455, %eax\n\t"
        "syscall\n\t"
        "ret");

/* Vector registers are the creator's (cpu_copy_thread); each time anew, as the call traps first and is rewritten later. */
TEST(vectors_of_a_thread)
{
    struct freebsd_thr_param param = {0};
    uint32_t usual, mxcsr;

    param.start_func = first_vectors;
    param.stack_base = guest_pages(65536);
    param.stack_size = 65536;
    __asm__ volatile("stmxcsr %0" : "=m"(usual));
    for (uint64_t n = 1; n <= 40; n++) {
        const uint64_t xmm[2] = {n * 0x9e3779b97f4a7c15UL, ~n};

        mxcsr = usual ^ (uint32_t)(n & 3) << 13; /* the rounding */
        flag = 0;
        CHECK_OK(new_with_vectors(&param, sizeof(param), xmm, &mxcsr));
        REQUIRE(guest_await(&flag, 1));
        CHECK_EQ(seen_xmm[0], xmm[0]);
        CHECK_EQ(seen_xmm[1], xmm[1]);
        CHECK_EQ(seen_mxcsr, mxcsr);
        guest_sleep_ms(1); /* the thread is off its stack, which the next one gets */
    }
    __asm__ volatile("ldmxcsr %0" : : "m"(usual));
}
