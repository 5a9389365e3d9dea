/* Contexts and jumps out of handlers, as libc has them: makecontext(3), siglongjmp(3), feenableexcept(3). */
#include <fenv.h>
#include <math.h>
#include <setjmp.h>
#include <ucontext.h>

#include "check.h"

static ucontext_t here, there;
static int steps;
static double carried = 1.5;

static void coroutine(int a, int b)
{
    for (int i = 0; i < 1000; i++) {
        steps += a - b;
        carried += i * 0.5;
        swapcontext(&there, &here);
    }
}

TEST(swapped)
{
    static char stack[65536];
    double held = 0.25;
    REQUIRE(getcontext(&there) == 0);
    there.uc_stack.ss_sp = stack;
    there.uc_stack.ss_size = sizeof stack;
    there.uc_link = &here;
    makecontext(&there, (void (*)(void))coroutine, 2, 7, 4);
    for (int i = 0; i < 1000; i++) {
        CHECK_EQ(swapcontext(&here, &there), 0);
        held += 0.5;
    }
    CHECK_EQ(steps, 3000);
    CHECK(carried == 1.5 + 999 * 1000 / 2 * 0.5);
    CHECK(held == 500.25);
    CHECK_EQ(swapcontext(&here, &there), 0); /* it returns, to uc_link */
}

static sigjmp_buf out;
static volatile int code, on_own_stack;
static char *own_stack;

static void leave(int signo, siginfo_t *info, void *context)
{
    char local;
    (void)context;
    code = info->si_code;
    on_own_stack = own_stack != NULL && &local >= own_stack && &local < own_stack + SIGSTKSZ;
    siglongjmp(out, signo);
}

static void catch (int signo, int flags)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = leave;
    action.sa_flags = SA_SIGINFO | flags;
    CHECK_EQ(sigaction(signo, &action, NULL), 0);
}

TEST(jumps_out_of_handlers)
{
    volatile int caught = 0;
    sigset_t mask;
    catch (SIGSEGV, 0);
    for (volatile int i = 0; i < 1000; i++) {
        if (sigsetjmp(out, 1) == 0)
            *(volatile int *)8 = 1;
        else
            caught++;
    }
    CHECK_EQ(caught, 1000);
    CHECK_EQ(sigprocmask(SIG_SETMASK, NULL, &mask), 0);
    CHECK_EQ(sigismember(&mask, SIGSEGV), 0);
}

TEST(arithmetic)
{
    volatile double zero = 0;
    volatile int none = 0;
    catch (SIGFPE, 0);
    if (sigsetjmp(out, 1) == 0) {
        feenableexcept(FE_DIVBYZERO);
        zero = 1 / zero;
        CHECK(!"no exception of floating point");
    }
    CHECK_EQ(code, FPE_FLTDIV);
    if (sigsetjmp(out, 1) == 0) {
        none = 1000 / none;
        CHECK(!"no exception of integers");
    }
    CHECK_EQ(code, FPE_INTDIV);
    CHECK_EQ(fesetround(FE_UPWARD), 0);
    sleep(0);
    CHECK_EQ(fegetround(), FE_UPWARD);
}

TEST(stack_of_its_own)
{
    stack_t s;
    own_stack = malloc(SIGSTKSZ);
    s.ss_sp = own_stack;
    s.ss_size = SIGSTKSZ;
    s.ss_flags = 0;
    CHECK_EQ(sigaltstack(&s, NULL), 0);
    catch (SIGUSR1, SA_ONSTACK);
    for (volatile int i = 0; i < 10; i++) {
        on_own_stack = 0;
        if (sigsetjmp(out, 1) == 0)
            raise(SIGUSR1);
        CHECK_EQ(on_own_stack, 1);
    }
    CHECK_EQ(sigaltstack(NULL, &s), 0);
    CHECK_EQ(s.ss_flags & SS_ONSTACK, 0);
}
