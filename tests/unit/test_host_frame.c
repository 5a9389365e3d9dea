/* The extended state of the thread's own host frame: captured from the processor, filled in, loaded again. */
#include "base/host_frame.h"

#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include "base/guest.h"
#include "base/thread.h"

/* Where an image has what (Intel SDM 1, 10.5.1 and 13.4). */
enum { MXCSR = 24, MXCSR_MASK = 28, XMM = 160, NOTES = 464, HEADER = 512, HEADER_COMPACT = HEADER + 8 };

static struct thread *t;
static ucontext_t *uc;               /* the own frame: libc's structure begins as the host's */
static char host_image[XSTATE_ROOM]; /* what the host's kernel wrote into a frame of its own */

static void on_signal(int signo, siginfo_t *info, void *context)
{
    const ucontext_t *host = context;
    (void)signo;
    (void)info;
    const void *fpstate = host->uc_mcontext.fpregs;
    memcpy(host_image, fpstate, host_xstate_size(fpstate));
    host_frame_learn(context);
}

/* What the engine's handler does for a fault of copyin. */
static void on_fault(int signo, siginfo_t *info, void *context)
{
    ucontext_t *at = context;
    uint64_t resume = guest_fault_resume((uint64_t)at->uc_mcontext.gregs[REG_RIP]);
    (void)info;
    if (resume == 0) {
        signal(signo, SIG_DFL);
        return;
    }
    at->uc_mcontext.gregs[REG_RIP] = (greg_t)resume;
}

static void setup(void)
{
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
    ck_assert_int_eq(sigaction(SIGUSR1, &action, NULL), 0);
    action.sa_sigaction = on_fault;
    ck_assert_int_eq(sigaction(SIGSEGV, &action, NULL), 0);
    t = aligned_alloc(THREAD_REGION, THREAD_REGION);
    ck_assert_ptr_nonnull(t);
    memset(t, 0, THREAD_REGION);
    host_frame_init(t, false);
    uc = (ucontext_t *)&t->frame;
}

static void teardown(void)
{
    free(t);
}

static void learn(void)
{
    raise(SIGUSR1);
}

/* Only between these and the code under test may nothing use vector registers: there is nothing that would. */
static void set_xmm5(uint64_t low, uint64_t high)
{
    __asm__ volatile("movq %0, %%xmm5; movq %1, %%xmm4; punpcklqdq %%xmm4, %%xmm5" ::"r"(low), "r"(high)
                     : "xmm4", "xmm5");
}

static void get_xmm5(uint64_t value[2])
{
    __asm__ volatile("movdqu %%xmm5, %0" : "=m"(*(uint64_t(*)[2])value));
}

static uint32_t word(const char *image, size_t at)
{
    uint32_t value;
    memcpy(&value, image + at, sizeof value);
    return value;
}

START_TEST(the_frame_is_one_of_the_hosts)
{
    ck_assert_ptr_eq(t->uc, uc);
    ck_assert_uint_eq(t->engine_sp, (uint64_t)t + THREAD_STACK_HIGH);
    ck_assert_uint_eq(uc->uc_mcontext.gregs[REG_CSGSFS] & 0xffff, 0x33);
    ck_assert_ptr_eq((void *)uc->uc_stack.ss_sp, (char *)t + THREAD_ALTSTACK_LOW);
    ck_assert_uint_eq(uc->uc_stack.ss_size, THREAD_REGION - THREAD_ALTSTACK_LOW);
    ck_assert_uint_eq(host_xstate_size(NULL), 0);
}
END_TEST

START_TEST(nothing_before_a_frame_was_seen)
{
    ck_assert_ptr_null(host_frame_xstate(t, uc));
    ck_assert_ptr_null(host_frame_xstate_blank(t, uc));
    ck_assert(!host_frame_xstate_load(t));
}
END_TEST

START_TEST(captured_as_the_host_does)
{
    learn();
    uint32_t size = host_xstate_size(host_image);
    ck_assert_uint_ge(size, 512);
    ck_assert_uint_le(size, XSTATE_ROOM);
    set_xmm5(0x1122334455667788, 0x99aabbccddeeff00);
    const char *image = host_frame_xstate(t, uc);
    ck_assert_ptr_eq(image, host_frame_xstate_room(t));
    ck_assert_uint_eq((uint64_t)image % 64, 0);
    ck_assert_uint_eq(host_xstate_size(image), size);
    ck_assert_int_eq(memcmp(image + NOTES, host_image + NOTES, HEADER - NOTES), 0);
    if (size > 512) {
        ck_assert_int_eq(memcmp(image + size - 4, host_image + size - 4, 4), 0); /* FP_XSTATE_MAGIC2 */
    }
    ck_assert_uint_eq(word(image, MXCSR), word(host_image, MXCSR));
    ck_assert_uint_eq(word(image, XMM + 5 * 16), 0x55667788);
    ck_assert_uint_eq(word(image, XMM + 5 * 16 + 12), 0x99aabbcc);

    /* It stands until it is dropped, whatever the processor has meanwhile. */
    set_xmm5(0, 0);
    ck_assert_ptr_eq(host_frame_xstate(t, uc), image);
    ck_assert_uint_eq(word(image, XMM + 5 * 16), 0x55667788);
    host_frame_xstate_drop(t, uc);
    ck_assert_ptr_null(uc->uc_mcontext.fpregs);
    set_xmm5(7, 8);
    ck_assert_ptr_eq(host_frame_xstate(t, uc), image);
    ck_assert_uint_eq(word(image, XMM + 5 * 16), 7);
}
END_TEST

/* A trap's frame has the host's image, which is neither made nor dropped here. */
START_TEST(the_hosts_own_is_left_alone)
{
    ucontext_t other;
    memset(&other, 0, sizeof other);
    learn();
    ck_assert_ptr_null(host_frame_xstate(t, &other));
    other.uc_mcontext.fpregs = (void *)host_image;
    ck_assert_ptr_eq(host_frame_xstate(t, &other), host_image);
    ck_assert_ptr_eq(host_frame_xstate_blank(t, &other), host_image);
    host_frame_xstate_drop(t, &other);
    ck_assert_ptr_eq(other.uc_mcontext.fpregs, host_image);
    ck_assert_ptr_null(uc->uc_mcontext.fpregs);
}
END_TEST

START_TEST(loaded_again)
{
    uint64_t value[2], changed[2] = {0x0102030405060708, 0x1112131415161718};
    learn();
    set_xmm5(1, 2);
    char *image = host_frame_xstate(t, uc);
    set_xmm5(3, 4);
    bool loaded = host_frame_xstate_load(t);
    get_xmm5(value);
    ck_assert(loaded || host_xstate_size(image) == 512);
    if (loaded) {
        ck_assert(value[0] == 1 && value[1] == 2);
        memcpy(image + XMM + 5 * 16, changed, sizeof changed);
        loaded = host_frame_xstate_load(t);
        get_xmm5(value);
        ck_assert(loaded && value[0] == changed[0] && value[1] == changed[1]);
    }
}
END_TEST

START_TEST(blank_is_filled_in_and_loaded)
{
    uint64_t value[2];
    learn();
    if (host_xstate_size(host_image) == 512) {
        return; /* a processor without XSAVE: everything is captured */
    }
    char *image = host_frame_xstate_room(t);
    memset(image, 0xff, host_xstate_size(host_image));
    ck_assert_ptr_eq(host_frame_xstate_blank(t, uc), image);
    ck_assert_uint_eq(word(image, MXCSR_MASK), word(host_image, MXCSR_MASK));
    ck_assert_uint_eq(host_xstate_size(image), host_xstate_size(host_image));
    for (unsigned i = 0; i < 64; i++) {
        ck_assert_int_eq(image[HEADER + i], 0);
    }
    memcpy(image, host_image, 416); /* x87, MXCSR and xmm, as far as they are the guest's to give */
    value[0] = 11;
    value[1] = 12;
    memcpy(image + XMM + 5 * 16, value, sizeof value);
    image[HEADER] = 3;
    set_xmm5(5, 6);
    bool loaded = host_frame_xstate_load(t);
    get_xmm5(value);
    ck_assert(loaded && value[0] == 11 && value[1] == 12);
}
END_TEST

/* What the processor would fault on does no harm, and the state is as before. */
START_TEST(malformed_is_refused)
{
    uint64_t value[2];
    learn();
    char *image = host_frame_xstate(t, uc);
    if (host_xstate_size(image) == 512) {
        return;
    }
    image[HEADER_COMPACT] = 1; /* XCOMP_BV without its highest bit: #GP (Intel SDM 1, 13.8) */
    set_xmm5(5, 6);
    bool loaded = host_frame_xstate_load(t);
    get_xmm5(value);
    ck_assert(!loaded && value[0] == 5 && value[1] == 6);
    image[HEADER_COMPACT] = 0;
    image[MXCSR + 3] = 1; /* a reserved bit */
    ck_assert(!host_frame_xstate_load(t));
    image[MXCSR + 3] = 0;
    ck_assert(host_frame_xstate_load(t));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("host_frame");
    TCase *tests = tcase_create("all");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, the_frame_is_one_of_the_hosts);
    tcase_add_test(tests, nothing_before_a_frame_was_seen);
    tcase_add_test(tests, captured_as_the_host_does);
    tcase_add_test(tests, the_hosts_own_is_left_alone);
    tcase_add_test(tests, loaded_again);
    tcase_add_test(tests, blank_is_filled_in_and_loaded);
    tcase_add_test(tests, malformed_is_refused);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
