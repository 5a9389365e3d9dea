/*
 * Signals of several kinds, at every instant of fast calls and of what an engine does to their sites: handlers that
 * leave no register as it was, nested ones, ones that call, and preemption as Go does it.
 */
#include "answer.h"
#include "hammer.h"
#include "stress.h"

enum { STACK = 64 * 1024, SENDERS = 2, TURNS = 60 };

static const int kinds[] = {FREEBSD_SIGUSR1, FREEBSD_SIGUSR2, FREEBSD_SIGURG, 77, 100};
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static struct guest_thread senders[SENDERS];
static struct answer_barrier begin, finish;
static volatile bool last_round, stop_senders;
static uint8_t *loops;
static volatile uint64_t sigcode_page;
static int64_t own_pid;

/* ---- handlers ---- */

static void check_context(const struct freebsd_ucontext *context)
{
    const char *why;

    if ((context->mc.rip & ~(uint64_t)(CODE_PAGE - 1)) == sigcode_page)
        return;
    why = hammer_impossible(context);
    if (why != NULL)
        guest_fail(__FILE__, __LINE__, "a handler was shown rip 0x%lx: %s", (unsigned long)context->mc.rip, why);
}

static void on_signal(int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *context)
{
    struct stress_worker *w = stress_self();

    (void)info;
    if (w != NULL)
        w->signals++;
    check_context(context);
    if (signo == FREEBSD_SIGURG)
        hammer_preempt(context);
    if (signo == 77 && SYS(getpid) != own_pid)
        guest_fail(__FILE__, __LINE__, "a wrong answer in a handler");
}

static void find_sigcode(int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *context)
{
    (void)signo;
    (void)info;
    (void)context;
    sigcode_page = (uint64_t)__builtin_return_address(0) & ~(uint64_t)(CODE_PAGE - 1);
}

/* While preempted: a call at a site that others run as well, and one that fails. */
static void meanwhile(void)
{
    if (SYS(getpid) != own_pid || SYS(close, -1) != -FREEBSD_EBADF)
        guest_fail(__FILE__, __LINE__, "a wrong answer while preempted");
}

static void set_handlers(void)
{
    CHECK_OK(guest_handle(FREEBSD_SIGUSR1, find_sigcode, 0));
    CHECK_OK(SYS(kill, own_pid, FREEBSD_SIGUSR1));
    CHECK(sigcode_page != 0);
    probe_on_signal = on_signal;
    hammer_preempted = meanwhile;
    for (int i = 0; i < KINDS; i++) {
        int flags = FREEBSD_SA_RESTART;

        if (kinds[i] == FREEBSD_SIGURG || kinds[i] == 100)
            flags |= FREEBSD_SA_ONSTACK;
        CHECK_OK(guest_handle(kinds[i], probe_trash_handler, flags));
    }
    CHECK_OK(guest_handle(FREEBSD_SIGALRM, probe_trash_handler, FREEBSD_SA_RESTART));
}

/* ---- senders ---- */

/* One signal a worker at a time, else it would do nothing but handle them. */
static void send(void *argument)
{
    struct stress_worker random = {.random = (uint64_t)argument};
    uint32_t before[STRESS_WORKERS] = {0};

    while (!stop_senders) {
        unsigned i = stress_random(&random, STRESS_WORKERS);
        struct stress_worker *w = &stress_workers[i];

        if (w->at_work && w->thread.tid != 0 && (w->signals != before[i] || stress_random(&random, 5000) == 0)) {
            before[i] = w->signals;
            SYS(thr_kill, w->thread.tid, kinds[stress_random(&random, KINDS)]);
        }
        for (volatile uint32_t delay = stress_random(&random, 600); delay > 0; delay--)
            continue;
    }
}

/* ---- workers ---- */

static void own_stack(void)
{
    struct freebsd_stack stack = {guest_pages(STACK), STACK, 0};

    if (stack.sp == NULL || SYS(sigaltstack, &stack, 0) != 0)
        guest_fail(__FILE__, __LINE__, "no alternate stack");
}

/* All loops of the copy, in an order of one's own; few turns, so that much happens while the sites are new. */
static void use_loops(struct stress_worker *w)
{
    struct probe *p = w->own;
    unsigned first = stress_random(w, HAMMER_LOOPS);

    for (unsigned i = 0; i < 2 * HAMMER_LOOPS; i++) {
        enum hammer_loop loop = (enum hammer_loop)((first + i) % HAMMER_LOOPS);

        if (!hammer_prepare(p, loop, stress_random(w, 1U << 20) & ~(uint64_t)64, TURNS)) {
            guest_fail(__FILE__, __LINE__, "no file");
            return;
        }
        p->site = loops + ((const char *)p->site - hammer_begin);
        probe_run(p);
        hammer_check(p, loop);
        w->done += TURNS;
    }
}

static void work(struct stress_worker *w)
{
    own_stack();
    guest_unblock(FREEBSD_SIGALRM);
    w->own = probe_new();
    if (w->own == NULL)
        guest_fail(__FILE__, __LINE__, "no probe");
    for (;;) {
        if (w->index == 0) {
            last_round = stress_over();
            if (!last_round && (loops = hammer_copy(0)) == NULL) {
                last_round = true;
                guest_fail(__FILE__, __LINE__, "no memory for code");
            }
        }
        answer_meet(&begin, STRESS_WORKERS);
        if (last_round)
            return;
        use_loops(w);
        answer_meet(&finish, STRESS_WORKERS);
        if (w->index == 0)
            hammer_drop(0);
    }
}

/* The timer's interval in microseconds: some dozens of calls, however they are caught. */
static int64_t interval(void)
{
    enum { CALLS = 500 };
    uint64_t begin_at = guest_now();

    for (int i = 0; i < CALLS; i++)
        SYS(getpid);
    return 100 + (int64_t)((guest_now() - begin_at) / CALLS * 40 / 1000);
}

TEST(signals)
{
    struct freebsd_itimerval often = {{0, interval()}, {0, 1000}};
    struct freebsd_itimerval never = {{0, 0}, {0, 0}};
    uint64_t total = 0;

    struct probe *p = probe_new(); /* stress_self() needs a thread pointer here too */

    REQUIRE(p != NULL && hammer_prepare(p, HAMMER_PREAD, 0, 0)); /* which makes the file, once for all */
    own_pid = SYS(getpid);
    set_handlers();
    CHECK_OK(guest_block(FREEBSD_SIGALRM)); /* the workers unblock it: it is to come to them */
    for (unsigned i = 0; i < SENDERS; i++)
        REQUIRE(guest_thread_start(&senders[i], send, (void *)(uint64_t)(i * 7919 + 12345)) == 0);
    CHECK_OK(SYS(setitimer, 0, &often, 0));
    stress_run(work, "calls");
    CHECK_OK(SYS(setitimer, 0, &never, 0));
    stop_senders = true;
    for (unsigned i = 0; i < SENDERS; i++)
        guest_thread_join(&senders[i]);
    for (unsigned i = 0; i < STRESS_WORKERS; i++)
        total += stress_workers[i].signals;
    CHECK(total > 50);
}
