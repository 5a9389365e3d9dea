/*
 * Signals at any instant: a handler that leaves no register as it was, and a program that finds all of them as they
 * were; and what the handler is shown. Source: sys/amd64/amd64/exec_machdep.c sendsig, sys_sigreturn.
 */
#include "hammer.h"
#include "kind.h"

#define ENOUGH 350000000ULL /* ns for one case */

enum { SIGNALS = 10000, FEW = 5, TURNS = 500 }; /* so many are to come; so many at least, however slow it is */

static volatile uint32_t signals, stop, preempted;
static volatile int64_t target;
static const char *volatile impossible;
static volatile uint64_t impossible_rip;

static void note_impossible(const char *why, const struct freebsd_ucontext *context)
{
    if (why != NULL && impossible == NULL) {
        impossible_rip = context->mc.rip;
        impossible = why;
    }
}

static void report_impossible(void)
{
    if (impossible != NULL)
        guest_fail(__FILE__, __LINE__, "a handler was shown rip 0x%lx: %s", (unsigned long)impossible_rip, impossible);
    impossible = NULL;
}

static void pause_for(int64_t nanoseconds)
{
    struct freebsd_timespec ts = {0, nanoseconds};

    SYS(nanosleep, &ts, 0);
}

/* ---- a program that computes ---- */

static struct probe *spinning;

/* Lets the spinning program go after a few signals. */
static void look_at_spin(int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *context)
{
    const uint64_t *in = (const uint64_t *)&spinning->in;
    const struct freebsd_mcontext *mc = &context->mc;
    const uint64_t seen[] = {mc->rax, mc->rbx, mc->rcx, mc->rdx, mc->rsi, mc->rdi, mc->rbp, mc->r8,
                             mc->r9,  mc->r10, mc->r11, mc->r12, mc->r13, mc->r14, mc->r15};

    (void)signo;
    (void)info;
    if (mc->rip != (uint64_t)probe_spin && mc->rip != (uint64_t)probe_spin_end) {
        note_impossible(probe_in_text(mc->rip) ? NULL : "not in the text", context);
        return;
    }
    if (memcmp(seen, in, sizeof(seen)) != 0 || mc->rsp != (uint64_t)spinning)
        note_impossible("its registers are not the program's", context);
    if (((mc->rflags ^ spinning->in.rflags) & (FLAGS_STATUS | FLAG_DIRECTION)) != 0)
        note_impossible("its flags are not the program's", context);
    if (++signals % 3 == 0)
        spinning->spin = probe_spin_end;
}

static void spin_through(unsigned rounds)
{
    uint64_t end = guest_now() + ENOUGH;

    for (unsigned i = 0; i < rounds && !guest_failed() && (i < FEW || guest_now() < end); i++) {
        probe_fill(spinning, i);
        spinning->site = probe_spin;
        spinning->spin = probe_spin;
        probe_run(spinning);
        probe_check(spinning, PROBE_UNTOUCHED, "spinning");
        report_impossible();
    }
}

TEST(spinning_with_a_timer)
{
    struct freebsd_itimerval set = {{0, 700}, {0, 700}};

    spinning = probe_new();
    REQUIRE(spinning != NULL);
    probe_on_signal = look_at_spin;
    CHECK_OK(guest_handle(FREEBSD_SIGALRM, probe_trash_handler, 0));
    CHECK_OK(SYS(setitimer, 0, &set, 0));
    spin_through(256);
    memset(&set, 0, sizeof(set));
    CHECK_OK(SYS(setitimer, 0, &set, 0));
    guest_default(FREEBSD_SIGALRM);
    probe_free(spinning);
}

static void send_slowly(void *unused)
{
    (void)unused;
    while (!stop) {
        SYS(thr_kill, target, FREEBSD_SIGUSR1);
        pause_for(20000);
    }
}

/* Starts a thread that signals this one. */
static bool start_sender(struct guest_thread *thread, void (*function)(void *))
{
    int64_t self = 0;

    MUST(SYS(thr_self, &self));
    target = self;
    stop = signals = preempted = 0;
    impossible = NULL;
    return guest_thread_start(thread, function, NULL) == 0;
}

TEST(spinning_with_a_thread)
{
    struct guest_thread thread;

    spinning = probe_new();
    REQUIRE(spinning != NULL);
    probe_on_signal = look_at_spin;
    CHECK_OK(guest_handle(FREEBSD_SIGUSR1, probe_trash_handler, 0));
    REQUIRE(start_sender(&thread, send_slowly));
    spin_through(256);
    stop = 1;
    guest_thread_join(&thread);
    guest_default(FREEBSD_SIGUSR1);
    probe_free(spinning);
}

/* ---- a program that calls ---- */

static const int kinds_of_signal[] = {FREEBSD_SIGUSR1, FREEBSD_SIGURG, FREEBSD_SIGUSR2, 77};

/*
 * One signal at a time, so that the program makes headway: the next comes some instructions after the last was
 * handled, each time some others.
 */
static void send_each(const int *numbers, unsigned count)
{
    for (uint32_t i = 0; !stop; i++) {
        uint32_t before = signals;

        SYS(thr_kill, target, numbers[i % count]);
        while (signals == before && !stop)
            continue;
        for (volatile uint32_t delay = i * 37 % 1500; delay > 0; delay--)
            continue;
    }
}

static void send_fast(void *unused)
{
    (void)unused;
    send_each(kinds_of_signal, 1);
}

static void send_all_kinds(void *unused)
{
    (void)unused;
    send_each(kinds_of_signal, 4);
}

static void look(int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *context)
{
    (void)signo;
    (void)info;
    signals++;
    note_impossible(hammer_impossible(context), context);
}

/* Runs every loop until the signals have come or the time is over. */
static void hammer(void (*sender)(void *))
{
    struct probe *p = probe_new();
    struct guest_thread thread;

    REQUIRE(p != NULL);
    REQUIRE(start_sender(&thread, sender));
    for (int loop = 0; loop < HAMMER_LOOPS && !guest_failed(); loop++) {
        uint64_t end = guest_now() + ENOUGH;

        uint32_t first = signals;

        for (uint64_t seed = 0; !guest_failed(); seed++) {
            uint32_t came = signals - first;

            if (came >= SIGNALS || (came >= FEW && guest_now() > end))
                break;
            REQUIRE(hammer_prepare(p, (enum hammer_loop)loop, seed & ~(uint64_t)64, TURNS));
            probe_run(p);
            hammer_check(p, (enum hammer_loop)loop);
            report_impossible();
        }
    }
    stop = 1;
    guest_thread_join(&thread);
    probe_free(p);
}

TEST(calls_in_a_loop)
{
    probe_on_signal = look;
    CHECK_OK(guest_handle(FREEBSD_SIGUSR1, probe_trash_handler, FREEBSD_SA_RESTART));
    hammer(send_fast);
    guest_default(FREEBSD_SIGUSR1);
}

static void hammer_on_other_stack(void)
{
    struct freebsd_stack stack = {guest_pages(65536), 65536, 0};

    REQUIRE(stack.sp != NULL);
    CHECK_OK(SYS(sigaltstack, &stack, 0));
    CHECK_OK(guest_handle(FREEBSD_SIGUSR1, probe_trash_handler, FREEBSD_SA_ONSTACK | FREEBSD_SA_RESTART));
    hammer(send_fast);
    guest_default(FREEBSD_SIGUSR1);
    stack.flags = FREEBSD_SS_DISABLE;
    CHECK_OK(SYS(sigaltstack, &stack, 0));
    SYS(munmap, stack.sp, 65536);
}

TEST(calls_in_a_loop_on_an_alternate_stack)
{
    probe_on_signal = look;
    hammer_on_other_stack();
}

/* Only waits that may last are interrupted: a file's data never keep a program waiting like that (sigaction(2)). */
TEST(file_reads_are_not_interrupted)
{
    struct guest_thread thread;
    uint64_t end = guest_now() + ENOUGH;
    int fd = guest_file("interrupts.file", "content");

    REQUIRE(fd >= 0);
    probe_on_signal = look;
    CHECK_OK(guest_handle(FREEBSD_SIGUSR1, probe_trash_handler, 0));
    REQUIRE(start_sender(&thread, send_fast));
    while (!guest_failed() && (signals < FEW || (signals < SIGNALS && guest_now() < end))) {
        char byte = 0;

        CHECK_EQ(SYS(pread, fd, &byte, 1, 3), 1);
        CHECK_EQ(byte, 't');
    }
    stop = 1;
    guest_thread_join(&thread);
    guest_default(FREEBSD_SIGUSR1);
    SYS(close, fd);
}

static volatile uint64_t sigcode_page;
static volatile uint32_t depth;

/* Handlers that interrupt handlers: then the address may be the system's own code that calls them (sigtramp.S). */
static void look_nested(int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *context)
{
    (void)signo;
    (void)info;
    signals++;
    depth++;
    if ((context->mc.rip & ~(uint64_t)(CODE_PAGE - 1)) != sigcode_page)
        note_impossible(hammer_impossible(context), context);
    if (depth < 3)
        SYS(getpid);
    depth--;
}

/* The page that calls handlers is where one returns to. */
static void find_sigcode(int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *context)
{
    (void)signo;
    (void)info;
    (void)context;
    sigcode_page = (uint64_t)__builtin_return_address(0) & ~(uint64_t)(CODE_PAGE - 1);
}

TEST(nested_signals)
{
    CHECK_OK(guest_handle(FREEBSD_SIGUSR1, find_sigcode, 0));
    CHECK_OK(SYS(kill, SYS(getpid), FREEBSD_SIGUSR1));
    CHECK(sigcode_page != 0);
    probe_on_signal = look_nested;
    for (int i = 0; i < 4; i++)
        CHECK_OK(guest_handle(kinds_of_signal[i], probe_trash_handler, FREEBSD_SA_RESTART));
    hammer(send_all_kinds);
    for (int i = 0; i < 4; i++)
        guest_default(kinds_of_signal[i]);
}

/* ---- a program that is made to go on elsewhere ---- */

static int64_t own_pid;

static void look_and_preempt(int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *context)
{
    const char *why = hammer_impossible(context);

    (void)signo;
    (void)info;
    signals++;
    note_impossible(why, context);
    if (why == NULL && hammer_preempt(context))
        preempted++;
}

static void calls_meanwhile(void)
{
    if (SYS(getpid) != own_pid || SYS(close, -1) != -FREEBSD_EBADF)
        impossible = "a call while preempted gives the wrong result";
}

/*
 * The context's address is one to go on at by a plain jump, with the context's registers, at any later time: Go's
 * preemption does so, and so may any debugger or thread library. (On the alternate stack, as what is written below the
 * red zone would else be the frame.)
 */
TEST(preempted_in_a_loop)
{
    own_pid = SYS(getpid);
    probe_on_signal = look_and_preempt;
    hammer_preempted = calls_meanwhile;
    hammer_on_other_stack();
    CHECK(preempted > 0);
}

/* ---- single steps ---- */

static volatile uint32_t steps;

static void look_at_step(int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *context)
{
    (void)signo;
    (void)info;
    steps++;
    note_impossible(hammer_impossible(context), context);
}

/* The trace flag makes every instruction of the program a SIGTRAP, and none that is not the program's. */
TEST(stepping_through_calls)
{
    struct probe *p = probe_new();

    REQUIRE(p != NULL);
    probe_on_signal = look_at_step;
    CHECK_OK(guest_handle(FREEBSD_SIGTRAP, probe_trash_handler, 0));
    for (int loop = 0; loop < HAMMER_LOOPS && !guest_failed(); loop++) {
        impossible = NULL;
        /* Hot first, then step by step. */
        for (int stepping = 0; stepping < 2 && !guest_failed(); stepping++) {
            REQUIRE(hammer_prepare(p, (enum hammer_loop)loop, 9, 200));
            steps = 0;
            if (stepping)
                p->in.rflags |= FLAG_STEP;
            probe_run(p);
            hammer_check(p, (enum hammer_loop)loop);
            report_impossible();
        }
        CHECK(steps >= 200 * 20);
    }
    guest_default(FREEBSD_SIGTRAP);
    probe_free(p);
}
