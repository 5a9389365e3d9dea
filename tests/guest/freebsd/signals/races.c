/*
 * Signals that arrive at awkward instants: none may be lost, or wait for the program's next system call.
 */
#include "guest.h"

#define ROUNDS 6000
#define ENOUGH 3000000000ULL  /* ns: on a machine with one free processor, a round takes the two threads' time slices */
#define LIMIT  20000000000ULL /* turns of waiting, about ten seconds, until a signal counts as lost */

static volatile uint32_t round_now, handled, stop;
static volatile int64_t target;

static void count(int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *context)
{
    (void)signo;
    (void)info;
    (void)context;
    handled = round_now;
}

/* Sends one signal a round, each time a little later after the target's word. */
static void sender(void *argument)
{
    uint32_t seen = 0;

    (void)argument;
    while (!stop) {
        uint32_t now = round_now;

        if (now == seen)
            continue;
        seen = now;
        for (volatile uint32_t delay = now * 7 % 900; delay > 0; delay--)
            continue;
        SYS(thr_kill, target, FREEBSD_SIGUSR1);
    }
}

/* The tail of a call: a signal that comes then is handled before the program goes on to wait for it without calls. */
TEST(arrives_as_a_call_returns)
{
    struct guest_thread thread;
    int64_t self = 0;
    uint64_t end = guest_now() + ENOUGH;

    MUST(SYS(thr_self, &self));
    target = self;
    CHECK_OK(guest_handle(FREEBSD_SIGUSR1, count, 0));
    REQUIRE(guest_thread_start(&thread, sender, NULL) == 0);
    for (uint32_t i = 1; i <= ROUNDS && !guest_failed() && guest_now() < end; i++) {
        uint64_t spins = 0;

        round_now = i;
        for (int calls = 0; calls < 2; calls++)
            SYS(getpid);
        while (handled != i && spins < LIMIT)
            spins++;
        CHECK_EQ(handled, i);
    }
    stop = 1;
    guest_thread_join(&thread);
    guest_default(FREEBSD_SIGUSR1);
}

/* fork(2): the child has no pending signals, also when one came while the call was on its way. */
TEST(fork_leaves_signals_with_the_parent)
{
    struct guest_thread thread;
    int64_t self = 0;
    uint64_t end = guest_now() + ENOUGH;

    MUST(SYS(thr_self, &self));
    target = self;
    stop = 0;
    CHECK_OK(guest_handle(FREEBSD_SIGUSR1, count, FREEBSD_SA_RESTART));
    REQUIRE(guest_thread_start(&thread, sender, NULL) == 0);
    for (uint32_t i = 1; i <= 200 && !guest_failed() && guest_now() < end; i++) {
        uint32_t before = ROUNDS + i;

        handled = 0;
        round_now = before;
        int64_t child = SYS(fork);

        if (child == 0) {
            uint32_t at_birth = handled;

            SYS(getpid);
            SYS(getpid);
            guest_exit(handled != at_birth);
        }
        REQUIRE(child > 0);
        CHECK(EXITED(guest_wait((int)child), 0));
    }
    stop = 1;
    guest_thread_join(&thread);
    guest_default(FREEBSD_SIGUSR1);
}

static volatile uint32_t faults, others;

static void count_kinds(int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *context)
{
    (void)info;
    (void)context;
    *(signo == FREEBSD_SIGUSR1 ? &others : &faults) += 1;
}

/* A fault's signal that a process sends is a signal as any other, each of them queued (sigqueue_add(), kern_sig.c). */
TEST(sent_fault_signals_wait_while_blocked)
{
    struct freebsd_sigset pending = {{0}};

    CHECK_OK(guest_handle(FREEBSD_SIGSEGV, count_kinds, 0));
    CHECK_OK(guest_block(FREEBSD_SIGSEGV));
    MUST(SYS(kill, SYS(getpid), FREEBSD_SIGSEGV));
    MUST(SYS(kill, SYS(getpid), FREEBSD_SIGSEGV));
    CHECK_EQ(faults, 0);
    MUST(SYS(sigpending, &pending));
    CHECK(guest_set_has(&pending, FREEBSD_SIGSEGV));
    CHECK_OK(guest_unblock(FREEBSD_SIGSEGV));
    CHECK_EQ(faults, 2);
    guest_default(FREEBSD_SIGSEGV);
}

static void send_fault_soon(void *argument)
{
    (void)argument;
    guest_sleep_ms(30);
    SYS(thr_kill, target, FREEBSD_SIGSEGV);
}

/* One that the mask of a wait has kept comes with the end of the wait, not with the next call. */
TEST(sent_fault_signals_wait_for_a_wait)
{
    struct freebsd_sigset set = {{0}};
    struct freebsd_timespec limit = {0, 150000000};
    struct guest_thread thread;
    int64_t self = 0;
    uint64_t spins = 0;

    MUST(SYS(thr_self, &self));
    target = self;
    faults = 0;
    guest_set_add(&set, FREEBSD_SIGSEGV);
    CHECK_OK(guest_handle(FREEBSD_SIGSEGV, count_kinds, 0));
    REQUIRE(guest_thread_start(&thread, send_fault_soon, NULL) == 0);
    SYS(ppoll, NULL, 0, &limit, &set); /* which may be interrupted by it: the host's kernel cannot block it */
    while (faults == 0 && spins < LIMIT)
        spins++;
    CHECK_EQ(faults, 1);
    guest_thread_join(&thread);
    guest_default(FREEBSD_SIGSEGV);
}

static void storm(void *argument)
{
    (void)argument;
    while (!stop) {
        SYS(thr_kill, target, FREEBSD_SIGUSR1);
        SYS(thr_kill, target, FREEBSD_SIGSEGV);
        SYS(thr_kill, target, FREEBSD_SIGBUS);
    }
}

TEST(sent_fault_signals_among_others)
{
    struct guest_thread thread;
    int64_t self = 0;

    MUST(SYS(thr_self, &self));
    target = self;
    stop = 0;
    faults = others = 0;
    CHECK_OK(guest_handle(FREEBSD_SIGUSR1, count_kinds, 0));
    CHECK_OK(guest_handle(FREEBSD_SIGSEGV, count_kinds, 0));
    CHECK_OK(guest_handle(FREEBSD_SIGBUS, count_kinds, 0));
    REQUIRE(guest_thread_start(&thread, storm, NULL) == 0);
    /* On a busy machine the sender may not run at once. */
    uint64_t begin = guest_now();
    while (guest_now() < begin + 300000000 || ((faults == 0 || others == 0) && guest_now() < begin + ENOUGH))
        CHECK_ERR(SYS(read, 0, (void *)8, (size_t)-1), FREEBSD_EINVAL);
    stop = 1;
    guest_thread_join(&thread);
    CHECK(faults > 0);
    CHECK(others > 0);
    guest_default(FREEBSD_SIGUSR1);
    guest_default(FREEBSD_SIGSEGV);
    guest_default(FREEBSD_SIGBUS);
}

static uint64_t read_base(bool gs)
{
    uint64_t value = 1;

    MUST(SYS(sysarch, gs ? 130 : 128, &value)); /* AMD64_GET_GSBASE, AMD64_GET_FSBASE: machine/sysarch.h */
    return value;
}

int guest_child(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return read_base(false) != 0 || read_base(true) != 0;
}

/* exec_setregs(), sys/amd64/amd64/exec_machdep.c */
TEST(a_program_begins_without_thread_pointer)
{
    int64_t child = SYS(fork);

    if (child == 0) {
        const char *argv[] = {guest_self, "--bases", NULL};

        SYS(execve, guest_self, argv, guest_envp);
        guest_exit(99);
    }
    CHECK(EXITED(guest_wait((int)child), 0));
}

/* A program that has alignment checked does not have the system checked with it. */
TEST(alignment_check_is_the_programs_own)
{
    char path[64];
    struct freebsd_sigset set;
    uint64_t flags;

    memcpy(path + 1, "/nonexistent", 13);
    __asm__ volatile("pushfq\n\torq $0x40000, (%%rsp)\n\tpopfq" : : : "cc", "memory");
    int64_t opened = SYS(open, path + 1, 0), pending = SYS(sigpending, &set);
    __asm__ volatile("pushfq\n\tmovq (%%rsp), %0\n\tandq $~0x40000, (%%rsp)\n\tpopfq" : "=r"(flags) : : "cc", "memory");
    CHECK_ERR(opened, FREEBSD_ENOENT);
    CHECK_OK(pending);
    CHECK((flags & 0x40000) != 0);
}
