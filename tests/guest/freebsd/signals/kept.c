/*
 * Every signal is handled, and once: several at a time, while the program changes its mask, starts and ends threads.
 * Numbers from 65 on are queued, not merged (sigqueue(2)), so what was sent can be counted.
 */
#include "guest.h"

#define ENOUGH 700000000ULL   /* ns for one case */
#define LOST   15000000000ULL /* ns after which a signal that has not come is lost, on a busy machine too */

enum { FIRST = 77, SECOND = 80, NUMBERS = 3 };

/* What is sent at once; 0: no more. */
struct bundle {
    int numbers[NUMBERS];
    bool first_uncounted;
};

static volatile uint32_t handled[129], stop;
static volatile uint32_t lost;
static volatile int64_t target;

static void count(int signo, struct freebsd_siginfo *info, struct freebsd_ucontext *context)
{
    (void)info;
    (void)context;
    __atomic_fetch_add(&handled[signo], 1, __ATOMIC_SEQ_CST);
}

static bool comes(int signo, uint32_t number)
{
    uint64_t patience = guest_now() + LOST;

    while (handled[signo] < number) {
        if (guest_now() > patience) {
            lost = (uint32_t)signo;
            return false;
        }
    }
    return true;
}

static bool all_come(const struct bundle *bundle, uint32_t number)
{
    for (int i = bundle->first_uncounted; i < NUMBERS && bundle->numbers[i] != 0; i++)
        if (!comes(bundle->numbers[i], number))
            return false;
    return true;
}

/* All at once, again and again; the next when all were handled. */
static void send_bundles(void *argument)
{
    const struct bundle *bundle = argument;
    uint32_t sent = 0;

    while (!stop) {
        for (int i = 0; i < NUMBERS && bundle->numbers[i] != 0; i++)
            SYS(thr_kill, target, bundle->numbers[i]);
        if (!all_come(bundle, ++sent))
            return;
        for (volatile uint32_t delay = sent * 37 % 1500; delay > 0; delay--)
            continue;
    }
    for (int i = bundle->first_uncounted; i < NUMBERS && bundle->numbers[i] != 0; i++)
        if (handled[bundle->numbers[i]] != sent)
            lost = (uint32_t)bundle->numbers[i]; /* one too many */
}

/* The end of a call that opens the mask is where the system lets in what has waited, one after the other. */
static void while_the_mask_changes(const struct bundle *bundle)
{
    struct guest_thread thread;
    struct freebsd_sigset set = {{0}}, none = {{0}};
    uint64_t end = guest_now() + ENOUGH;
    int64_t self = 0;

    guest_set_add(&set, FREEBSD_SIGUSR2); /* which nobody sends */
    MUST(SYS(thr_self, &self));
    target = self;
    stop = lost = 0;
    for (int i = 0; i < NUMBERS && bundle->numbers[i] != 0; i++) {
        handled[bundle->numbers[i]] = 0;
        CHECK_OK(guest_handle(bundle->numbers[i], count, FREEBSD_SA_RESTART));
    }
    REQUIRE(guest_thread_start(&thread, send_bundles, (void *)bundle) == 0);
    while (lost == 0 && guest_now() < end) {
        for (int i = 0; i < 100; i++) {
            SYS(sigprocmask, 3, &set, NULL);
            SYS(sigprocmask, 3, &none, NULL);
        }
    }
    stop = 1;
    guest_thread_join(&thread);
    CHECK_EQ(lost, 0);
    for (int i = 0; i < NUMBERS && bundle->numbers[i] != 0; i++)
        guest_default(bundle->numbers[i]);
}

TEST(while_the_mask_changes)
{
    static const struct bundle bundle = {{FIRST, SECOND}, false};

    while_the_mask_changes(&bundle);
}

/* A fault's signal, when a thread sends it, is a signal as any other. */
TEST(a_sent_fault_among_others)
{
    static const struct bundle bundle = {{FREEBSD_SIGSEGV, FIRST, SECOND}, false};

    while_the_mask_changes(&bundle);
}

/* Whether calls end in a SIGSYS by the host; then one that is sent may be merged with that, and neither is told. */
static bool calls_trap(void)
{
    static const char *const ways[] = {"GUEST_INTERCEPT=sud", "GUEST_INTERCEPT=seccomp", "GUEST_INTERCEPT=ptrace"};

    for (char **e = guest_envp; *e != NULL; e++)
        for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
            if (guest_strcmp(*e, ways[i]) == 0)
                return true;
    return false;
}

/* The signal of a bad call, when a thread sends it. It is not counted itself; and only hot calls do not trap. */
static void among_sent_sigsys(const struct bundle *bundle)
{
    static const struct bundle plain = {{FIRST}, false};

    if (calls_trap())
        SKIP("SIGSYS is what calls are caught by here");
    while_the_mask_changes(&plain);
    while_the_mask_changes(bundle);
}

TEST(others_among_sent_sigsys)
{
    static const struct bundle bundle = {{FREEBSD_SIGSYS, FIRST, SECOND}, true};

    among_sent_sigsys(&bundle);
}

TEST(a_sent_fault_among_sent_sigsys)
{
    static const struct bundle bundle = {{FREEBSD_SIGSYS, FREEBSD_SIGSEGV, FIRST}, true};

    among_sent_sigsys(&bundle);
}

static volatile uint32_t sent;

static void send_to_process(void *argument)
{
    (void)argument;
    while (!stop && lost == 0) {
        SYS(kill, SYS(getpid), SECOND);
        if (!comes(SECOND, ++sent))
            break;
        for (volatile uint32_t delay = sent * 37 % 1500; delay > 0; delay--)
            continue;
    }
}

static void nothing(void *argument)
{
    (void)argument;
}

/* What is sent to the process is handled by a thread that stays, when the one that was to do it ends. */
TEST(while_threads_end)
{
    struct guest_thread sender, thread;
    uint64_t end = guest_now() + 2 * ENOUGH;

    handled[SECOND] = stop = lost = 0;
    CHECK_OK(guest_handle(SECOND, count, FREEBSD_SA_RESTART));
    CHECK_OK(guest_block(SECOND));
    REQUIRE(guest_thread_start(&sender, send_to_process, NULL) == 0);
    while (lost == 0 && guest_now() < end) {
        CHECK_OK(guest_unblock(SECOND));
        REQUIRE(guest_thread_start(&thread, nothing, NULL) == 0);
        CHECK_OK(guest_block(SECOND));
        guest_thread_join(&thread);
    }
    stop = 1;
    CHECK_OK(guest_unblock(SECOND));
    guest_thread_join(&sender);
    CHECK_EQ(lost, 0);
    guest_default(SECOND);
}
