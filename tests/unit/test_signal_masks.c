/* The host's mask for a guest's: every way of computing it gives what the table of the personality says. */
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/personality.h"
#include "base/process.h"
#include "base/thread.h"
#include "signals/signals.h"
#include "syscalls/freebsd/abi.h"

static struct process process;
static struct thread thread;
static struct personality who;

static void setup(void)
{
    memset(&who, 0, sizeof who);
    who.signal_count = FREEBSD_SIG_MAXSIG;
    who.signal_to_host = freebsd_signal_to_host;
    who.signal_from_host = freebsd_signal_from_host;
    process.personality = &who;
    thread.proc = &process;
}

/* What the engine needs, the host never blocks (signals/host.h). */
static bool is_needed(int host)
{
    return host == SIGSEGV || host == SIGBUS || host == SIGFPE || host == SIGILL || host == SIGTRAP || host == SIGSYS;
}

static uint64_t by_the_table(const struct signal_set *mask)
{
    uint64_t host = 0;
    for (int signo = 1; signo <= who.signal_count; signo++) {
        int h = who.signal_to_host[signo];
        if (signal_set_has(mask, signo) && h != 0 && !is_needed(h)) {
            host |= UINT64_C(1) << (h - 1);
        }
    }
    return host;
}

static void agrees(uint64_t low, uint64_t high)
{
    struct signal_set mask = {{low, high}};
    ck_assert_uint_eq(signal_mask_to_host(&thread, &mask), by_the_table(&mask));
}

static void every_density(void)
{
    uint64_t x = 1;
    agrees(0, 0);
    agrees(~0UL, ~0UL);
    agrees(~0UL, 0);
    agrees(0, ~0UL);
    for (int signo = 0; signo < 64; signo++) {
        agrees(UINT64_C(1) << signo, 0);
        agrees(0, UINT64_C(1) << signo);
        agrees(~(UINT64_C(1) << signo), ~0UL);
        agrees(~0UL, ~(UINT64_C(1) << signo));
    }
    for (int i = 0; i < 20000; i++) {
        uint64_t words[3];
        for (int w = 0; w < 3; w++) {
            x = x * 6364136223846793005U + 1442695040888963407U;
            words[w] = x ^ x >> 29;
        }
        uint64_t sparse = words[0] & words[1] & words[2] & (words[0] >> 7) & (words[1] >> 11);
        agrees(words[0], words[1]);
        agrees(sparse, words[2] & words[1] & (words[0] >> 5) & (words[2] >> 17));
        agrees(~sparse, ~(words[2] & words[1] & (words[0] >> 5) & (words[2] >> 17)));
    }
}

START_TEST(freebsd_masks)
{
    every_density();
}
END_TEST

/* Two guest signals that share one of the host's: it is blocked when either is. */
START_TEST(shared_signals)
{
    uint8_t table[FREEBSD_SIG_MAXSIG + 1];
    every_density(); /* with another personality first */
    struct personality other = who;
    memcpy(table, freebsd_signal_to_host, sizeof table);
    table[90] = SIGTERM;
    other.signal_to_host = table;
    process.personality = &other;
    who.signal_to_host = table;
    every_density();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("signal masks");
    TCase *tcase = tcase_create("all");
    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, freebsd_masks);
    tcase_add_test(tcase, shared_signals);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
