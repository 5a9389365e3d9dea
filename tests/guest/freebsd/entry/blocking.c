/*
 * As registers.c, for calls that block, are interrupted, or make a process or a thread.
 */
#include "kind.h"

/* ---- waiting ---- */

static int32_t pipe_ends[2];
static char byte_in;
static volatile uint32_t stop, asked, signals;
static volatile int64_t target;

static bool one_byte(struct probe *p, uint64_t round)
{
    bool good = kind_result(p) == 1 && byte_in == (char)(round + 1);

    byte_in = 0;
    return good;
}

static void pause_for(int64_t nanoseconds)
{
    struct freebsd_timespec ts = {0, nanoseconds};

    SYS(nanosleep, &ts, 0);
}

static void ask(uint64_t round)
{
    __atomic_store_n(&asked, (uint32_t)round + 1, __ATOMIC_RELEASE);
}

/* Writes the byte asked for a little later. */
static void feeder(void *unused)
{
    (void)unused;
    while (!stop) {
        uint32_t now = __atomic_exchange_n(&asked, 0, __ATOMIC_ACQ_REL);
        char byte = (char)now;

        if (now == 0) {
            SYS(sched_yield);
            continue;
        }
        if (now % 3 != 0)
            pause_for(50000);
        SYS(write, pipe_ends[1], &byte, 1);
    }
}

/* A read of one byte that is asked for just before. */
static struct kind read_pipe(const char *name)
{
    stop = asked = 0;
    return (struct kind){.name = name,
                         .number = FREEBSD_SYS_read,
                         .arguments = {(uint64_t)pipe_ends[0], (uint64_t)&byte_in, 1},
                         .want = KIND_ANY_RESULT,
                         .good = one_byte,
                         .before = ask};
}

TEST(blocking_read)
{
    struct guest_thread thread;
    CHECK_OK(SYS(pipe2, pipe_ends, 0));
    struct kind kind = read_pipe("read");

    REQUIRE(guest_thread_start(&thread, feeder, NULL) == 0);
    kind_everywhere(&kind, KIND_FEW);
    stop = 1;
    guest_thread_join(&thread);
    SYS(close, pipe_ends[0]);
    SYS(close, pipe_ends[1]);
}

static bool is_zero(struct probe *p, uint64_t round)
{
    (void)round;
    return kind_result(p) == 0 && (p->out.rflags & FLAG_CARRY) == 0;
}

TEST(nanosleep)
{
    static const struct freebsd_timespec short_time = {0, 20000};

    kind_everywhere(&(struct kind){.name = "nanosleep",
                                   .number = FREEBSD_SYS_nanosleep,
                                   .arguments = {(uint64_t)&short_time},
                                   .want = KIND_ANY_RESULT,
                                   .good = is_zero},
                    KIND_FEW);
}

static void count(int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *uc)
{
    (void)signo;
    (void)info;
    (void)uc;
    signals++;
}

/*
 * Signals the target again and again, at pauses short and long: a read that is restarted for ever short ones would
 * get nowhere where calls are caught slowly.
 */
static void interrupter(void *unused)
{
    (void)unused;
    for (unsigned i = 0; !stop; i++) {
        uint32_t before = signals;

        pause_for(i % 4 != 0 ? 100000 : 2000000);
        SYS(thr_kill, target, FREEBSD_SIGUSR1);
        while (signals == before && !stop)
            SYS(sched_yield);
    }
}

static bool interrupted(struct probe *p, uint64_t round)
{
    (void)round;
    return kind_result(p) == -FREEBSD_EINTR;
}

static void with_interrupts(const struct kind *kind, int flags, void (*second)(void *))
{
    struct guest_thread thread, other;
    int64_t self = 0;

    MUST(SYS(thr_self, &self));
    target = self;
    signals = 0;
    probe_on_signal = count;
    CHECK_OK(guest_handle(FREEBSD_SIGUSR1, probe_trash_handler, flags));
    REQUIRE(guest_thread_start(&thread, interrupter, NULL) == 0);
    if (second != NULL)
        REQUIRE(guest_thread_start(&other, second, NULL) == 0);
    kind_everywhere(kind, KIND_FEW);
    stop = 1;
    guest_thread_join(&thread);
    if (second != NULL)
        guest_thread_join(&other);
    CHECK(signals > KIND_FEW / 4);
    guest_default(FREEBSD_SIGUSR1);
}

TEST(read_interrupted)
{
    CHECK_OK(SYS(pipe2, pipe_ends, 0));
    struct kind kind = read_pipe("read, EINTR");

    kind.good = interrupted;
    kind.before = NULL;
    with_interrupts(&kind, 0, NULL);
    SYS(close, pipe_ends[0]);
    SYS(close, pipe_ends[1]);
}

/* Asked, waits until signals have come, then writes. */
static void late_feeder(void *unused)
{
    (void)unused;
    while (!stop) {
        uint32_t now = __atomic_exchange_n(&asked, 0, __ATOMIC_ACQ_REL);
        uint32_t before = signals;
        char byte = (char)now;

        if (now == 0) {
            SYS(sched_yield);
            continue;
        }
        while (signals - before < 2 && !stop)
            SYS(sched_yield);
        SYS(write, pipe_ends[1], &byte, 1);
    }
}

TEST(read_restarted)
{
    CHECK_OK(SYS(pipe2, pipe_ends, 0));
    struct kind kind = read_pipe("read, SA_RESTART");

    with_interrupts(&kind, FREEBSD_SA_RESTART, late_feeder);
    SYS(close, pipe_ends[0]);
    SYS(close, pipe_ends[1]);
}

/* ---- processes and threads ---- */

/* In the new process, which may share its parent's memory: 0 where everything is as it should be. */
static void child_checks(struct probe *p)
{
    bool good = p->out.rax == 0 && (p->out.rflags & FLAG_CARRY) == 0 &&
                probe_check(p, PROBE_AFTER_CALL | PROBE_RDX, "in the child");

    SYS(exit, good ? 0 : 1);
}

static bool child_was_good(struct probe *p, uint64_t round)
{
    (void)round;
    return kind_result(p) > 0 && p->out.rdx == 0 && EXITED(guest_wait((int)kind_result(p)), 0);
}

TEST(fork)
{
    kind_everywhere(&(struct kind){.name = "fork",
                                   .number = FREEBSD_SYS_fork,
                                   .also = PROBE_RDX,
                                   .want = KIND_ANY_RESULT,
                                   .good = child_was_good,
                                   .child = child_checks},
                    KIND_FEW);
}

TEST(vfork)
{
    kind_everywhere(&(struct kind){.name = "vfork",
                                   .number = FREEBSD_SYS_vfork,
                                   .also = PROBE_RDX,
                                   .want = KIND_ANY_RESULT,
                                   .good = child_was_good,
                                   .child = child_checks},
                    KIND_FEW);
}

static struct freebsd_thr_param param;
static int64_t thread_state, thread_id;
static uint64_t thread_tls[8] = {0x7474747474747474};
static volatile uint64_t thread_saw;

static void thread_main(void *argument)
{
    thread_saw = (uint64_t)argument;
    SYS(thr_exit, &thread_state);
}

static void thread_before(uint64_t round)
{
    param.arg = (void *)(round + 1000);
    thread_state = thread_id = 0;
}

static bool thread_ran(struct probe *p, uint64_t round)
{
    if (kind_result(p) != 0)
        return false;
    while (__atomic_load_n(&thread_state, __ATOMIC_ACQUIRE) == 0)
        SYS(_umtx_op, &thread_state, FREEBSD_UMTX_OP_WAIT, 0, 0, 0);
    return thread_saw == round + 1000 && thread_id != 0;
}

TEST(thread_start)
{
    enum { STACK = 64 * 1024 };
    char *stack = guest_pages(STACK);

    REQUIRE(stack != NULL);
    param = (struct freebsd_thr_param){.start_func = thread_main,
                                       .stack_base = stack,
                                       .stack_size = STACK,
                                       .tls_base = (char *)thread_tls,
                                       .tls_size = sizeof(thread_tls),
                                       .parent_tid = &thread_id};
    kind_everywhere(&(struct kind){.name = "thr_new",
                                   .number = FREEBSD_SYS_thr_new,
                                   .arguments = {(uint64_t)&param, sizeof(param)},
                                   .want = KIND_ANY_RESULT,
                                   .good = thread_ran,
                                   .before = thread_before},
                    KIND_FEW);
    SYS(munmap, stack, STACK);
}
